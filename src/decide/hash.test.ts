// The hash of persistence: the same in every process and release, spread evenly.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combine, hashText } from './hash.ts';

const MASK = 0xffffffffn;

/** The same in whole numbers: FNV-1a, and the finaliser of MurmurHash3. */
function referenceHash(text: string): number {
  let hash = 0x811c9dc5n;
  for (const sign of text) hash = ((hash ^ BigInt(sign.charCodeAt(0))) * 0x01000193n) & MASK;
  return referenceMix(hash);
}

function referenceMix(value: bigint): number {
  let hash = ((value ^ (value >> 16n)) * 0x85ebca6bn) & MASK;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & MASK;
  return Number(hash ^ (hash >> 16n));
}

// A cookie that was lost is found again through these numbers: they may never change.
test.each([
  ['', 2_872_998_923],
  ['a', 444_641_715],
  ['foobar', 202_221_276],
  ['pod-uid:8065', 649_666_293],
  ['abcdefghijklmnopqrstuvwx01', 1_743_897_625],
  ['cb007109', 3_766_926_583],
  ['\u00e9', 3_136_788_073],
])('%j is %i', (text, hash) => {
  expect(hashText(text)).toBe(hash);
});

test.each([
  [0, 0, 0],
  [1, 0, 1_364_076_727],
  [0, 1, 301_794_027],
  [649_666_293, 3_766_926_583, 830_433_766],
  [0xffff_ffff, 0xffff_ffff, 2_980_047_484],
])('%i and %i are %i', (left, right, hash) => {
  expect(combine(left, right)).toBe(hash);
});

const word = fc.nat(0xffffffff);
const latin1 = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 60 });

test('any text', () => {
  fc.assert(
    fc.property(latin1, (text) => {
      expect(hashText(text)).toBe(referenceHash(text));
    }),
  );
});

test('any two hashes', () => {
  fc.assert(
    fc.property(word, word, (left, right) => {
      const expected = referenceMix(BigInt(left) ^ ((BigInt(right) * 0x9e3779b1n) & MASK));
      expect(combine(left, right)).toBe(expected);
    }),
  );
});

describe('near texts end far apart', () => {
  const addresses = Array.from({ length: 4096 }, (_, at) => (0x0a000000 + at).toString(16).padStart(8, '0'));

  test.each([
    ['the high bits', (hash: number) => hash >>> 28],
    ['the low bits', (hash: number) => hash & 15],
  ])('%s of neighbouring addresses', (_, part) => {
    const counts = Array<number>(16).fill(0);
    for (const text of addresses) {
      const at = part(hashText(text));
      counts[at] = (counts[at] ?? 0) + 1;
    }
    // 256 each on average; five standard deviations are about 78.
    expect(Math.min(...counts)).toBeGreaterThan(178);
    expect(Math.max(...counts)).toBeLessThan(334);
  });
});
