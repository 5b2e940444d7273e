// Unquoted words as kubectl reads them; the table was checked against sigs.k8s.io/yaml 1.6.0, kubectl's reader.
import { describe, expect, test } from 'vitest';
import { resolvePlainScalar } from './plain-scalar.ts';

const words: Readonly<Record<string, readonly string[]>> = {
  true: ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'],
  false: ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'],
  null: ['', '~', 'null', 'Null', 'NULL'],
};

const numbers: readonly (readonly [text: string, value: number])[] = [
  ['010', 8],
  ['0o10', 8],
  ['0O10', 8],
  ['-010', -8],
  ['0777', 511],
  ['07_7', 63],
  ['0_', 0],
  ['08', 8],
  ['-08', -8],
  ['00', 0],
  ['-0', 0],
  ['0x1F', 31],
  ['0X1f', 31],
  ['-0x10', -16],
  ['0x1e5', 485],
  ['0b101', 5],
  ['0B11', 3],
  ['-0b1_0', -2],
  ['+10', 10],
  ['1_000', 1000],
  ['1_', 1],
  ['18446744073709551616', 18_446_744_073_709_552_000],
  ['1.', 1],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['.1_0', 0.1],
  ['1_0.5', 10.5],
  ['010.5', 10.5],
  ['1e3', 1000],
  ['1.e5', 100_000],
  ['1.5e-3', 0.0015],
  ['-0.0', 0],
];

/** Parted by spaces; no word holds one. */
const strings = [
  'oN yEs tRUE nULL NaN Inf infinity .nAn +.nan true. 1:30 190:20:30 2026-01-01 2026-01-01T00:00:00Z _1 ._5 .5_ . -.',
  '+ --1 +-5 1,000 1.2.3 1e .e5 1e400 -1e400 0x 0b 0b2 0o8 0xg 0x1p4 .0x1 0x10000000000000000 -0x8000000000000001',
  `192.0.2.0/24 ::1 8065: 110Mi 3s ${'1'.repeat(129)}`,
].flatMap((line) => line.split(' '));

describe('an unquoted word', () => {
  test.each(Object.entries(words).flatMap(([value, list]) => list.map((text) => ({ text, value }))))(
    '"$text" is $value',
    ({ text, value }) => expect(resolvePlainScalar(text)).toBe(JSON.parse(value)),
  );

  test.each(numbers)('%s is the number %d', (text, value) => expect(resolvePlainScalar(text)).toBe(value));

  test.each(strings)('%s is a string', (text) => expect(resolvePlainScalar(text)).toBe(text));

  test.each(['.inf', '-.Inf', '+.INF', '.nan', '.NAN'])('%s is no finite number', (text) => {
    const value = resolvePlainScalar(text);
    expect(typeof value === 'number' && !Number.isFinite(value)).toBe(true);
  });
});
