// Medians and quantiles, row by row.
import { expect, test } from 'vitest';
import { median, quantile, round } from './statistics.ts';

test.each([
  [[3, 1, 2], 2],
  [[100, 1, 4, 2], 3],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test.each([
  [0.5, 5],
  [0.99, 10],
  [0.1, 1],
  [1, 10],
])('the quantile %d of 1 to 10 is %d', (share, expected) => {
  expect(quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share)).toBe(expected);
});

test('rounds to digits', () => {
  expect(round(1.23456, 2)).toBe(1.23);
});
