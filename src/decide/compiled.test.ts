// What is computed once a change: tables of hosts, what each host is sensitive to, tokens and slots of endpoints.
import { describe, expect, test } from 'vitest';
import type { AdmissionRule, OpenSite, SiteTls } from '../model/configuration.ts';
import { compileBackend, compileHosts, DEFAULT_TLS_POLICY } from './compiled.ts';
import { admission, backend, CLOSED, endpoint, openSite, rule, secretHeader, site } from './test-objects.ts';

const TLS: SiteTls = {
  certificate: 'chat/tls',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
};

function withRule(more: Partial<AdmissionRule>): OpenSite {
  return openSite({ admission: admission([rule('it', more)]) });
}

describe('a host is sensitive to paths', () => {
  test.each([
    ['one site at /', [site('h.test')], false],
    ['a site at a path', [site('h.test/chat')], true],
    ['two sites', [site('h.test'), site('h.test/chat')], true],
    ['two sites, one of them closed', [site('h.test'), site('h.test/chat', CLOSED)], true],
    ['a closed site at /', [site('h.test', CLOSED)], false],
    ['a rule about paths', [site('h.test', withRule({ paths: [{ type: 'Exact', value: '/a' }] }))], true],
    ['a rule about WebSockets', [site('h.test', withRule({ request: 'WebSocket' }))], true],
    ['a rule about other requests', [site('h.test', withRule({ request: 'HTTP' }))], true],
    ['a rule about methods', [site('h.test', withRule({ methods: ['GET'] }))], false],
    ['sites of another host', [site('h.test'), site('i.test/chat')], false],
  ])('%s: %s', (_, sites, expected) => {
    expect(compileHosts(sites).exact.get('h.test')?.isPathSensitive).toBe(expected);
  });
});

describe('what SNI and Host must have in common (row S1)', () => {
  const policyOf = (...sites: Parameters<typeof compileHosts>[0][]) =>
    compileHosts(sites.flatMap((each) => [...each])).exact.get('h.test')?.tlsPolicy;
  const base = policyOf([site('h.test', openSite({ tls: TLS }))]);

  test.each([
    ['no TLS of its own', [site('h.test')], DEFAULT_TLS_POLICY],
    ['a closed site', [site('h.test', CLOSED)], DEFAULT_TLS_POLICY],
    ['a closed site that had TLS', [site('h.test', { ...CLOSED, tls: TLS })], base],
    ['the same certificate and floor', [site('h.test/chat', openSite({ tls: TLS }))], base],
    ['another redirect', [site('h.test', openSite({ tls: TLS, plainHttp: 'refuse' }))], base],
    ['one of its sites has TLS', [site('h.test/chat', CLOSED), site('h.test', openSite({ tls: TLS }))], base],
  ])('%s', (_, sites, expected) => {
    expect(policyOf(sites)).toBe(expected);
  });

  test.each([
    ['another certificate', { ...TLS, certificate: 'chat/other' }],
    ['another floor', { ...TLS, minVersion: '1.3' as const }],
    ['none', undefined],
  ])('%s is another policy', (_, tls) => {
    expect(policyOf([site('h.test', openSite({ tls }))])).not.toBe(base);
  });
});

describe('fields that do not go on', () => {
  test('are those of the site, secrets included', () => {
    const secrets = admission([rule('app', { headers: [secretHeader('x-secret', { key: 'value' })] })], {
      secretHeaders: ['x-secret'],
    });
    const table = compileHosts([site('h.test', openSite({ admission: secrets })), site('h.test/open')]);
    const dropped = table.exact
      .get('h.test')
      ?.sites.map(({ droppedFields }) => droppedFields.has('x-secret'));
    // Longest path first.
    expect(dropped).toEqual([false, true]);
  });

  test('are what is said of certificates, where they are asked for', () => {
    const clientCertificate = { mode: 'Optional', source: 'devices', authorities: undefined } as const;
    const sites = [
      site('asked.test', openSite({ tls: { ...TLS, clientCertificate } })),
      site('asked.test/inherits'),
      site('other.test', openSite({ tls: TLS })),
    ];
    const { exact } = compileHosts(sites);
    const dropped = (host: string) =>
      exact.get(host)?.sites.map(({ droppedFields }) => droppedFields.has('ssl-client-verify'));
    expect([dropped('asked.test'), dropped('other.test')]).toEqual([[true, true], [false]]);
  });

  test('are known for a closed site, too', () => {
    const [only] = compileHosts([site('h.test', CLOSED)]).exact.get('h.test')?.sites ?? [];
    expect(only?.droppedFields.has('x-forwarded-for')).toBe(true);
  });
});

describe('a backend', () => {
  const endpoints = [endpoint('a'), endpoint('b', { state: 'draining' })];
  const compiled = compileBackend({ backend: backend(endpoints), slots: [7, 3] });

  test('has its endpoints in their slots', () => {
    expect(compiled.endpoints.map(({ endpoint: { identity }, slot }) => `${identity} ${slot}`)).toEqual([
      'a 7',
      'b 3',
    ]);
  });

  test('knows the endpoint of every token, those that drain included', () => {
    const named = [...compiled.byToken].map(
      ([
        token,
        {
          endpoint: { identity },
        },
      ]) => `${token} ${identity}`,
    );
    expect(named).toEqual(['a-new a', 'a-old a', 'b-new b', 'b-old b']);
  });

  test('has a seed for each identity, whichever place it has', () => {
    const turned = compileBackend({ backend: backend(endpoints.toReversed()), slots: [0, 1] });
    expect(turned.endpoints.map(({ seed }) => seed)).toEqual(
      compiled.endpoints.map(({ seed }) => seed).toReversed(),
    );
    expect(new Set(compiled.endpoints.map(({ seed }) => seed)).size).toBe(2);
  });
});
