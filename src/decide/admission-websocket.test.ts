// Admission of WebSockets: which requests count as one, and which proofs a 101 must confirm.
import { describe, expect, test } from 'vitest';
import type { AdmissionRule } from '../model/configuration.ts';
import type { AdmissionVerdict } from '../model/decision.ts';
import type { RequestHead } from '../model/request.ts';
import { cookieLine } from './cookies.ts';
import {
  address,
  admission,
  DIGEST_KEY,
  ranges,
  request,
  rule,
  secretHeader,
  webSocket,
} from './test-objects.ts';
import { judged } from './test-verdicts.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';
const SECRET = 'c2VjcmV0IG9mIGFwcHM=';
const LINES = [
  `Cookie: MMAUTHTOKEN=${ID}; MMUSERID=${ID}`,
  `Authorization: Bearer ${ID}`,
  `X-Secret: ${SECRET}`,
];

function verdictOf(conditions: Partial<AdmissionRule>, head: RequestHead, sitePath = '/'): AdmissionVerdict {
  const applicant = { head, address: address('10.1.0.1'), cookies: cookieLine(head), sitePath };
  return judged(admission([rule('it', conditions)]), applicant, DIGEST_KEY);
}

/** Of a rule for WebSockets and one for the rest, those that match. */
function kindsOf(conditions: Partial<AdmissionRule>, head: RequestHead, sitePath = '/'): readonly string[] {
  const kinds = ['WebSocket', 'HTTP'] as const;
  return kinds.filter((kind) => verdictOf({ ...conditions, request: kind }, head, sitePath).rule === 'it');
}

describe('request: WebSocket and request: HTTP part all requests between them', () => {
  test.each([
    ['a handshake at its place', webSocket('/api/v4/websocket'), 'WebSocket'],
    ['with a query', webSocket('/api/v4/websocket?connection_id=&sequence_number=0'), 'WebSocket'],
    ['with a slash behind', webSocket('/api/v4/websocket/'), 'WebSocket'],
    ['the old place', webSocket('/api/v3/users/websocket'), 'WebSocket'],
    ['a handshake below another path', webSocket('/chat/api/v4/websocket'), 'HTTP'],
    ['a handshake elsewhere', webSocket('/api/v4/users'), 'HTTP'],
    ['a handshake of a plugin', webSocket('/plugins/focalboard/ws'), 'HTTP'],
    ['no handshake', request('GET /api/v4/websocket'), 'HTTP'],
    ['a POST', request('POST /api/v4/websocket'), 'HTTP'],
    [
      'Upgrade fields that are no valid handshake',
      request('GET /api/v4/websocket', ['Connection: Upgrade', 'Upgrade: h2c']),
      'HTTP',
    ],
  ])('%s', (_, head, expected) => {
    expect(kindsOf({}, head)).toEqual([expected]);
  });

  test.each([
    ['/chat/api/v4/websocket', 'WebSocket'],
    ['/chat/api/v4/users/websocket/', 'WebSocket'],
    ['/api/v4/websocket', 'HTTP'],
    ['/chatapi/v4/websocket', 'HTTP'],
  ])('in a site below /chat: %s', (path, expected) => {
    expect(kindsOf({}, webSocket(path), '/chat')).toEqual([expected]);
  });

  const plugin = { paths: [{ type: 'Prefix', value: '/plugins/focalboard/ws' } as const] };
  test.each([
    ['a handshake', webSocket('/plugins/focalboard/ws/x'), ['WebSocket']],
    ['a request', request('GET /plugins/focalboard/ws/x'), ['HTTP']],
    ['a handshake elsewhere', webSocket('/api/v4/websocket'), []],
  ])('at a path that the rule names: %s', (_, head, expected) => {
    expect(kindsOf(plugin, head)).toEqual(expected);
  });

  test.each([
    ['a handshake', webSocket('/api/v4/websocket')],
    ['a request', request('GET /')],
  ])('a rule without request takes both: %s', (_, head) => {
    expect(verdictOf({}, head).rule).toBe('it');
  });
});

describe('only the shape of a cookie or token speaks for the client: a 101 must confirm it', () => {
  const cookies = [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' } as const];
  const sources = ranges('10.0.0.0-10.255.255.255');
  const secret = secretHeader('x-secret', { key: SECRET });
  const contains = { name: 'x-secret', type: 'Contains', values: ['c2Vj'] } as const;
  const present = { name: 'x-secret', type: 'Present' } as const;
  const paths = [{ type: 'Prefix', value: '/api' } as const];
  test.each([
    ['cookies', { request: 'WebSocket', cookies }, true],
    [
      'a cookie of any shape',
      { request: 'WebSocket', cookies: [{ name: 'MMAUTHTOKEN', shape: 'Any' }] },
      true,
    ],
    ['a token', { request: 'WebSocket', bearerToken: true }, true],
    ['cookies and a token', { request: 'WebSocket', cookies, bearerToken: true }, true],
    ['cookies at a path that the rule names', { request: 'WebSocket', cookies, paths }, true],
    ['cookies and a method', { request: 'WebSocket', cookies, methods: ['GET'] }, true],
    ['cookies and a header of any value', { request: 'WebSocket', cookies, headers: [present] }, true],
    ['cookies and a secret', { request: 'WebSocket', cookies, headers: [secret] }, false],
    ['cookies and a header value', { request: 'WebSocket', cookies, headers: [contains] }, false],
    [
      'cookies and any and a known header',
      { request: 'WebSocket', cookies, headers: [present, contains] },
      false,
    ],
    ['cookies and a network', { request: 'WebSocket', cookies, sources }, false],
    ['a secret', { request: 'WebSocket', headers: [secret] }, false],
    ['a network', { request: 'WebSocket', sources }, false],
    ['a published path', { request: 'WebSocket', paths }, false],
    ['cookies for both kinds, as the policy chose', { cookies }, false],
  ] as const)('%s: %s', (_, conditions, expected) => {
    const verdict = verdictOf(conditions, webSocket('/api/v4/websocket', LINES));
    expect(verdict).toMatchObject({ rule: 'it', action: 'Allow', shapeOnly: expected });
  });

  test('a refusal proves nothing and needs no proof', () => {
    const verdict = verdictOf({ request: 'HTTP', cookies }, webSocket('/api/v4/websocket', LINES));
    expect(verdict).toMatchObject({ rule: 'default', shapeOnly: false });
  });
});
