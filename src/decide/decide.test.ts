// decide: the order in which things are looked at, and what each refusal says.
import { describe, expect, test } from 'vitest';
import type { Admission, OpenSite, Site, SiteTls } from '../model/configuration.ts';
import { decide } from './decide.ts';
import {
  address,
  admission,
  CLOSED,
  client,
  HOST,
  openSite,
  outcomeOf,
  ranges,
  request,
  rule,
  secretHeader,
  serving,
  SETTINGS,
  site,
  tlsClient,
} from './test-objects.ts';

const SECRET = 'c2VjcmV0IG9mIGFwcHM=';
const TLS: SiteTls = {
  certificate: 'chat/tls',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
};
const POLICY = 'chat/tls 1.2';
const PUBLISHED = rule('published', { paths: [{ type: 'Prefix', value: '/static' }] });
const APP = rule('app', { headers: [secretHeader('x-secret', { current: SECRET })] });

function open(more: Partial<OpenSite> = {}, place = HOST): Site {
  return site(place, openSite(more));
}

describe('the order of checks: each refusal stands before those that follow it', () => {
  const size = { framing: { kind: 'length', bytes: 1001 } } as const;
  const denying = { admission: admission([PUBLISHED]), backend: 'gone' };
  const tls = { ...denying, tls: TLS };
  const other = ['Host: other.test'];
  test.each([
    [
      'unknown host before the path',
      serving([open(denying)]),
      request('GET /%zz', other),
      client(),
      'unknown-host',
    ],
    [
      'path before site',
      serving([open(denying, `${HOST}/chat`)]),
      request('GET /x/../chat'),
      client(),
      'path-ambiguous',
    ],
    [
      'unknown path',
      serving([open(denying, `${HOST}/chat`)]),
      request('GET /x', [], size),
      client(),
      'unknown-path',
    ],
    [
      'path before a closed site',
      serving([site(HOST, CLOSED)]),
      request('GET /%zz'),
      client(),
      'path-ambiguous',
    ],
    [
      'closed before all else',
      serving([site(HOST, CLOSED)]),
      request('GET /', [], size),
      tlsClient('x'),
      'policy-invalid',
    ],
    [
      'misdirected before TLS floor',
      serving([open(tls)]),
      request('GET /'),
      tlsClient('x', { version: '1.1' }),
      'misdirected',
    ],
    [
      'TLS floor before size',
      serving([open(tls)]),
      request('GET /', [], size),
      tlsClient(POLICY, { version: '1.1' }),
      'tls-version',
    ],
    ['size before redirect', serving([open(tls)]), request('POST /', [], size), client(), 'body-too-large'],
    [
      'redirect before admission',
      serving([open(tls)]),
      request('GET /'),
      client(),
      `redirect https://${HOST}/`,
    ],
    [
      'size before admission',
      serving([open(denying)]),
      request('POST /', [], size),
      client(),
      'body-too-large',
    ],
    ['admission before endpoints', serving([open(denying)]), request('GET /'), client(), 'admission'],
    ['endpoints last', serving([open(denying)]), request('GET /static'), client(), 'no-endpoints'],
  ])('%s', (...[, given, head, from, expected]) => {
    expect(outcomeOf(given, head, from)).toBe(expected);
  });
});

describe('closed, never open', () => {
  const given = serving([
    site(HOST, CLOSED),
    open({}, '*.example.com'),
    open({}, 'paths.test'),
    site('paths.test/chat', CLOSED),
  ]);
  test.each([
    ['a closed host shadows the wildcard', HOST, '/', 'policy-invalid'],
    ['others below the wildcard are served', 'other.example.com', '/', 'forward *.example.com'],
    ['a closed path shadows the site around it', 'paths.test', '/chat/x', 'policy-invalid'],
    ['beside it that site is served', 'paths.test', '/chatter', 'forward paths.test'],
    ['a path that could be the closed one is not', 'paths.test', '/x/../chat', 'path-ambiguous'],
  ])('%s', (_, host, path, expected) => {
    expect(outcomeOf(given, request(`GET ${path}`, [`Host: ${host}`]))).toBe(expected);
  });
});

describe('admission', () => {
  const lines = [`X-Secret: ${SECRET}`];
  const decided = (more: Partial<Admission>, sent: readonly string[] = []) =>
    decide(
      serving([open({ admission: admission([APP], more) })]),
      request('GET /', sent),
      client(),
      SETTINGS,
    );

  test('a denial says how the site wants it answered', () => {
    const denial = decided({ rejectReason: 'PreAuth', denyStatus: 404 });
    expect(denial).toMatchObject({ kind: 'reject', reason: 'admission' });
    expect(denial).toMatchObject({ admission: { rejectReason: 'PreAuth', denyStatus: 404 } });
    expect(denial.context.admission).toMatchObject({ rule: 'default', action: 'Deny' });
  });

  test('Reset', () => {
    expect(decided({ defaultAction: 'Reset' })).toMatchObject({
      kind: 'reset',
      context: { admission: { rule: 'default', action: 'Reset', mode: 'Enforce' } },
    });
  });

  test('who is let in is known by rule and key', () => {
    expect(decided({}, lines)).toMatchObject({
      kind: 'forward',
      context: { admission: { rule: 'app', action: 'Allow', secretKeys: ['current'] } },
    });
  });

  test.each(['Deny', 'Reset'] as const)(
    'Observe suspends %s, and tells what would have been',
    (defaultAction) => {
      expect(decided({ mode: 'Observe', defaultAction })).toMatchObject({
        kind: 'forward',
        context: { admission: { rule: 'default', action: defaultAction, mode: 'Observe' } },
      });
    },
  );

  test.each([
    [
      'a broken path',
      open({ admission: admission([], { mode: 'Observe' }) }),
      request('GET /%00'),
      'path-ambiguous',
    ],
    [
      'the size of the body',
      open({ admission: admission([], { mode: 'Observe' }) }),
      request('POST /', [], { framing: { kind: 'length', bytes: 1001 } }),
      'body-too-large',
    ],
    [
      'plain HTTP',
      open({ tls: TLS, plainHttp: 'refuse', admission: admission([], { mode: 'Observe' }) }),
      request('GET /'),
      'plain-http',
    ],
    ['an invalid policy', site(HOST, CLOSED), request('GET /'), 'policy-invalid'],
  ])('Observe does not suspend %s', (_, given, head, expected) => {
    expect(outcomeOf(serving([given]), head)).toBe(expected);
  });

  test('the address judged is the one behind trusted proxies', () => {
    const office = rule('office', { sources: ranges('192.0.2.0-192.0.2.255') });
    const given = serving([open({ admission: admission([office]) })]);
    const head = request('GET /', ['X-Forwarded-For: 192.0.2.7']);
    expect(outcomeOf(given, head, client({ peer: address('10.0.0.1'), trusted: true }))).toBe(
      `forward ${HOST}`,
    );
    expect(outcomeOf(given, head)).toBe('admission');
  });
});
