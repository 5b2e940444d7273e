// Where bodies end, what of them is handed on, and what is too much (rows B7, C, Q3).
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amongLeftovers, cutBy, pieceLengths, singleBytes } from '../../test/support/cuts.ts';
import type { BodyFraming } from '../model/request.ts';
import { BodyDecoder } from './body-framing.ts';

type Reading = {
  readonly state: string;
  readonly content: string;
  readonly bytes: number;
  readonly rest: string;
};

const NO_LIMIT = Number.POSITIVE_INFINITY;

function read(
  framing: BodyFraming,
  pieces: readonly Buffer[],
  { maxBytes = NO_LIMIT, decoder = new BodyDecoder() } = {},
): Reading {
  let content = '';
  let rest = '';
  const sink = {
    onBody: (chunk: Buffer, start: number, end: number) => {
      content += chunk.toString('latin1', start, end);
    },
  };
  decoder.reset(framing, maxBytes);
  for (const [at, piece] of pieces.entries()) {
    const start = at % 3;
    const chunk = amongLeftovers(piece, start, 'old bytes');
    const end = start + piece.length;
    const next = decoder.push(chunk, start, end, sink);
    if (decoder.state !== 'malformed' && decoder.state !== 'too-large')
      rest += chunk.toString('latin1', next, end);
  }
  return { state: decoder.state, content, bytes: decoder.bytes, rest };
}

const CHUNKED: BodyFraming = { kind: 'chunked' };
const encoded = '5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n';

test.each<{
  name: string;
  framing: BodyFraming;
  text: string;
  maxBytes?: number;
  reading: Omit<Reading, 'bytes'>;
}>([
  {
    name: 'no body',
    framing: { kind: 'none' },
    text: 'next',
    reading: { state: 'done', content: '', rest: 'next' },
  },
  {
    name: 'a length of 0',
    framing: { kind: 'length', bytes: 0 },
    text: 'next',
    reading: { state: 'done', content: '', rest: 'next' },
  },
  {
    name: 'a length',
    framing: { kind: 'length', bytes: 5 },
    text: 'hellonext',
    reading: { state: 'done', content: 'hello', rest: 'next' },
  },
  {
    name: 'less than its length',
    framing: { kind: 'length', bytes: 5 },
    text: 'hell',
    reading: { state: 'reading', content: 'hell', rest: '' },
  },
  {
    name: 'chunked',
    framing: CHUNKED,
    text: `${encoded}next`,
    reading: { state: 'done', content: 'hello world', rest: 'next' },
  },
  {
    name: 'chunked without its end',
    framing: CHUNKED,
    text: encoded.slice(0, -2),
    reading: { state: 'reading', content: 'hello world', rest: '' },
  },
  {
    name: 'chunked wrongly',
    framing: CHUNKED,
    text: '5\r\nhelloX',
    reading: { state: 'malformed', content: 'hello', rest: '' },
  },
  {
    name: 'up to the end of the connection',
    framing: { kind: 'close' },
    text: 'all of it',
    reading: { state: 'reading', content: 'all of it', rest: '' },
  },
  {
    name: 'as much as allowed',
    framing: CHUNKED,
    text: encoded,
    maxBytes: 11,
    reading: { state: 'done', content: 'hello world', rest: '' },
  },
])('$name', ({ framing, text, maxBytes, reading }) => {
  const bytes = Buffer.from(text, 'latin1');
  const limits = maxBytes === undefined ? {} : { maxBytes };
  const expected = { ...reading, bytes: reading.content.length };
  expect(read(framing, [bytes], limits)).toEqual(expected);
  expect(read(framing, singleBytes(bytes), limits)).toEqual(expected);
});

test('a length over the limit is known before the first byte', () => {
  const decoder = new BodyDecoder();
  decoder.reset({ kind: 'length', bytes: 6 }, 5);
  expect(decoder.state).toBe('too-large');
});

test.each([CHUNKED, { kind: 'close' } as const])(
  '$kind over the limit hands on no byte too many',
  (framing) => {
    const text = framing.kind === 'chunked' ? encoded : 'hello world';
    const reading = read(framing, singleBytes(Buffer.from(text)), { maxBytes: 10 });
    expect(reading).toMatchObject({ state: 'too-large', content: 'hello worl', bytes: 10 });
  },
);

test('the limit can be changed while a body is read', () => {
  const decoder = new BodyDecoder();
  const sink = { onBody: () => undefined };
  decoder.reset(CHUNKED, NO_LIMIT);
  decoder.push(Buffer.from('1\r\na\r\n'), 0, 6, sink);
  decoder.limit(1);
  decoder.push(Buffer.from('1\r\na\r\n'), 0, 6, sink);
  expect(decoder.state).toBe('too-large');
});

test.each<{ framing: BodyFraming; text: string; isComplete: boolean }>([
  { framing: { kind: 'close' }, text: 'abc', isComplete: true },
  { framing: { kind: 'close' }, text: '', isComplete: true },
  { framing: { kind: 'length', bytes: 3 }, text: 'ab', isComplete: false },
  { framing: { kind: 'length', bytes: 3 }, text: 'abc', isComplete: true },
  { framing: CHUNKED, text: '1\r\na\r\n0\r\n', isComplete: false },
  { framing: CHUNKED, text: '1\r\na\r\n0\r\n\r\n', isComplete: true },
  { framing: { kind: 'none' }, text: '', isComplete: true },
])('the connection ends after $text of $framing.kind', ({ framing, text, isComplete }) => {
  const decoder = new BodyDecoder();
  read(framing, [Buffer.from(text)], { decoder });
  expect(decoder.end()).toBe(isComplete);
});

test('one decoder reads body after body', () => {
  const decoder = new BodyDecoder();
  expect(read(CHUNKED, [Buffer.from(`${encoded}abc`)], { decoder }).rest).toBe('abc');
  expect(read({ kind: 'length', bytes: 3 }, [Buffer.from('abcdef')], { decoder })).toEqual({
    state: 'done',
    content: 'abc',
    bytes: 3,
    rest: 'def',
  });
  expect(read(CHUNKED, [Buffer.from('x')], { decoder }).state).toBe('malformed');
  expect(read(CHUNKED, [Buffer.from(encoded)], { decoder }).state).toBe('done');
});

test('any cut hands on the same content', () => {
  const framings: readonly BodyFraming[] = [CHUNKED, { kind: 'length', bytes: 12 }, { kind: 'close' }];
  fc.assert(
    fc.property(
      fc.constantFrom(...framings),
      fc.oneof(fc.constant(`${encoded}GET / HTTP/1.1`), fc.string({ unit: 'binary-ascii', maxLength: 40 })),
      pieceLengths,
      (framing, text, lengths) => {
        const bytes = Buffer.from(text, 'latin1');
        expect(read(framing, cutBy(bytes, lengths))).toEqual(read(framing, [bytes]));
      },
    ),
    { numRuns: 1000 },
  );
});
