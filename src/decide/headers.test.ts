// Fields on their way: to the backend and back. Exact lists, since order and spelling count.
import { describe, expect, test } from 'vitest';
import type { Context } from '../model/decision.ts';
import type { ResponseHead } from '../model/response.ts';
import {
  droppedRequestFields,
  type ForwardedFacts,
  forwardedRequestFields,
  returnedFields,
  usableRequestId,
} from './headers.ts';
import { address, request, webSocket } from './test-objects.ts';

const CONTEXT: Context = {
  site: undefined,
  sitePath: '/',
  logsAccess: true,
  address: address('203.0.113.9'),
  scheme: 'https',
  port: 8443,
  hsts: undefined,
  clientTimeouts: undefined,
  limit: undefined,
  admission: undefined,
};

const FACTS: ForwardedFacts = {
  context: CONTEXT,
  droppedFields: droppedRequestFields(['x-secret']),
  cookieName: 'MMSTICKY',
  requestId: 'id-1',
};

/** What we say, always at the end and always in this order. */
const OURS = [
  'X-Forwarded-For: 203.0.113.9',
  'X-Real-IP: 203.0.113.9',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: chat.example.com',
  'X-Forwarded-Port: 8443',
  'X-Request-ID: id-1',
  'Via: 1.1 mattermost-ingress',
];

function asLines(fields: readonly string[]): readonly string[] {
  return fields.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${fields[at + 1]}`] : []));
}

function forwarded(lines: readonly string[], facts: Partial<ForwardedFacts> = {}): readonly string[] {
  return asLines(forwardedRequestFields(request('GET /', lines), { ...FACTS, ...facts }));
}

describe('to the backend', () => {
  test('end-to-end fields go on in their order and spelling, ours behind them', () => {
    const lines = [
      'hOsT: chat.example.com',
      'Origin: https://chat.example.com',
      'Cookie: MMAUTHTOKEN=a; MMUSERID=b',
      'AUTHORIZATION: BEARER x',
      'Content-Type: application/json',
      'X-Requested-With: XMLHttpRequest',
      'X-CSRF-Token: c',
      'Accept-Encoding: gzip',
      'X-Custom: 1',
      'X-Custom: 2',
      'X-Empty: ',
    ];
    expect(forwarded(lines)).toEqual([...lines, ...OURS]);
  });

  test('the fields of a WebSocket handshake that are not of this hop go on', () => {
    const head = webSocket('/api/v4/websocket', ['Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Extensions: b']);
    expect(asLines(forwardedRequestFields(head, FACTS))).toEqual([
      'Host: chat.example.com',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: a',
      'Sec-WebSocket-Extensions: b',
      ...OURS,
    ]);
  });

  test.each([
    // Of this connection only (row X1); framing and Connection are the writer's to say.
    'Connection',
    'Proxy-Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Content-Length',
    'Upgrade',
    'HTTP2-Settings',
    'Proxy-Authorization',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    // Answered here (row B10).
    'Expect',
    // A client's own word on what only a proxy knows (row X3).
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'X-Forwarded-Proto',
    'X-Forwarded-Server',
    'X-Forwarded-Prefix',
    'X-Real-IP',
    'X-Request-ID',
    'X-Rewrite-URL',
    'X-Original-URL',
    'X-Original-Host',
    'X-Original-Forwarded-For',
    // Named by a secretRef (row X4).
    'X-Secret',
  ])('%s is dropped, in any case and number', (name) => {
    const lines = [
      `${name}: a`,
      'Host: chat.example.com',
      `${name.toUpperCase()}: b`,
      `${name.toLowerCase()}:`,
    ];
    expect(forwarded(lines)).toEqual(['Host: chat.example.com', ...OURS]);
  });

  test('what Connection nominates is dropped (row X2), and cannot take ours with it', () => {
    const lines = [
      'Host: chat.example.com',
      'Connection: X-Hop, close, X-Forwarded-For, X-Request-ID',
      'X-Hop: 1',
      'x-hop: 2',
      'X-Stays: 3',
      'Connection: x-other',
      'X-Other: 4',
      'X-Forwarded-For: 192.0.2.7',
    ];
    expect(forwarded(lines)).toEqual(['Host: chat.example.com', 'X-Stays: 3', ...OURS]);
  });

  test.each([
    ['our own cookie', 'MMSTICKY=t', []],
    ['all copies of it', 'MMSTICKY=t; MMSTICKY=u', []],
    ['among others', 'a=1; MMSTICKY=t; MMUSERID=b', ['Cookie: a=1; MMUSERID=b']],
    ['one of another name', 'MMSTICKY2=t', ['Cookie: MMSTICKY2=t']],
  ])('%s', (_, line, expected) => {
    expect(forwarded(['Host: chat.example.com', `Cookie: ${line}`])).toEqual([
      'Host: chat.example.com',
      ...expected,
      ...OURS,
    ]);
  });

  test('a site without secrets forwards what others would drop', () => {
    const facts = { droppedFields: droppedRequestFields([]) };
    expect(forwarded(['Host: a', 'X-Secret: 1'], facts)).toContain('X-Secret: 1');
  });

  test('the client is one address, as admission saw it (row M3), and the Host as it came', () => {
    const context = { ...CONTEXT, address: address('2001:db8::7'), scheme: 'http', port: 8080 } as const;
    expect(forwarded(['Host: Chat.Example.COM:8080'], { context })).toEqual([
      'Host: Chat.Example.COM:8080',
      'X-Forwarded-For: 2001:db8::7',
      'X-Real-IP: 2001:db8::7',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: Chat.Example.COM:8080',
      'X-Forwarded-Port: 8080',
      'X-Request-ID: id-1',
      'Via: 1.1 mattermost-ingress',
    ]);
  });

  test('names that objects have are names', () => {
    const lines = ['Host: a', '__proto__: 1', 'constructor: 2', 'toString: 3'];
    expect(forwarded(lines).slice(0, 4)).toEqual(lines);
  });
});

function returned(lines: readonly string[], nominated: readonly string[] = []): readonly string[] {
  const fields = lines.flatMap((line) => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 2),
  ]);
  const head: ResponseHead = {
    status: 200,
    version: '1.1',
    fields,
    names: fields.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()),
    nominated,
    framing: { kind: 'none' },
    contentLength: undefined,
    persistent: true,
    keepAliveMs: undefined,
  };
  return asLines(returnedFields(head));
}

describe('back to the client', () => {
  test('fields go on in their order and spelling', () => {
    const lines = [
      'content-TYPE: application/json',
      'Set-Cookie: MMAUTHTOKEN=a; Secure',
      'Set-Cookie: MMUSERID=b',
      'Token: c',
      'Sec-WebSocket-Accept: d',
      'WWW-Authenticate: Bearer',
      'X-Request-Id: e',
    ];
    expect(returned(lines)).toEqual(lines);
  });

  test.each([
    'Connection',
    'Proxy-Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Content-Length',
    'Upgrade',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    'Proxy-Authorization',
    'HTTP2-Settings',
    // Only admission may make the apps ask their user for the secret.
    'X-Reject-Reason',
  ])('%s is dropped, in any case and number', (name) => {
    const lines = [`${name}: a`, 'Server: x', `${name.toLowerCase()}: b`];
    expect(returned(lines)).toEqual(['Server: x']);
  });

  test('what Connection nominates is dropped', () => {
    expect(returned(['X-Hop: 1', 'X-Stays: 2', 'x-hop: 3'], ['close', 'x-hop'])).toEqual(['X-Stays: 2']);
  });
});

describe("a client's request id is taken where it is harmless", () => {
  test.each([
    ['letters, digits and signs', 'aZ09._-', true],
    ['one sign', 'a', true],
    ['64 signs', 'a'.repeat(64), true],
    ['65 signs', 'a'.repeat(65), false],
    ['empty', '', false],
    ['none', undefined, false],
    ['a blank', 'a b', false],
    ['markup', '<b>', false],
    ['quotes', 'a"', false],
    ['a line feed', 'a\n', false],
    ['a letter beyond ASCII', '\u00e9', false],
    ['a sign that becomes k in lower case', '\u212a', false],
  ])('%s: %s', (_, value, expected) => {
    expect(usableRequestId(value)).toBe(expected ? value : undefined);
  });
});
