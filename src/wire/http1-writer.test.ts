// Heads as they leave, byte for byte, and that whatever was accepted once is accepted again.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BodyFraming } from '../model/request.ts';
import {
  assertField,
  chunkSizeText,
  interimHeadText,
  LAST_CHUNK,
  requestHeadText,
  responseHeadText,
  switchingHeadText,
  upgradeHeadText,
} from './http1-writer.ts';

const FIELDS = ['Host', 'a', 'X-One', '1'];
const NONE: BodyFraming = { kind: 'none' };

test.each<{ name: string; text: string; expected: string }>([
  {
    name: 'a request',
    text: requestHeadText({ method: 'GET', target: '/x?y' }, FIELDS, NONE),
    expected: 'GET /x?y HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n',
  },
  {
    name: 'a request with a length',
    text: requestHeadText({ method: 'POST', target: '/' }, FIELDS, { kind: 'length', bytes: 7 }),
    expected: 'POST / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 7\r\n\r\n',
  },
  {
    name: 'a chunked request',
    text: requestHeadText({ method: 'POST', target: '/' }, [], { kind: 'chunked' }),
    expected: 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
  },
  {
    name: 'a handshake',
    text: upgradeHeadText('/ws', FIELDS),
    expected: 'GET /ws HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  },
  {
    name: 'an answer',
    text: responseHeadText(200, ['X', 'y'], { kind: 'length', bytes: 0 }, undefined),
    expected: 'HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 0\r\n\r\n',
  },
  {
    name: 'an answer that ends its connection',
    text: responseHeadText(404, [], { kind: 'close' }, 'close'),
    expected: 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n',
  },
  {
    name: 'an answer that keeps it',
    text: responseHeadText(200, [], { kind: 'chunked' }, 'keep-alive'),
    expected: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n',
  },
  {
    name: 'an answer with a code of no name',
    text: responseHeadText(299, [], NONE, undefined),
    expected: 'HTTP/1.1 299 \r\n\r\n',
  },
  {
    name: 'a 101',
    text: switchingHeadText(['Sec-WebSocket-Accept', 'x']),
    expected:
      'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  },
  {
    name: 'an interim answer',
    text: interimHeadText(103, ['Link', '</x>']),
    expected: 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n',
  },
  { name: 'the size of a chunk', text: chunkSizeText(0xabcde), expected: 'abcde\r\n' },
  { name: 'the last chunk', text: LAST_CHUNK, expected: '0\r\n\r\n' },
])('$name', ({ text, expected }) => {
  expect(text).toBe(expected);
});

describe('R10 a field of our own making', () => {
  test.each([
    ['X', 'a\r\nSet-Cookie: b'],
    ['X', 'a\nb'],
    ['X', 'a\rb'],
    ['X', 'a\0b'],
    ['X', '\u0141'],
    ['', 'a'],
    ['X Y', 'a'],
    ['X:', 'a'],
    ['X\r\nY', 'a'],
  ])('%j: %j is refused', (name, value) => {
    expect(() => assertField(name, value)).toThrow('cannot be written');
  });

  test('that was accepted stays one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        try {
          assertField(name, value);
        } catch {
          return;
        }
        expect(responseHeadText(200, [name, value], NONE, undefined).split(/[\r\n]+/)).toHaveLength(3);
      }),
    );
  });
});
