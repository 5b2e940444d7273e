// Lines out of chunks: however the bytes are cut, the same lines.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

test('any cut of any text gives its lines', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '')));
  fc.assert(
    fc.property(texts, fc.array(fc.nat(400)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
      const splitter = new LineSplitter(100_000);
      const got = places.slice(1).flatMap((end, at) => splitter.push(bytes.subarray(places[at], end)));
      expect(got).toEqual(lines.filter((line) => line !== ''));
      expect(splitter.heldBytes).toBe(0);
    }),
  );
});

test('a line over its bound is refused before it is whole', () => {
  const splitter = new LineSplitter(10);
  expect(splitter.push(Buffer.from('0123456789\n01234'))).toEqual(['0123456789']);
  expect(splitter.heldBytes).toBe(5);
  expect(() => splitter.push(Buffer.from('567890'))).toThrow('A watch event is larger than 10 bytes');
});
