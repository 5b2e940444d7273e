// The chunked coding: rows C1 to C6 byte by byte and at every cut, against what they must decode to.
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
import { ChunkedDecoder } from './chunked.ts';

type Reading = {
  readonly state: 'done' | 'malformed' | 'reading';
  readonly content: string;
  readonly rest: string;
};

function read(pieces: readonly Buffer[]): Reading {
  const decoder = new ChunkedDecoder();
  let content = '';
  for (const [index, piece] of pieces.entries()) {
    const start = index % 3;
    const chunk = amongLeftovers(piece, start, '\r\n0\r\n\r\n');
    const end = start + piece.length;
    for (let at = start; at < end; ) {
      at = decoder.push(chunk, at, end);
      content += chunk.toString('latin1', decoder.dataStart, decoder.dataEnd);
      if (decoder.state === 'malformed') return { state: 'malformed', content, rest: '' };
      if (decoder.state !== 'done') continue;
      const rest = Buffer.concat([chunk.subarray(at, end), ...pieces.slice(index + 1)]);
      return { state: 'done', content, rest: rest.toString('latin1') };
    }
  }
  return { state: 'reading', content, rest: '' };
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function expectEverywhere(text: string, expected: Reading): void {
  const whole = bytes(text);
  expect(read([whole])).toEqual(expected);
  expect(read(singleBytes(whole))).toEqual(expected);
  for (const pieces of allCuts(whole)) expect(read(pieces)).toEqual(expected);
}

test.each<{ row: string; text: string; content: string; rest?: string }>([
  { row: 'one chunk', text: '5\r\nhello\r\n0\r\n\r\n', content: 'hello' },
  { row: 'several chunks', text: '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n', content: 'abc' },
  { row: 'no content', text: '0\r\n\r\n', content: '' },
  {
    row: 'hexadecimal in both cases',
    text: 'a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n',
    content: '0123456789abcdefghij',
  },
  {
    row: 'content that looks like framing',
    text: '7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n',
    content: '\r\n0\r\n\r\n',
  },
  { row: 'bytes behind', text: '1\r\na\r\n0\r\n\r\nGET /', content: 'a', rest: 'GET /' },
  { row: 'C1 zeros in front', text: '0000000000000005\r\nhello\r\n0\r\n\r\n', content: 'hello' },
  { row: 'C2 an extension', text: '1;a=b\r\nx\r\n0\r\n\r\n', content: 'x' },
  { row: 'C2 a quoted one', text: '1;a="b c;\\"\xe9"\r\nx\r\n0\r\n\r\n', content: 'x' },
  { row: 'C2 one without a value', text: '1;a\r\nx\r\n0;b\r\n\r\n', content: 'x' },
  { row: 'C2 several', text: '1;a;b=c;d=""\r\nx\r\n0\r\n\r\n', content: 'x' },
  { row: 'C2 as long as allowed', text: `1;${'a'.repeat(255)}\r\nx\r\n0\r\n\r\n`, content: 'x' },
  { row: 'C5 several zeros', text: '000\r\n\r\n', content: '' },
  { row: 'C6 trailers', text: '0\r\nX: y\r\nHost: evil\r\nContent-Length: 9\r\n\r\n', content: '' },
])('$row is decoded', ({ text, content, rest }) => {
  expectEverywhere(text, { state: 'done', content, rest: rest ?? '' });
});

describe('refused before any content', () => {
  const sizes = [
    ['0x5', '+5', '-5', '5_0', ' 5', '5 ', '5\t', '', 'g', '5,', '5:', '\xb5', '5\0', 'h\r\n'],
    ['10000000000000', '11111111111111111', '00000000000000000', `${'0'.repeat(16)}5`],
  ].flat();
  test.each(sizes)('C1 size %j', (size) => {
    expectEverywhere(`${size}\r\nhello`, { state: 'malformed', content: '', rest: '' });
  });

  const lines = [
    [
      '5;a\rb',
      '5;a=\0',
      '5;\n',
      '5;a\nb',
      '5\r\r;x',
      '5;a="\r\n"',
      '5;a="',
      '5;a=b"',
      '5;a="b',
      '5;a=""b',
      '5;a="\\"',
    ],
    ['5 ;a', '5; a', '5;a =b', '5;a= b', '5;', '5;;a', '5;=b', '5;a=', '5;a="b\\', '5;a="\x7f"', '5;(=a'],
  ].flat();
  test.each(lines)('C3 %j', (line) => {
    expectEverywhere(`${line}\r\nhello\r\n0\r\n\r\n`, { state: 'malformed', content: '', rest: '' });
  });

  test.each(['5\nhello', '5\rhello', '5;a\nhello', `5;${'a'.repeat(256)}`, '0\r\n\n', '0\r\n\rX', '0\n\n'])(
    'C2 C4 %j',
    (text) => {
      const reading = read([bytes(`${text}\r\n\r\n`)]);
      expect(reading).toEqual({ state: 'malformed', content: '', rest: '' });
      expect(read(singleBytes(bytes(`${text}\r\n\r\n`)))).toEqual(reading);
    },
  );

  const trailers = [
    ' X: y',
    'X : y',
    'X',
    ': y',
    'X: a\0',
    'X: a\rb',
    'X: a\r\n b',
    'X(: a',
    '\rX: y',
    'X: y\r',
  ];
  test.each(trailers)('C6 trailer %j', (trailer) => {
    expectEverywhere(`0\r\n${trailer}\r\n\r\n`, { state: 'malformed', content: '', rest: '' });
  });
});

test.each([
  { row: 'C4 a LF behind the data', text: '5\r\nhello\n0\r\n\r\n' },
  { row: 'C4 other bytes behind the data', text: '5\r\nhelloXX0\r\n\r\n' },
  { row: 'C4 another byte and a LF behind the data', text: '5\r\nhelloX\n0\r\n\r\n' },
  { row: 'C4 a CR and other bytes', text: '5\r\nhello\rX0\r\n\r\n' },
  { row: 'C4 more data than said', text: '5\r\nhello!\r\n0\r\n\r\n' },
])('$row is refused', ({ text }) => {
  expectEverywhere(text, { state: 'malformed', content: 'hello', rest: '' });
});

describe('bounds', () => {
  test.each([
    { name: 'C1 the largest size', text: 'fffffffffffff\r\nx', state: 'reading' },
    { name: 'C1 one more', text: '10000000000000\r\nx', state: 'malformed' },
    { name: 'C2 4 KiB of extensions', text: `1;${'a'.repeat(255)}\r\nx\r\n`.repeat(16), state: 'reading' },
    { name: 'C2 more than 4 KiB', text: `1;${'a'.repeat(255)}\r\nx\r\n`.repeat(17), state: 'malformed' },
    { name: 'C6 32 trailers', text: `0\r\n${'X: y\r\n'.repeat(32)}\r\n`, state: 'done' },
    { name: 'C6 33 trailers', text: `0\r\n${'X: y\r\n'.repeat(33)}\r\n`, state: 'malformed' },
    { name: 'C6 8 KiB of trailers', text: `0\r\nX: ${'y'.repeat(8100)}\r\n\r\n`, state: 'done' },
    { name: 'C6 more than 8 KiB', text: `0\r\nX: ${'y'.repeat(8192)}`, state: 'malformed' },
  ])('$name', ({ text, state }) => {
    expect(read([bytes(text)]).state).toBe(state);
    expect(read(cutBy(bytes(text), [100, 1, 3])).state).toBe(state);
  });

  test.each([
    '5',
    '5\r',
    '5\r\n',
    '5\r\nhell',
    '5\r\nhello',
    '5\r\nhello\r\n',
    '0',
    '0\r\n',
    '0\r\n\r',
    '0\r\nX:',
  ])('C5 %j wants more', (text) => expect(read([bytes(text)]).state).toBe('reading'));
});

test('never throws, and any cut gives the same result', () => {
  const words = ['5', '\r\n', 'hello', '\r\n', '0', '\r\n', ';a=b', 'a', '\r', '\n', 'X: y', '"', ' '];
  fc.assert(
    fc.property(textOf(words, 24), pieceLengths, (text, lengths) => {
      expect(read(cutBy(bytes(text), lengths))).toEqual(read([bytes(text)]));
    }),
    { numRuns: 2000 },
  );
});

test('whatever is encoded is decoded again', () => {
  const parts = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(parts, pieceLengths, (contents, lengths) => {
      const binary = contents.map((content) => Buffer.from(content, 'utf8').toString('latin1'));
      const chunks = binary.map((content) => `${content.length.toString(16)}\r\n${content}\r\n`);
      const encoded = bytes(`${chunks.join('')}0\r\n\r\nrest`);
      expect(read(cutBy(encoded, lengths))).toEqual({
        state: 'done',
        content: binary.join(''),
        rest: 'rest',
      });
    }),
    { numRuns: 300 },
  );
});
