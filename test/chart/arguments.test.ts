// What the chart tells the program, read by the program's own options.
import { beforeEach, describe, expect, test } from 'vitest';
import { flagTable } from '../../src/options/flags.ts';
import { resolveOptions } from '../../src/options/resolve.ts';
import { containerOf, needHelm, render, type Values } from './rendering.ts';

const MACHINE = { cpus: 4, descriptors: 65_536 };

beforeEach(needHelm);

/** Values that bring every flag that the chart knows. */
const everything: Values = {
  ingressClass: { byName: true },
  takeOverClass: 'nginx',
  watchNamespaces: ['chat', 'team'],
  secrets: { mode: 'named', named: { chat: ['tls'] } },
  hostNamespaces: { 'chat.example.com': 'chat', '*.example.com': 'team' },
  defaultBackendNamespace: 'chat',
  denyEndpointCIDRs: ['10.0.0.0/8', 'fd00::/8'],
  trustedProxies: ['192.0.2.0/24'],
  proxyProtocolFrom: ['198.51.100.0/24'],
  defaultTlsSecret: 'chat/tls',
  publishAddress: ['192.0.2.1', 'chat.example.net'],
  stateCache: { enabled: true },
};

function flagsOf(values: Values): ReadonlyMap<string, readonly string[]> {
  const [command, ...flags] = containerOf(render(values)).args;
  expect(command).toBe('run');
  const pairs = flags.map(
    (flag) => /^--(?<name>[a-z-]+)=(?<value>.*)$/u.exec(flag)?.groups ?? { name: flag, value: '' },
  );
  const grouped = Map.groupBy(pairs, ({ name }) => name ?? '');
  return new Map([...grouped].map(([name, group]) => [name, group.map(({ value }) => value ?? '')]));
}

test('the defaults say what is served, and leave alone what has no value', () => {
  expect(Object.fromEntries(flagsOf({}))).toEqual({
    workers: ['2'],
    'log-level': ['info'],
    'http-port': ['8080'],
    'https-port': ['8443'],
    'admin-port': ['10254'],
    'redirect-https-port': ['443'],
    'controller-name': ['mattermost-ingress.io/controller'],
    'ingress-class': ['mattermost'],
    'update-status': ['true'],
    'require-policy': ['false'],
    'secrets-mode': ['cluster'],
    'sticky-key-secret': ['edge/web-mattermost-ingress-sticky-key'],
    'ticket-key-secret': ['edge/web-mattermost-ingress-ticket-key'],
    'publish-service': ['edge/web-mattermost-ingress'],
    'election-id': ['web-mattermost-ingress'],
    'election-namespace': ['edge'],
    'shutdown-delay': ['30s'],
    'drain-timeout': ['60s'],
  });
});

describe('a value becomes a flag', () => {
  test.each<[Values, string, readonly string[] | undefined]>([
    [{ ingressClass: { byName: true } }, 'ingress-class-by-name', ['true']],
    [
      { ingressClass: { name: 'a', controllerValue: 'b.example.com/c' } },
      'controller-name',
      ['b.example.com/c'],
    ],
    [{ takeOverClass: 'nginx' }, 'take-over-class', ['nginx']],
    [{ updateStatus: false }, 'update-status', ['false']],
    [{ requirePolicy: true }, 'require-policy', ['true']],
    [{ watchNamespaces: ['a', 'b'] }, 'watch-namespaces', ['a,b']],
    [{ secrets: { mode: 'named' } }, 'secrets-mode', ['named']],
    [{ hostNamespaces: { '*.b.com': 'y', 'a.com': 'x' } }, 'host-namespace', ['*.b.com=y', 'a.com=x']],
    [{ defaultBackendNamespace: 'a' }, 'default-backend-namespace', ['a']],
    [{ denyEndpointCIDRs: ['off'] }, 'deny-endpoint-cidrs', ['off']],
    [{ trustedProxies: ['192.0.2.0/24', 'fd00::/8'] }, 'trusted-proxies', ['192.0.2.0/24,fd00::/8']],
    [{ proxyProtocolFrom: ['192.0.2.0/24'] }, 'proxy-protocol-from', ['192.0.2.0/24']],
    [{ publishService: { name: 'a/b' } }, 'publish-service', ['a/b']],
    [{ publishService: { enabled: false } }, 'publish-service', undefined],
    [{ service: { enabled: false } }, 'publish-service', undefined],
    [{ publishAddress: ['192.0.2.1', 'a.com'] }, 'publish-address', ['192.0.2.1,a.com']],
    [{ publishAddress: ['192.0.2.1'] }, 'publish-service', undefined],
    [{ defaultTlsSecret: 'a/b' }, 'default-tls-secret', ['a/b']],
    [{ keys: { stickySecret: 's' } }, 'sticky-key-secret', ['edge/s']],
    [{ keys: { ticketSecret: 't' } }, 'ticket-key-secret', ['edge/t']],
    [{ electionId: 'one' }, 'election-id', ['one']],
    [{ stateCache: { enabled: true } }, 'state-cache', ['/state']],
    [{ workers: 5 }, 'workers', ['5']],
    [{ service: { ports: { https: 8443 } } }, 'redirect-https-port', ['8443']],
    [{ containerPorts: { http: 9080 } }, 'http-port', ['9080']],
    [{ shutdownDelaySeconds: 0, drainTimeoutSeconds: 5 }, 'drain-timeout', ['5s']],
    [{ extraArgs: ['--max-endpoints=9'] }, 'max-endpoints', ['9']],
  ])('%j', (values, name, wanted) => {
    expect(flagsOf(values).get(name)).toEqual(wanted);
  });
});

describe('the program', () => {
  test.each([
    ['the defaults', {}],
    ['everything', everything],
  ])('knows each flag and takes each value: %s', (_title, values) => {
    const table = Object.entries(flagTable(MACHINE));
    const given: Record<string, string> = {};
    const unknown: string[] = [];
    for (const [flag, texts] of flagsOf(values)) {
      const option = table.find(([, each]) => each.flag === flag)?.[0];
      if (option === undefined) unknown.push(flag);
      else given[option] = texts.join(',');
    }
    expect(unknown).toEqual([]);
    expect(resolveOptions(given, {}, MACHINE)).toMatchObject({ kind: 'options' });
  });
});
