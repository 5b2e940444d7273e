// Request lines and targets (rows L and H), field lines (rows F), limits (row Q1), and properties of the whole reader.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutBy, pieceLengths, singleBytes, textOf } from '../../test/support/cuts.ts';
import type { Fault } from '../model/fault.ts';
import type { RequestHead } from '../model/request.ts';
import { DEFAULT_CLIENT_LIMITS } from '../model/limits.ts';
import { RequestHeadReader } from './http1-request.ts';
import { requestHeadText } from './http1-writer.ts';

type Reading = { readonly result: RequestHead | Fault | undefined; readonly rest: string };

function read(pieces: readonly Buffer[]): Reading {
  const reader = new RequestHeadReader(DEFAULT_CLIENT_LIMITS);
  for (const [at, piece] of pieces.entries()) {
    const result = reader.push(piece, 0, piece.length);
    if (result === undefined) continue;
    const rest = [piece.subarray(reader.position), ...pieces.slice(at + 1)];
    return { result, rest: 'code' in result ? '' : Buffer.concat(rest).toString('latin1') };
  }
  return { result: undefined, rest: '' };
}

function parse(text: string): RequestHead | Fault | undefined {
  return read([Buffer.from(text, 'latin1')]).result;
}

function codeOf(text: string): string | undefined {
  const result = parse(text);
  return result !== undefined && 'code' in result ? result.code : undefined;
}

test('a request is read into one value', () => {
  expect(
    parse('POST /a/b?c=d HTTP/1.1\r\nHost: A.Test:8065\r\nX-One:  1\t\r\nContent-Length: 007\r\n\r\n'),
  ).toEqual({
    method: 'POST',
    target: '/a/b?c=d',
    path: '/a/b',
    host: 'A.Test:8065',
    hostname: 'a.test',
    version: '1.1',
    fields: ['Host', 'A.Test:8065', 'X-One', '1', 'Content-Length', '007'],
    names: ['host', 'x-one', 'content-length'],
    nominated: [],
    framing: { kind: 'length', bytes: 7 },
    upgrade: { kind: 'none' },
    expectContinue: false,
    close: false,
    headBytes: 78,
  } satisfies RequestHead);
});

const malformedLines = {
  L4: [
    'GET  / HTTP/1.1',
    'GET /  HTTP/1.1',
    'GET\t/ HTTP/1.1',
    'GET\x0b/ HTTP/1.1',
    'GET /\tHTTP/1.1',
    'GET /\x0cHTTP/1.1',
    'GET / HTTP/1.1 ',
    'GET / HTTP/1.1\t',
    'GET /a b HTTP/1.1',
  ],
  L5: ['G=":<> / HTTP/1.1', 'G\0T / HTTP/1.1', 'G\xc9T / HTTP/1.1', `${'A'.repeat(33)} / HTTP/1.1`],
  L6: ['GET /', 'GET / ', 'GET', 'GET HTTP/1.1'],
  L7: [
    'GET / http/1.1',
    'GET / HTTP/1.1x',
    'GET / HTTP/01.1',
    'GET / HTTP/1.10',
    'GET / HTTP/1,1',
    'GET / HTTP/ 1.1',
    'GET / HTTP/1.',
    'GET / HTTP/1',
    'GET / HTTP',
    'GET / HTTPS/1.1',
    'GET / HTTP/-1.1',
  ],
  L8: ['PRI * HTTP/2.0'],
  H6: ['GET admin HTTP/1.1', 'GET a:80 HTTP/1.1', 'GET ?x HTTP/1.1', 'GET \\x HTTP/1.1', 'GET /a#b HTTP/1.1'],
  'H6 bytes': ['GET /\xff HTTP/1.1', 'GET /a\tb HTTP/1.1', 'GET /\0 HTTP/1.1', 'GET /\x7f HTTP/1.1'],
  H7: ['GET * HTTP/1.1', 'OPTIONS */x HTTP/1.1', 'POST * HTTP/1.1', 'OPTIONS ** HTTP/1.1'],
  H4: [
    'GET ftp://a/ HTTP/1.1',
    'GET http:/a/ HTTP/1.1',
    'GET http://u@a/ HTTP/1.1',
    'GET http://a/#b HTTP/1.1',
    'GET http:///x HTTP/1.1',
    'GET http://a,b/ HTTP/1.1',
  ],
  H5: ['GET http://b/ HTTP/1.1', 'GET http://a:81/ HTTP/1.1', 'GET http://b?x HTTP/1.1'],
};

describe.each(Object.entries(malformedLines))('%s', (_, lines) => {
  test.each(lines)('%j is malformed', (line) => {
    expect(codeOf(`${line}\r\nHost: a\r\n\r\n`)).toBe('request-malformed');
  });
});

test.each([
  ['L5', 'BREW / HTTP/1.1', 'method-unknown'],
  ['L5', 'get / HTTP/1.1', 'method-unknown'],
  ['L5', `${'A'.repeat(32)} / HTTP/1.1`, 'method-unknown'],
  ['L7', 'GET / HTTP/1.2', 'version-unsupported'],
  ['L7', 'GET / HTTP/2.0', 'version-unsupported'],
  ['L7', 'GET / HTTP/0.9', 'version-unsupported'],
  ['L7', 'GET / HTTP/3', 'version-unsupported'],
  ['L10', 'TRACE / HTTP/1.1', 'method-refused'],
  ['L10', 'CONNECT a:443 HTTP/1.1', 'method-refused'],
  ['L10', 'CONNECT / HTTP/1.1', 'method-refused'],
])('%s %j is %s', (_, line, code) => {
  expect(codeOf(`${line}\r\nHost: a\r\n\r\n`)).toBe(code);
});

test.each<{ line: string; head: Partial<RequestHead> }>([
  { line: 'GET http://a/x?y HTTP/1.1', head: { target: '/x?y', path: '/x', host: 'A' } },
  { line: 'GET HTTPS://A/x HTTP/1.1', head: { target: '/x', host: 'A' } },
  { line: 'GET http://a HTTP/1.1', head: { target: '/' } },
  { line: 'GET http://a?x=/y HTTP/1.1', head: { target: '/?x=/y', path: '/' } },
  { line: 'GET //evil/x HTTP/1.1', head: { target: '//evil/x', hostname: 'a' } },
  { line: 'GET /%zz\\"<>[]{}| HTTP/1.1', head: { target: '/%zz\\"<>[]{}|' } },
  { line: 'GET /?a?b HTTP/1.1', head: { path: '/', target: '/?a?b' } },
  { line: 'OPTIONS * HTTP/1.1', head: { target: '*', path: '*' } },
  { line: 'GET / HTTP/1.0', head: { version: '1.0', close: true } },
])('$line is read', ({ line, head }) => {
  expect(parse(`${line}\r\nHost: A\r\n\r\n`)).toMatchObject(head);
});

const malformedFields = {
  L11: [' X: y', '\tX: y'],
  F1: ['Content-Length : 5', 'Transfer-Encoding\t: chunked', 'X : y'],
  F2: ['X: a\r\n b', 'X: a\r\n\tb', 'Transfer-Encoding:\r\n chunked'],
  F3: [': x', 'X', 'X(: y', 'X": y', 'X/: y', 'X@: y', 'X\xe9: y', 'X\x01: y', 'X Y: z', '\0: y'],
  F4: ['X: a\0b', 'X: a\x01b', 'X: a\x0bb', 'X: a\x7fb', 'X: \x1f', 'X: \0'],
};

describe.each(Object.entries(malformedFields))('%s', (_, lines) => {
  test.each(lines)('%j is malformed', (line) => {
    expect(codeOf(`GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`)).toBe('request-malformed');
    expect(codeOf(`GET / HTTP/1.1\r\n${line}\r\nHost: a\r\n\r\n`)).toBe('request-malformed');
  });
});

test.each([
  ['F5', 'X: \t v w \t', ['X', 'v w']],
  ['F4', 'X: \x80\xff', ['X', '\x80\xff']],
  ['F4', 'X: a\tb', ['X', 'a\tb']],
  ['F5', 'X:', ['X', '']],
  ['F8', '__proto__: x', ['__proto__', 'x']],
  ['F8', 'constructor: x', ['constructor', 'x']],
])('%s %j is read as %j', (_, line, field) => {
  expect(parse(`GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`)).toMatchObject({
    fields: ['Host', 'a', ...field],
  });
});

describe('Q1', () => {
  const fields = (count: number) => 'X: y\r\n'.repeat(count);
  test.each([
    {
      name: 'a request line of 8 KiB',
      text: `GET /${'a'.repeat(8178)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      code: undefined,
    },
    { name: 'one byte more', text: `GET /${'a'.repeat(8179)} HTTP/1.1\r\n`, code: 'request-line-too-long' },
    { name: 'an endless request line', text: 'A'.repeat(8195), code: 'request-line-too-long' },
    { name: '100 fields', text: `GET / HTTP/1.1\r\nHost: a\r\n${fields(99)}\r\n`, code: undefined },
    {
      name: '101 fields',
      text: `GET / HTTP/1.1\r\nHost: a\r\n${fields(100)}`,
      code: 'request-head-too-large',
    },
    {
      name: 'a field of 8 KiB',
      text: `GET / HTTP/1.1\r\nHost: a\r\nX:${'y'.repeat(8190)}\r\n\r\n`,
      code: undefined,
    },
    {
      name: 'one byte more in a field',
      text: `GET / HTTP/1.1\r\nX:${'y'.repeat(8191)}\r\n`,
      code: 'request-head-too-large',
    },
    {
      name: 'a head over 32 KiB',
      text: `GET / HTTP/1.1\r\n${`X:${'y'.repeat(8188)}\r\n`.repeat(4)}`,
      code: 'request-head-too-large',
    },
  ])('$name', ({ text, code }) => {
    expect(codeOf(text)).toBe(code);
    expect(read(cutBy(Buffer.from(text), [1000, 1, 7])).result).toEqual(parse(text));
    if (code === undefined) expect(parse(text)).toHaveProperty('target');
  });
});

const words = [
  'GET / HTTP/1.1\r\nHost: a\r\n',
  'POST /x HTTP/1.1\r\nHost: a\r\n',
  'GET http://a/ HTTP/1.0\r\nHost: a\r\n',
  'Host: a\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close, Upgrade\r\n',
  'Upgrade: websocket\r\n',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n',
  'Expect: 100-continue\r\n',
  'Cookie: a=b\r\n',
  'X: \xe9\r\n',
  '\r\n',
  '\r\n',
  ' ',
  ':',
  '\n',
  '\0',
];

test('never throws, and any cut gives the same result', () => {
  fc.assert(
    fc.property(textOf(words, 14), pieceLengths, (text, lengths) => {
      const bytes = Buffer.from(text, 'latin1');
      const whole = read([bytes]);
      expect(read(cutBy(bytes, lengths))).toEqual(whole);
      expect(read(singleBytes(bytes))).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

test('what was read and written again is read as the same head', () => {
  const framingFields = new Set(['content-length', 'transfer-encoding']);
  let heads = 0;
  fc.assert(
    fc.property(fc.constantFrom(...words.slice(0, 2)), textOf(words.slice(4, 12), 4), (line, fields) => {
      const head = parse(`${line}${fields}\r\n`);
      if (head === undefined || 'code' in head) return;
      heads++;
      const kept = head.fields.filter((_, at) => !framingFields.has(head.names[at >> 1] ?? ''));
      const again = parse(requestHeadText(head, kept, head.framing));
      const { headBytes, fields: _, names, ...meaning } = head;
      expect(headBytes).toBeGreaterThan(names.length);
      expect(again).toMatchObject(meaning);
    }),
    { numRuns: 500 },
  );
  expect(heads).toBeGreaterThan(100);
});
