// Options from flags and environment, and the list of all mistakes at once.
import { describe, expect, test } from 'vitest';
import { flagTable } from './flags.ts';
import { environmentName } from './environment.ts';
import { resolveOptions } from './resolve.ts';

const MACHINE = { cpus: 3, descriptors: 20_000 };
const GIVEN = { manifests: 'sites' };

function optionsOf(given: Record<string, string>, environment: Record<string, string> = {}) {
  const resolved = resolveOptions({ ...GIVEN, ...given }, environment, MACHINE);
  if (resolved.kind === 'errors') throw new Error(resolved.errors.join('; '));
  return resolved.options;
}

describe('defaults', () => {
  test('come from the design and the machine', () => {
    expect(optionsOf({})).toMatchObject({
      manifests: 'sites',
      httpPort: 8080,
      httpsPort: 8443,
      legacyHttpsPort: undefined,
      adminPort: 10254,
      adminUi: false,
      redirectHttpsPort: 443,
      workers: 3,
      maxConnections: 9488,
      maxBackendConnections: 9488,
      shutdownDelayMs: 30_000,
      drainTimeoutMs: 60_000,
      refusesUnknownNames: false,
      logLevel: 'info',
    });
  });

  test('are frozen', () => {
    expect(Object.isFrozen(optionsOf({}))).toBe(true);
  });
});

describe('values', () => {
  test.each<[string, Record<string, string>, object]>([
    ['a port that is off', { httpPort: 'off' }, { httpPort: undefined }],
    ['any free port', { httpsPort: '0' }, { httpsPort: 0 }],
    [
      'durations',
      { shutdownDelayMs: '0', drainTimeoutMs: '1m30s' },
      { shutdownDelayMs: 0, drainTimeoutMs: 90_000 },
    ],
    [
      'pinned hosts',
      { hostNamespaces: 'chat.example.com=mattermost, *.example.com=web' },
      {
        hostNamespaces: [
          { host: 'chat.example.com', namespace: 'mattermost' },
          { host: '*.example.com', namespace: 'web' },
        ],
      },
    ],
    [
      'networks',
      { trustedProxies: '10.0.0.0/8' },
      { trustedProxies: { v4: ['0a000000', '0affffff'], v6: [] } },
    ],
    ['forbidden networks that depend on the source', {}, { denyEndpointRanges: undefined }],
    ['no forbidden networks', { denyEndpointRanges: 'off' }, { denyEndpointRanges: { v4: [], v6: [] } }],
    ['a default certificate', { defaultTlsSecret: 'web/tls' }, { defaultTlsSecret: 'web/tls' }],
    ['refusal of unknown names', { refusesUnknownNames: 'refuse' }, { refusesUnknownNames: true }],
    ['HTTP/2 unless said otherwise', {}, { http2: true }],
    ['no HTTP/2', { http2: 'off' }, { http2: false }],
  ])('%s', (_, given, wanted) => {
    expect(optionsOf(given)).toMatchObject(wanted);
  });

  test('a flag beats the environment, which beats the default', () => {
    const environment = { MATTERMOST_INGRESS_WORKERS: '5', MATTERMOST_INGRESS_HTTP_PORT: '81' };
    expect(optionsOf({ workers: '4' }, environment)).toMatchObject({ workers: 4, httpPort: 81 });
  });
});

test('namespaces of an API server are named once each', () => {
  const resolved = resolveOptions({ kubeconfig: 'config', watchNamespaces: 'a, b,a' }, {}, MACHINE);
  expect(resolved).toMatchObject({ options: { manifests: undefined, watchNamespaces: ['a', 'b'] } });
});

describe('mistakes', () => {
  test('of the environment name the variable', () => {
    const environment = {
      MATTERMOST_INGRESS_HTTP_PORT: 'tcp://192.0.2.1:80',
      MATTERMOST_INGRESS_REQUIRE_POLCY: 'true',
    };
    expect(resolveOptions({ manifests: 'sites' }, environment, MACHINE)).toEqual({
      kind: 'errors',
      errors: [
        'MATTERMOST_INGRESS_HTTP_PORT "tcp://192.0.2.1:80": must be a whole number from 0 to 65535',
        'MATTERMOST_INGRESS_REQUIRE_POLCY in the environment is no option. Did you mean MATTERMOST_INGRESS_REQUIRE_POLICY?',
      ],
    });
  });

  test('are all listed at once, each with its flag, its text and what is wanted', () => {
    const given = {
      manifests: 'sites',
      kubeconfig: 'config',
      watchNamespaces: 'a,B',
      ingressClass: 'Mattermost',
      takeOverClass: 'nginx.',
      defaultBackendNamespace: 'web.example',
      httpPort: '70000',
      workers: '0',
      drainTimeoutMs: '1 day',
      trustedProxies: '10.0.0.1/8',
      hostNamespaces: 'chat.example.com',
      defaultTlsSecret: 'tls',
      refusesUnknownNames: 'maybe',
      logLevel: 'loud',
    };
    const resolved = resolveOptions(given, {}, MACHINE);
    expect(resolved).toEqual({
      kind: 'errors',
      errors: [
        '--watch-namespaces "a,B": must be names of namespaces, several separated by commas',
        '--ingress-class "Mattermost": must be the name of an IngressClass: small letters, digits, dashes and dots',
        '--take-over-class "nginx.": must be the name of an IngressClass: small letters, digits, dashes and dots',
        '--default-backend-namespace "web.example": must be the name of a namespace: up to 63 small letters, digits and dashes',
        '--http-port "70000": must be a whole number from 0 to 65535',
        '--workers "0": must be a whole number from 1 to 64',
        '--host-namespace "chat.example.com": must be HOST=NAMESPACE, several separated by commas',
        '--trusted-proxies "10.0.0.1/8": must be a list such as 192.0.2.0/24,2001:db8::/32, without bits behind the prefix',
        '--default-tls-secret "tls": must be NAMESPACE/NAME of a kubernetes.io/tls Secret',
        '--unknown-tls-names "maybe": must be serve or refuse',
        '--drain-timeout "1 day": must be a duration such as 30s, 1m30s or 500ms',
        '--log-level "loud": must be one of fatal, error, warn, info, debug, trace, silent',
        '--manifests and --kubeconfig exclude each other: objects come from one place',
      ],
    });
  });
});

test.each([
  ['500h', undefined],
  ['500h1ms', '--drain-timeout "500h1ms": must be at most 500h'],
])('a duration of %s is one that a timer can wait for: %s', (drainTimeoutMs, error) => {
  const resolved = resolveOptions({ ...GIVEN, drainTimeoutMs }, {}, MACHINE);
  expect(resolved).toMatchObject(
    error === undefined ? { kind: 'options' } : { kind: 'errors', errors: [error] },
  );
});

test('namespaces are not for a folder', () => {
  const resolved = resolveOptions({ ...GIVEN, watchNamespaces: 'a' }, {}, MACHINE);
  expect(resolved).toEqual({
    kind: 'errors',
    errors: ['--watch-namespaces is for an API server: --manifests reads all of its folder'],
  });
});

describe('connections', () => {
  const errorsWith = (given: Record<string, string>, descriptors: number) => {
    const resolved = resolveOptions({ ...GIVEN, ...given }, {}, { cpus: 2, descriptors });
    return resolved.kind === 'errors' ? resolved.errors : [];
  };

  test.each([64, 256, 1024, 20_000, 1_048_576])('by default fit into %i descriptors', (descriptors) => {
    expect(errorsWith({}, descriptors)).toEqual([]);
  });

  test('that just fit are none', () => {
    expect(errorsWith({ maxConnections: '12000', maxBackendConnections: '6976' }, 20_000)).toEqual([]);
  });

  test.each<[string, Record<string, string>, number]>([
    ['of clients alone', { maxConnections: '10000' }, 20_512],
    ['to backends alone', { maxBackendConnections: '10000' }, 20_512],
    ['of both', { maxConnections: '12000', maxBackendConnections: '8000' }, 21_024],
  ])('%s that take more than the process may open are a mistake', (_, given, needed) => {
    const [error = '', ...others] = errorsWith(given, 20_000);
    expect(others).toEqual([]);
    expect(error).toContain(`take ${needed} descriptors with those of the process itself; it may open 20000`);
  });
});

test('every flag has a help text and an environment variable of its own', () => {
  const flags = Object.values(flagTable(MACHINE));
  expect(new Set(flags.map(({ flag }) => environmentName(flag))).size).toBe(flags.length);
  expect(flags.every(({ help, placeholder }) => help !== '' && placeholder !== '')).toBe(true);
});
