// What Ingresses bring to decide: any-host sites, Exact paths, plain HTTP by the TLS of the host, reasons to be closed.
import { describe, expect, test } from 'vitest';
import {
  ANY_HOST,
  type ClosedReason,
  type PlainHttp,
  type Site,
  type SiteTls,
} from '../model/configuration.ts';
import { compileHosts, DEFAULT_TLS_POLICY } from './compiled.ts';
import { findHost, isUnambiguous } from './match.ts';
import { answerFor } from './response.ts';
import {
  admission,
  CLOSED,
  HOST,
  openSite,
  outcomeOf,
  request,
  rule,
  serving,
  site,
  tlsClient,
} from './test-objects.ts';

const TLS: SiteTls = {
  certificate: 'chat/tls',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
};
const OTHER_TLS: SiteTls = {
  certificate: 'chat/other',
  minVersion: '1.3',
  hsts: undefined,
  clientCertificate: undefined,
};

/** A site of an Ingress; `=` before the path is type Exact. */
function ingressSite(host: string, path: string, service: Site['service'] = openSite()): Site {
  const pathType = path.startsWith('=') ? 'Exact' : 'Prefix';
  const owner = { kind: 'Ingress', namespace: 'chat', name: 'web' };
  return { ...site(host, service), key: `${host}${path}`, owner, path: path.replace(/^=/u, ''), pathType };
}

const ask = (sites: readonly Site[], path: string, host = HOST) =>
  outcomeOf(serving(sites), request(`GET ${path}`, [`Host: ${host}`]));

describe('any host', () => {
  const sites = [
    ingressSite(ANY_HOST, '/'),
    ingressSite('*.example.com', '/wild'),
    ingressSite(HOST, '/chat'),
    ingressSite('closed.test', '/', CLOSED),
  ];

  test.each([
    ['a host that nobody has', 'other.test', '/', 'forward */'],
    ['two labels below a wildcard', 'a.b.example.com', '/', 'forward */'],
    ['an address', '192.0.2.1', '/', 'forward */'],
    ['one label', 'localhost', '/', 'forward */'],
    ['a wildcard comes first', 'a.example.com', '/wild', 'forward *.example.com/wild'],
    ['an exact host comes first', HOST, '/chat', `forward ${HOST}/chat`],
    ['a host without the path does not fall through', HOST, '/wild', 'unknown-path'],
    ['a wildcard without the path does not fall through', 'a.example.com', '/', 'unknown-path'],
    ['a closed host does not fall through', 'closed.test', '/', 'policy-invalid'],
  ])('%s', (_, host, path, expected) => {
    expect(ask(sites, path, host)).toBe(expected);
  });

  test('is no host of the name *', () => {
    expect(compileHosts(sites).exact.has(ANY_HOST)).toBe(false);
    expect(findHost(compileHosts(sites.slice(1)), 'other.test')).toBeUndefined();
  });
});

describe('Exact and Prefix', () => {
  const sites = ['/', '/foo', '=/foo', '=/foo/', '/foo/bar', '=/x'].map((path) => ingressSite(HOST, path));

  test.each([
    ['/foo', '=/foo'],
    ['/foo/', '=/foo/'],
    ['/foo/baz', '/foo'],
    ['/foo/bar', '/foo/bar'],
    ['/foo/bar/', '/foo/bar'],
    ['/foobar', '/'],
    ['/x', '=/x'],
    ['/x/', '/'],
    ['/x/y', '/'],
    ['/X', '/'],
    ['/Foo', '/'],
    ['/', '/'],
  ])('%s leads to %s', (path, expected) => {
    expect(ask(sites, path)).toBe(`forward ${HOST}${expected}`);
    expect(ask(sites.toReversed(), path)).toBe(`forward ${HOST}${expected}`);
  });
});

describe('paths that could be read in several ways (row K2)', () => {
  const openOnly = [ingressSite(HOST, '/'), ingressSite(HOST, '/foo')];
  const denying = openSite({ admission: admission([]) });
  const office = rule('office', { methods: ['PUT'], action: 'Deny' });
  const refusing = openSite({ admission: admission([office], { defaultAction: 'Allow' }) });
  const sensitive: readonly (readonly [string, readonly Site[]])[] = [
    ['with a place of a policy', [...openOnly, site(`${HOST}/bar`)]],
    ['with a place that denies', [...openOnly, ingressSite(HOST, '/bar', denying)]],
    ['with a rule that denies', [...openOnly, ingressSite(HOST, '/bar', refusing)]],
    ['with a place that is closed', [...openOnly, ingressSite(HOST, '/bar', CLOSED)]],
  ];

  test.each(sensitive)('a host %s refuses them', (_, sites) => {
    for (const path of ['/FOO', '/%66oo', '/foo/../', '//foo', '/foo;x', '/foo\\x'])
      expect(ask(sites, path), path).toBe('path-ambiguous');
  });

  test.each([
    ['/FOO', '/'],
    ['/%66oo', '/'],
    ['/foo%2Fbar', '/'],
    ['/foo/../x', '/foo'],
    ['//foo', '/'],
  ])('a host of open Ingresses alone takes %s as it is written', (path, expected) => {
    expect(ask(openOnly, path)).toBe(`forward ${HOST}${expected}`);
  });

  test.each(['/%zz', '/%00', '/a%0d%0a'])('nobody takes %s', (path) => {
    expect(ask(openOnly, path)).toBe('path-ambiguous');
  });
});

describe('the proof for a certificate authority', () => {
  const TOKEN = '/.well-known/acme-challenge/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0';
  const solver = ingressSite(HOST, `=${TOKEN}`);
  const guarded = site(HOST, openSite({ tls: TLS, admission: admission([]) }));

  test.each([
    ['of a policy', [guarded, solver]],
    ['of a policy that is invalid', [site(HOST, CLOSED), solver]],
    [
      'of a policy with path rules',
      [site(HOST, openSite({ admission: admission([rule('a', { request: 'HTTP' })]) })), solver],
    ],
  ])('is reached on a host %s, though its letters are of both cases', (_, sites) => {
    expect(ask(sites, TOKEN)).toBe(`forward ${HOST}=${TOKEN}`);
  });

  test.each([
    `${TOKEN}/x`,
    `${TOKEN}/`,
    `${TOKEN}%2Fx`,
    `/x/..${TOKEN}`,
    TOKEN.toLowerCase(),
    `/${TOKEN}`,
    `${TOKEN};x`,
  ])('nothing else comes by that way: %s', (path) => {
    expect(ask([guarded, solver], path)).not.toContain('forward');
  });

  test('a token without a place of its own is judged as any path', () => {
    const table = compileHosts([guarded, site(`${HOST}/.well-known/acme-challenge/abc`)]);
    const host = findHost(table, HOST);
    expect(host && isUnambiguous(host, '/.well-known/acme-challenge/ABC')).toBe(false);
  });
});

describe('plain HTTP', () => {
  const redirect = `redirect https://${HOST}/x`;
  test.each<[PlainHttp, SiteTls | undefined, string]>([
    ['serve', undefined, `forward ${HOST}/`],
    ['serve', TLS, `forward ${HOST}/`],
    ['redirect', undefined, redirect],
    ['redirect', TLS, redirect],
    ['redirect-with-tls', undefined, `forward ${HOST}/`],
    ['redirect-with-tls', TLS, redirect],
    ['refuse', TLS, 'plain-http'],
  ])('%s with TLS %j: %s', (plainHttp, tls, expected) => {
    expect(ask([ingressSite(HOST, '/', openSite({ plainHttp, tls }))], '/x')).toBe(expected);
  });

  test('over TLS none of it matters', () => {
    for (const plainHttp of ['serve', 'redirect', 'redirect-with-tls', 'refuse'] as const) {
      const given = serving([ingressSite(HOST, '/', openSite({ plainHttp, tls: TLS }))]);
      expect(outcomeOf(given, request('GET /'), tlsClient('chat/tls 1.2'))).toBe(`forward ${HOST}/`);
    }
  });

  test('a path without TLS of its own has that of its host', () => {
    const path = ingressSite(HOST, '/x', openSite({ plainHttp: 'redirect-with-tls' }));
    expect(ask([path], '/x')).toBe(`forward ${HOST}/x`);
    expect(ask([path, ingressSite(HOST, '/', openSite({ tls: TLS }))], '/x')).toBe(redirect);
    expect(ask([path, ingressSite('a.test', '/', openSite({ tls: TLS }))], '/x')).toBe(`forward ${HOST}/x`);
  });
});

describe('TLS of a host', () => {
  const closed = (tls: SiteTls | undefined) => ({ ...CLOSED, tls });
  const tlsOf = (...sites: readonly Site[]) => findHost(compileHosts(sites), HOST)?.tlsPolicy;

  test.each<[string, readonly Site[], string]>([
    ['none', [ingressSite(HOST, '/')], DEFAULT_TLS_POLICY],
    [
      'of the one site that has it',
      [ingressSite(HOST, '/x'), ingressSite(HOST, '/', openSite({ tls: TLS }))],
      'chat/tls 1.2',
    ],
    ['of a closed site', [ingressSite(HOST, '/', closed(TLS))], 'chat/tls 1.2'],
    [
      'of the open one, however long the path of a closed one is: its mistake is its own affair',
      [ingressSite(HOST, '/', openSite({ tls: OTHER_TLS })), ingressSite(HOST, '/long', closed(TLS))],
      'chat/other 1.3',
    ],
  ])('%s', (_, sites, expected) => {
    expect(tlsOf(...sites)).toBe(expected);
    expect(tlsOf(...sites.toReversed())).toBe(expected);
  });

  test('any host has one of its own', () => {
    const table = compileHosts([ingressSite(ANY_HOST, '/', openSite({ tls: TLS }))]);
    expect(findHost(table, 'nobody.test')?.tlsPolicy).toBe('chat/tls 1.2');
  });
});

describe('closed', () => {
  test.each<[ClosedReason]>([
    ['policy-invalid'],
    ['policy-missing'],
    ['host-conflicted'],
    ['restriction-unsupported'],
    ['host-unclaimed'],
  ])('%s is a 503 that says so, on every path and before any redirect', (reason) => {
    const sites = [ingressSite(HOST, '/', { kind: 'closed', reason, tls: TLS })];
    expect(ask(sites, '/')).toBe(reason);
    expect(ask(sites, '/api/v4/users/me')).toBe(reason);
    const context = { path: '/', sitePath: '/', requestId: 'id', admission: undefined };
    const answer = answerFor(reason, context);
    expect(answer).toMatchObject({ status: 503, close: false });
    expect(answer.fields).toEqual(expect.arrayContaining(['Retry-After', '30']));
    expect(answer.body).toContain(reason);
  });
});
