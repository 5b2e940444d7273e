// Heads out of bytes: where they end, what is too much, and that no cut and no leftover changes the verdict.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allCuts,
  amongLeftovers,
  cutBy,
  pieceLengths,
  singleBytes,
  textOf,
} from '../../test/support/cuts.ts';
import { type HeadKind, type HeadLimits, HeadReader, type HeadState } from './head-reader.ts';

const LIMITS: HeadLimits = { firstLineBytes: 20, fieldLineBytes: 16, headBytes: 64, fields: 3 };
const LEFTOVER = '\r\n\r\nGET /old HTTP/1.1\r\n\r\n';

type Reading = {
  readonly state: HeadState;
  readonly text: string | undefined;
  readonly lineEnds: readonly number[];
  readonly colons: readonly number[];
  /** What stands behind a complete head. */
  readonly rest: string;
};

/** Pushes pieces as sockets do: each in a buffer full of older bytes. */
function read(pieces: readonly Buffer[], kind: HeadKind = 'request'): Reading {
  const reader = new HeadReader(LIMITS, kind);
  for (const [at, piece] of pieces.entries()) {
    const start = at % 3;
    const chunk = amongLeftovers(piece, start, LEFTOVER);
    const end = start + piece.length;
    const state = reader.push(chunk, start, end);
    if (state === 'incomplete') continue;
    if (state !== 'complete') return { state, text: undefined, lineEnds: [], colons: [], rest: '' };
    const behind = [chunk.subarray(reader.position, end), ...pieces.slice(at + 1)];
    return {
      state,
      text: reader.text,
      lineEnds: reader.lineEnds.slice(0, reader.fieldCount + 2),
      colons: reader.colons.slice(0, reader.fieldCount),
      rest: Buffer.concat(behind).toString('latin1'),
    };
  }
  return { state: 'incomplete', text: undefined, lineEnds: [], colons: [], rest: '' };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

test('a head is read up to its empty line, and the rest is left', () => {
  expect(read([bytes('GET / HTTP/1.1\r\nA: b\r\n\r\nbody')])).toEqual({
    state: 'complete',
    text: 'GET / HTTP/1.1\r\nA: b\r\n\r\n',
    lineEnds: [15, 21, 23],
    colons: [17],
    rest: 'body',
  });
});

test('bytes behind the end of a read do not complete a head', () => {
  const reader = new HeadReader(LIMITS, 'request');
  const chunk = bytes('GET / HTTP/1.1\r\n\r\n');
  expect(reader.push(chunk, 0, chunk.length - 1)).toBe('incomplete');
  expect(reader.push(bytes('\n'), 0, 1)).toBe('complete');
});

test('after a reset the next head is read', () => {
  const reader = new HeadReader(LIMITS, 'request');
  const chunk = bytes('ONE\r\n\r\n\r\nTWO\r\nA:b\r\n\r\n');
  expect(reader.push(chunk, 0, chunk.length)).toBe('complete');
  const next = reader.position;
  reader.reset();
  expect(reader.isEmpty).toBe(true);
  expect(reader.push(chunk, next, chunk.length)).toBe('complete');
  expect([reader.text, reader.lineEnds.slice(0, 3), reader.position]).toEqual([
    'TWO\r\nA:b\r\n\r\n',
    [4, 9, 11],
    chunk.length,
  ]);
});

const name = 'F'.repeat(20);

const rows: readonly { name: string; text: string; state: HeadState }[] = [
  { name: 'L1 a lone LF ends the first line', text: 'A\nB: c\r\n\r\n', state: 'malformed' },
  { name: 'L1 a lone LF ends a field line', text: 'A\r\nB: c\n\r\n', state: 'malformed' },
  { name: 'L1 a lone LF is the empty line', text: 'A\r\n\n', state: 'malformed' },
  { name: 'L2 a CR inside a line', text: 'A\r\nB: c\rd\r\n\r\n', state: 'malformed' },
  { name: 'L2 a CR before the CRLF', text: 'A\r\r\n\r\n', state: 'malformed' },
  { name: 'L2 a CR before the end of the head', text: 'A\r\n\r\r\n', state: 'malformed' },
  { name: 'L3 one empty line comes first', text: '\r\nA\r\n\r\n', state: 'complete' },
  { name: 'L3 two empty lines come first', text: '\r\n\r\nA\r\n\r\n', state: 'malformed' },
  { name: 'L3 a LF comes first', text: '\nA\r\n\r\n', state: 'malformed' },
  { name: 'L3 a LF comes behind the empty line', text: '\r\n\nA\r\n\r\n', state: 'malformed' },
  { name: 'L3 a space comes first', text: ' A\r\n\r\n', state: 'malformed' },
  { name: 'L3 a NUL comes first', text: '\0A\r\n\r\n', state: 'malformed' },
  { name: 'a TLS hello comes', text: '\x16\x03\x01\x02', state: 'malformed' },
  { name: 'the first line is as long as allowed', text: `${name}\r\n\r\n`, state: 'complete' },
  { name: 'Q1 the first line is longer', text: `${name}F\r\n\r\n`, state: 'first-line-too-long' },
  { name: 'Q1 the first line is longer and unfinished', text: `${name}FFF`, state: 'first-line-too-long' },
  { name: 'a long first line ends with a lone LF', text: `${name}FFF\n`, state: 'first-line-too-long' },
  { name: 'a field line is as long as allowed', text: 'A\r\nB: 3456789012345\r\n\r\n', state: 'complete' },
  { name: 'Q1 a field line is longer', text: 'A\r\nB: 34567890123456\r\n\r\n', state: 'head-too-large' },
  { name: 'as many fields as allowed', text: 'A\r\nB:1\r\nC:2\r\nD:3\r\n\r\n', state: 'complete' },
  { name: 'Q1 one field more', text: 'A\r\nB:1\r\nC:2\r\nD:3\r\nE:4\r\n\r\n', state: 'head-too-large' },
  { name: 'F1 white space before the colon', text: 'A\r\nB : c\r\n\r\n', state: 'malformed' },
  { name: 'F2 a folded line', text: 'A\r\nB: c\r\n d\r\n\r\n', state: 'malformed' },
  { name: 'F3 no name', text: 'A\r\n: c\r\n\r\n', state: 'malformed' },
  { name: 'F3 no colon', text: 'A\r\nB\r\n\r\n', state: 'malformed' },
  { name: 'F4 a NUL in a value', text: 'A\r\nB: \0\r\n\r\n', state: 'malformed' },
  { name: 'F4 obs-text in a value', text: 'A\r\nB: \xff\r\n\r\n', state: 'complete' },
  { name: 'a field line is too long before it is wrong', text: `A\r\nB: ${name}\0`, state: 'head-too-large' },
  { name: 'a field line is wrong before it is too long', text: `A\r\nB: \0${name}`, state: 'malformed' },
  { name: 'nothing but an empty line', text: '\r\n', state: 'incomplete' },
  { name: 'a head without its empty line', text: 'A\r\nB: c\r\n', state: 'incomplete' },
];

describe.each(rows)('$name', ({ text, state }) => {
  test('whole', () => expect(read([bytes(text)]).state).toBe(state));
  test('byte by byte', () => expect(read(singleBytes(bytes(text))).state).toBe(state));
  test('cut at every offset', () => {
    const whole = read([bytes(text)]);
    for (const pieces of allCuts(bytes(text))) expect(read(pieces)).toEqual(whole);
  });
});

test('responses may not start with an empty line', () => {
  expect(read([bytes('\r\nA\r\n\r\n')], 'response').state).toBe('malformed');
});

describe('Q1 the whole head', () => {
  const line = (length: number) => `${'X:'.padEnd(length - 2, 'x')}\r\n`;
  const head = `${line(20)}${line(18)}${line(18)}${line(6)}\r\n`;

  test.each([
    { name: 'is as large as allowed', text: head },
    { name: 'with an empty line before it', text: `\r\n${head}` },
  ])('$name', ({ text }) => {
    expect(text.trimStart()).toHaveLength(64);
    expect(read([bytes(text)]).state).toBe('complete');
    expect(read(singleBytes(bytes(text))).state).toBe('complete');
  });

  test('is larger by one byte', () => {
    const text = `${line(20)}${line(18)}${line(18)}${line(7)}\r\n`;
    expect(text).toHaveLength(65);
    for (const pieces of [[bytes(text)], singleBytes(bytes(text)), ...allCuts(bytes(text))]) {
      expect(read(pieces).state).toBe('head-too-large');
    }
  });

  // A reader that takes only so many bytes must not pass over the others in silence.
  test('no byte over the limit is passed over', () => {
    const text = `\r\n${line(20)}${line(18)}${line(18)}${'X'.repeat(4)}:\r\n\r`;
    const evil = 'X'.repeat(100);
    expect(read([bytes(text + evil), bytes('\n')]).state).not.toBe('complete');
  });
});

test('any cut gives the same reading', () => {
  const words = [
    'GET / HTTP/1.1',
    'A: b',
    'Name',
    ':',
    ' ',
    '\r\n',
    '\r\n',
    '\r',
    '\n',
    '\r\n\r\n',
    '\0',
    'x',
  ];
  fc.assert(
    fc.property(
      textOf(words, 20),
      pieceLengths,
      fc.constantFrom<HeadKind>('request', 'response', 'fields'),
      (text, lengths, kind) => {
        const whole = read([bytes(text)], kind);
        expect(read(cutBy(bytes(text), lengths), kind)).toEqual(whole);
        expect(read(singleBytes(bytes(text)), kind)).toEqual(whole);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a complete head and its rest are the bytes that came', () => {
  const words = ['A', 'Bc: d', '\r\n', '\r\n', '\r\n\r\n', 'x'];
  fc.assert(
    fc.property(textOf(words, 12), (text) => {
      const reading = read([bytes(text)], 'response');
      fc.pre(reading.state === 'complete');
      expect(`${reading.text}${reading.rest}`).toBe(text);
      expect(reading.lineEnds.map((at) => reading.text?.charAt(at))).toEqual(
        reading.lineEnds.map(() => '\n'),
      );
    }),
    { numRuns: 1000 },
  );
});
