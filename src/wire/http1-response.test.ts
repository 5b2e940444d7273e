// Answers of backends: rows R1 to R4, what a 101 says, and that the same bytes always mean the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutBy, pieceLengths, textOf } from '../../test/support/cuts.ts';
import type { ResponseHead } from '../model/response.ts';
import { HeadReader } from './head-reader.ts';
import { parseResponseHead, RESPONSE_HEAD_LIMITS, switchingFields } from './http1-response.ts';
import { responseHeadText } from './http1-writer.ts';

type Reading = ResponseHead | 'refused' | 'incomplete';

function read(pieces: readonly Buffer[], method = 'GET'): Reading {
  const reader = new HeadReader(RESPONSE_HEAD_LIMITS, 'response');
  for (const piece of pieces) {
    const state = reader.push(piece, 0, piece.length);
    if (state === 'incomplete') continue;
    if (state !== 'complete') return 'refused';
    return parseResponseHead(reader, method) ?? 'refused';
  }
  return 'incomplete';
}

function parse(head: string, method?: string): Reading {
  return read([Buffer.from(`${head}\r\n\r\n`, 'latin1')], method);
}

const OK = 'HTTP/1.1 200 OK';

test('an answer is read into one value', () => {
  expect(parse(`${OK}\r\nContent-Length: 05\r\nX-One: \t1\r\nConnection: Close, X-One`)).toEqual({
    status: 200,
    version: '1.1',
    fields: ['Content-Length', '05', 'X-One', '1', 'Connection', 'Close, X-One'],
    names: ['content-length', 'x-one', 'connection'],
    nominated: ['close', 'x-one'],
    framing: { kind: 'length', bytes: 5 },
    contentLength: 5,
    persistent: false,
    keepAliveMs: undefined,
  } satisfies ResponseHead);
});

test.each<{ row: string; head: string; method?: string; meaning: Partial<ResponseHead> }>([
  {
    row: 'R4 neither length nor coding',
    head: OK,
    meaning: { framing: { kind: 'close' }, persistent: true },
  },
  { row: 'chunked', head: `${OK}\r\nTransfer-Encoding: Chunked`, meaning: { framing: { kind: 'chunked' } } },
  { row: 'HTTP/1.0', head: 'HTTP/1.0 200 OK\r\nContent-Length: 1', meaning: { persistent: false } },
  ...[
    { value: 'timeout=5', keepAliveMs: 5000 },
    { value: 'max=100, Timeout=60', keepAliveMs: 60_000 },
    { value: 'timeout=0,max=1', keepAliveMs: 0 },
    { value: 'timeout=-1', keepAliveMs: undefined },
    { value: 'timeout=5s', keepAliveMs: undefined },
    { value: 'xtimeout=5', keepAliveMs: undefined },
    { value: 'timeout=12345678', keepAliveMs: undefined },
  ].map(({ value, keepAliveMs }) => ({
    row: `Keep-Alive: ${value}`,
    head: `${OK}\r\nContent-Length: 0\r\nKeep-Alive: ${value}`,
    meaning: { keepAliveMs },
  })),
  { row: 'no reason phrase', head: 'HTTP/1.1 200', meaning: { status: 200 } },
  { row: 'an empty reason phrase', head: 'HTTP/1.1 200 ', meaning: { status: 200 } },
  { row: 'a reason phrase of any bytes', head: 'HTTP/1.1 599 Sm\xf6rg\xe5s  bord', meaning: { status: 599 } },
  {
    row: 'R2 HEAD',
    head: `${OK}\r\nContent-Length: 5`,
    method: 'HEAD',
    meaning: { framing: { kind: 'none' }, contentLength: 5 },
  },
  {
    row: 'R2 HEAD chunked',
    head: `${OK}\r\nTransfer-Encoding: chunked`,
    method: 'HEAD',
    meaning: { framing: { kind: 'none' } },
  },
  {
    row: 'R2 304',
    head: 'HTTP/1.1 304 x\r\nContent-Length: 5',
    meaning: { framing: { kind: 'none' }, contentLength: 5 },
  },
  {
    row: 'R2 204',
    head: 'HTTP/1.1 204 x\r\nTransfer-Encoding: chunked',
    meaning: { framing: { kind: 'none' } },
  },
  { row: 'R2 103', head: 'HTTP/1.1 103 x\r\nContent-Length: 5', meaning: { framing: { kind: 'none' } } },
  {
    row: 'a length of 0',
    head: `${OK}\r\nContent-Length: 0`,
    meaning: { framing: { kind: 'length', bytes: 0 } },
  },
  {
    row: 'repeated fields',
    head: `${OK}\r\nSet-Cookie: a\r\nSet-Cookie: b`,
    meaning: { names: ['set-cookie', 'set-cookie'] },
  },
])('$row is read', ({ head, method, meaning }) => {
  expect(parse(head, method)).toMatchObject(meaning);
});

describe('R1 refused', () => {
  const statusLines = [
    [
      'HTTP/1.2 200 OK',
      'HTTP/2 200 OK',
      'HTTP/2.0 200 OK',
      'HTTP/0.9 200 OK',
      'http/1.1 200 OK',
      'ICY 200 OK',
    ],
    [
      'HTTP/1.1 20 OK',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1 099 OK',
      'HTTP/1.1 600 OK',
      'HTTP/1.1 -00 OK',
      'HTTP/1.1 2x0 OK',
    ],
    [
      'HTTP/1.1  200 OK',
      'HTTP/1.1\t200 OK',
      'HTTP/1.1 200\tOK',
      'HTTP/1.1',
      'HTTP/1.1 ',
      ' HTTP/1.1 200 OK',
      '200 OK',
    ],
    ['HTTP/1.1 200 O\0K', 'HTTP/1.1 200 O\x7fK', 'HTTP/1.1 200 O\x0bK', 'HTTP/1.1 200OK'],
  ].flat();
  test.each(statusLines)('status line %j', (line) => expect(parse(line)).toBe('refused'));

  const fields = [
    ['Content-Length: 5\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 0'],
    [
      'Content-Length: 5\r\nContent-Length: 5',
      'Content-Length: 5\r\ncontent-length: 6',
      'Content-Length: 5, 5',
    ],
    [
      'Content-Length:',
      'Content-Length: -1',
      'Content-Length: 5a',
      'Content-Length: 0x5',
      'Content-Length: 9007199254740992',
    ],
    [
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: identity',
    ],
    [
      'Transfer-Encoding: ,chunked',
      'Transfer-Encoding: \xa0chunked',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    ],
    [
      'X: a\r\n b',
      ' X: a',
      'X : a',
      ': a',
      'X',
      'X(: a',
      'X\xe9: a',
      'X: a\0b',
      'X: a\x1fb',
      'X: a\rb',
      'X: a\nb',
    ],
    ['Connection: a b', 'Connection: close\r\nConnection: "x"'],
  ].flat();
  test.each(fields)('%j', (field) => expect(parse(`${OK}\r\n${field}`)).toBe('refused'));

  test.each([
    { name: 'chunked in HTTP/1.0', head: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked' },
    { name: 'an empty line first', head: `\r\n${OK}` },
    { name: 'a lone LF', head: `${OK}\nX: a` },
    { name: '201 fields', head: `${OK}${'\r\nX: y'.repeat(201)}` },
    { name: 'more than 32 KiB', head: `${OK}${`\r\nX: ${'y'.repeat(10_000)}`.repeat(4)}` },
    { name: 'another protocol', head: 'SSH-2.0-x' },
  ])('$name', ({ head }) => expect(parse(head)).toBe('refused'));

  test.each([
    { name: '200 fields', head: `${OK}${'\r\nX: y'.repeat(200)}` },
    { name: 'a field of 16 KiB', head: `${OK}\r\nX:${'y'.repeat(16_382)}` },
  ])('but not $name', ({ head }) => expect(parse(head)).toHaveProperty('status', 200));
});

describe('a 101', () => {
  const fieldsOf = (version: string, ...more: readonly string[]) => {
    const head = parse(
      [`HTTP/${version} 101 x`, 'Upgrade: websocket', 'Connection: Upgrade', ...more].join('\r\n'),
    );
    if (typeof head === 'string') throw new Error(head);
    return switchingFields(head);
  };

  test('is judged by fields that stand once', () => {
    expect(fieldsOf('1.1', 'Sec-WebSocket-Accept: a', 'Sec-WebSocket-Accept: a')).toEqual({
      canSwitch: true,
      upgrade: 'websocket',
      connection: ['upgrade'],
      accept: '',
      protocol: undefined,
      extensions: undefined,
    });
  });

  test.each([
    { version: '1.0', more: [] },
    { version: '1.1', more: ['Content-Length: 0'] },
    { version: '1.1', more: ['Transfer-Encoding: chunked'] },
  ])('cannot be of version $version with $more', ({ version, more }) => {
    expect(fieldsOf(version, ...more).canSwitch).toBe(false);
  });
});

const words = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 404 Not Found\r\n',
  'HTTP/1.1 304\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Set-Cookie: a=b; Path=/\r\n',
  'X: \xe9\r\n',
  '\r\n',
  '\r\n',
  '\n',
  ' ',
  ':',
];

test('never throws, and any cut gives the same result', () => {
  fc.assert(
    fc.property(textOf(words, 10), pieceLengths, fc.constantFrom('GET', 'HEAD'), (text, lengths, method) => {
      const bytes = Buffer.from(text, 'latin1');
      expect(read(cutBy(bytes, lengths), method)).toEqual(read([bytes], method));
    }),
    { numRuns: 1000 },
  );
});

test('what was read and written again is read as the same head', () => {
  let heads = 0;
  fc.assert(
    fc.property(fc.constantFrom(...words.slice(0, 3)), textOf(words.slice(3, 8), 4), (line, fields) => {
      const head = parse(`${line}${fields}`.slice(0, -2));
      if (typeof head === 'string') return;
      heads++;
      const kept = head.fields.filter(
        (_, at) => !/^(content-length|transfer-enc)/.test(head.names[at >> 1] ?? ''),
      );
      const text = responseHeadText(head.status, kept, head.framing, undefined);
      const { status, nominated, framing } = head;
      expect(read([Buffer.from(text, 'latin1')])).toMatchObject({
        status,
        nominated,
        framing,
        version: '1.1',
      });
    }),
    { numRuns: 300 },
  );
  expect(heads).toBeGreaterThan(100);
});
