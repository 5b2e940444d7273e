// The hash of sources: the published vectors, and what of an address counts.
import { describe, expect, test } from 'vitest';
import { SourceHash } from './source-hash.ts';

const KEY = new Int32Array([0x03020100, 0x07060504]);
const SCOPE = { low: 1, high: 2 };

/** The eight bytes of a result as the reference implementation prints them. */
function bytesOf({ low, high }: SourceHash): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(low, 0);
  bytes.writeInt32LE(high, 4);
  return bytes.toString('hex');
}

function hashOf(hex: string, bits: number, scope = SCOPE): string {
  const hash = new SourceHash(KEY);
  hash.source(scope, hex, bits);
  return bytesOf(hash);
}

// The key is 00 01 .. 07, the text 00 01 02 ..: vectors_hsip64 of the reference implementation.
test.each([
  [[], '218d1f59b9b83cc8'],
  [[0x03020100], 'd5e78a175be52ea1'],
  [[0x03020100, 0x07060504], 'edfee820bce4858c'],
  [[0x03020100, 0x07060504, 0x0b0a0908], '7bc71f9faef5c799'],
])('vector of %j', (words, expected) => {
  const hash = new SourceHash(KEY);
  hash.words(words);
  expect(bytesOf(hash)).toBe(expected);
});

describe('only the leading bits of an address count', () => {
  const v6 = '20010db8000000010000000000000001';
  test.each([
    ['the same network', 64, '20010db800000001ffffffffffffffff', true],
    ['another network', 64, '20010db8000000020000000000000001', false],
    ['bits within a word', 62, '20010db8000000030000000000000001', true],
    ['bits within a word, another network', 62, '20010db8000000050000000000000001', false],
    ['the whole address', 128, '20010db8000000010000000000000002', false],
    ['a digit of each kind', 128, '20010db80000000100000000000000af', false],
  ])('%s', (_, bits, other, isSame) => {
    expect(hashOf(v6, bits) === hashOf(other, bits)).toBe(isSame);
  });
});

test('families and scopes are apart', () => {
  const results = [
    hashOf('00000000', 32),
    hashOf('0'.repeat(32), 128),
    hashOf('0'.repeat(32), 0, { low: 2, high: 2 }),
    hashOf('00000000', 32, { low: 1, high: 3 }),
  ];
  expect(new Set(results).size).toBe(results.length);
});

test('another key, other places', () => {
  const hash = new SourceHash(new Int32Array([1, 2]));
  hash.source(SCOPE, '00000000', 32);
  expect(bytesOf(hash)).not.toBe(hashOf('00000000', 32));
});
