// Why each condition holds or not, in words; that it is so is decide/'s to say, and held to that by random rules.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit } from '../decide/admission.ts';
import { cookieLine } from '../decide/cookies.ts';
import {
  address,
  admission,
  DIGEST_KEY,
  ranges,
  request,
  rule,
  secretHeader,
  webSocket,
} from '../decide/test-objects.ts';
import type { AdmissionRule } from '../model/configuration.ts';
import type { RequestHead } from '../model/request.ts';
import { explainConditions } from './rule-conditions.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';
const SECRET = secretHeader('x-secret', { current: 'canary-0123456789', next: 'canary-9876543210' });

function conditionsOf(more: Partial<AdmissionRule>, head: RequestHead, hasCertificate = false) {
  const applicant = {
    head,
    address: address('203.0.113.7'),
    cookies: cookieLine(head),
    sitePath: '/',
    hasCertificate,
  };
  return explainConditions(rule('it', more), applicant, DIGEST_KEY);
}

const at = (path: string, ...lines: readonly string[]) => request(`GET ${path}`, lines);
const exact = (value: string) => ({ type: 'Exact', value }) as const;
const inList = { sources: ranges('10.0.0.0-10.255.255.255', '203.0.113.0-203.0.113.255') };

describe('a condition says why', () => {
  test.each<[string, Partial<AdmissionRule>, RequestHead, boolean, string]>([
    ['sourceCIDRs', inList, at('/'), true, '203.0.113.7 is in 203.0.113.0/24'],
    [
      'sourceCIDRs',
      { sources: ranges('10.0.0.0-10.255.255.255') },
      at('/'),
      false,
      '203.0.113.7 is in none of 10.0.0.0/8',
    ],
    [
      'paths',
      { paths: [exact('/a'), { type: 'Pattern', segments: ['x', '*'] }] },
      at('/x/1'),
      true,
      'it is Pattern /x/*',
    ],
    [
      'paths',
      { paths: [exact('/a'), { type: 'Prefix', value: '/b' }] },
      at('/c'),
      false,
      'the path is none of Exact /a, Prefix /b',
    ],
    ['methods', { methods: ['GET', 'HEAD'] }, at('/'), true, 'GET; wanted: GET, HEAD'],
    ['request', { request: 'HTTP' }, at('/'), true, 'wanted: HTTP; it is no WebSocket handshake'],
    [
      'request',
      { request: 'WebSocket' },
      webSocket('/api/v4/websocket'),
      true,
      'wanted: WebSocket; it is a WebSocket handshake',
    ],
    [
      'request',
      { request: 'WebSocket' },
      webSocket('/elsewhere'),
      false,
      'wanted: WebSocket; it is a WebSocket handshake, but not where Mattermost takes WebSockets',
    ],
    [
      'headers[x-secret]',
      { headers: [SECRET] },
      at('/', 'X-Secret: canary-9876543210'),
      true,
      'its value is that of the key next of the Secret',
    ],
    [
      'headers[x-secret]',
      { headers: [SECRET] },
      at('/', 'X-Secret: canary-wrong'),
      false,
      'its value is that of none of the keys of the Secret: current, next',
    ],
    [
      'headers[x-secret]',
      { headers: [{ name: 'x-secret', type: 'Secret', secrets: [] }] },
      at('/', 'X-Secret: canary-9876543210'),
      false,
      'there is no Secret with a usable value to compare it with',
    ],
    ['headers[x-secret]', { headers: [SECRET] }, at('/'), false, 'it is not sent'],
    [
      'headers[x-secret]',
      { headers: [SECRET] },
      at('/', 'X-Secret: a', 'x-secret: a'),
      false,
      'it is sent 2 times, once is wanted',
    ],
    ['headers[x-secret]', { headers: [SECRET] }, at('/', 'X-Secret:'), false, 'it is empty'],
    [
      'headers[x-secret]',
      { headers: [SECRET] },
      at('/', 'X-Secret: canary-9876543210', 'Connection: x-secret'),
      false,
      'Connection names it, so it is of this connection only',
    ],
    [
      'headers[x-app]',
      { headers: [{ name: 'x-app', type: 'Contains', values: ['canary-a', 'canary-b'] }] },
      at('/', 'X-App: c'),
      false,
      'its value is none of the 2 values wanted (Contains)',
    ],
    [
      'headers[x-app]',
      { headers: [{ name: 'x-app', type: 'Prefix', values: ['canary-a'] }] },
      at('/', 'X-App: canary-a1'),
      true,
      'its value is as wanted (Prefix)',
    ],
    [
      'headers[x-app]',
      { headers: [{ name: 'x-app', type: 'Present' }] },
      at('/', 'X-App: c'),
      true,
      'it is there',
    ],
    [
      'cookies[MMAUTHTOKEN]',
      { cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }] },
      at('/', `Cookie: MMAUTHTOKEN=${ID}`),
      true,
      'it has the shape of a Mattermost ID',
    ],
    [
      'cookies[MMAUTHTOKEN]',
      { cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }] },
      at('/', 'Cookie: MMAUTHTOKEN=canary'),
      false,
      'it has not the shape of a Mattermost ID',
    ],
    [
      'cookies[a]',
      { cookies: [{ name: 'a', shape: 'Any' }] },
      at('/', 'Cookie: b=1'),
      false,
      'it is not sent',
    ],
    [
      'cookies[a]',
      { cookies: [{ name: 'a', shape: 'Any' }] },
      at('/', 'Cookie: a=1', 'cookie: a=1'),
      false,
      'several Cookie fields are sent',
    ],
    [
      'cookies[a]',
      { cookies: [{ name: 'a', shape: 'Any' }] },
      at('/', 'Cookie: a=1; a=1; a=1; a=1; a=1'),
      false,
      'it is sent more often than anybody has a reason to',
    ],
    [
      'bearerToken',
      { bearerToken: true },
      at('/', `Authorization: BEARER ${ID}`),
      true,
      'Authorization is a bearer token of the shape of a Mattermost ID',
    ],
    [
      'bearerToken',
      { bearerToken: true },
      at('/', 'Authorization: Basic canary'),
      false,
      'Authorization is no bearer token',
    ],
    [
      'bearerToken',
      { bearerToken: true },
      at('/', 'Authorization: Bearer canary'),
      false,
      'the bearer token has not the shape of a Mattermost ID',
    ],
    ['bearerToken', { bearerToken: true }, at('/'), false, 'Authorization is not sent'],
    ['clientCertificate', { clientCertificate: true }, at('/'), false, 'none was shown that is believed'],
    ['rule', { never: true }, at('/'), false, 'a Secret or key that it needs is missing: see check'],
  ])('%s: %#', (...row) => {
    const [field, more, head, holds, why] = row;
    const found = conditionsOf(more, head);
    expect(found).toEqual([{ field, holds, why }]);
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  test('of a rule that has many', () => {
    const many = { ...inList, methods: ['POST'], bearerToken: true, clientCertificate: true };
    expect(conditionsOf(many, at('/'), true).map(({ field, holds }) => [field, holds])).toEqual([
      ['sourceCIDRs', true],
      ['methods', false],
      ['bearerToken', false],
      ['clientCertificate', true],
    ]);
  });

  test('a list of thousands is cut', () => {
    const sources = {
      v4: Array.from({ length: 4000 }, (_, index) => (0x10000000 + index * 16).toString(16)).flatMap(
        (hex) => [hex, hex],
      ),
      v6: [],
    };
    expect(conditionsOf({ sources }, at('/'))[0]?.why).toMatch(
      /^203\.0\.113\.7 is in none of 16\.0\.0\.0, .* and 3995 more$/,
    );
  });
});

const maybe = <Value>(value: Value) => fc.constantFrom(undefined, value);

test('a rule matches exactly where all its conditions hold', () => {
  const rules = fc.record({
    never: fc.constantFrom(false, false, false, true),
    sources: maybe(inList.sources),
    paths: fc.constantFrom(undefined, [exact('/api/v4/websocket')], [exact('/a')]),
    methods: fc.constantFrom(undefined, ['GET'], ['POST']),
    headers: fc.constantFrom(undefined, [SECRET], [{ name: 'x-app', type: 'Present' } as const]),
    request: fc.constantFrom(undefined, 'WebSocket' as const, 'HTTP' as const),
    cookies: maybe([{ name: 'MMAUTHTOKEN', shape: 'MattermostId' } as const]),
    bearerToken: fc.boolean(),
    clientCertificate: fc.boolean(),
  });
  const lines = fc.subarray([
    `Cookie: MMAUTHTOKEN=${ID}`,
    `Authorization: Bearer ${ID}`,
    'X-Secret: canary-0123456789',
    'X-App: a',
  ]);
  const heads = fc
    .tuple(fc.constantFrom('/a', '/api/v4/websocket'), lines, fc.boolean())
    .map(([path, sent, isSocket]) => (isSocket ? webSocket(path, sent) : at(path, ...sent)));
  let matched = 0;
  fc.assert(
    fc.property(rules, heads, fc.boolean(), (more, head, hasCertificate) => {
      const applicant = {
        head,
        address: address('203.0.113.7'),
        cookies: cookieLine(head),
        sitePath: '/',
        hasCertificate,
      };
      const verdict = admit(admission([rule('it', more)]), applicant, DIGEST_KEY);
      const isMatch = 'rule' in verdict && verdict.rule === 'it';
      matched += Number(isMatch);
      expect(conditionsOf(more, head, hasCertificate).every(({ holds }) => holds)).toBe(isMatch);
    }),
    { numRuns: 2000 },
  );
  expect(matched).toBeGreaterThan(20);
});
