// Quantiles as Prometheus would tell them.
import { expect, test } from 'vitest';
import { quantile } from './quantile.ts';

const BOUNDS = [1, 2, 4];

test.each<[string, readonly number[], number, number | undefined]>([
  ['nothing was observed', [0, 0, 0, 0], 0.5, undefined],
  ['all in one bucket', [0, 10, 0, 0], 0.5, 1.5],
  ['from zero', [10, 0, 0, 0], 0.5, 0.5],
  ['at the end of a bucket', [5, 5, 0, 0], 0.5, 1],
  ['over several buckets', [5, 3, 2, 0], 0.9, 3],
  ['above all bounds', [0, 0, 0, 10], 0.99, 4],
])('%s', (_, counts, part, expected) => {
  expect(quantile(BOUNDS, counts, part)).toEqual(expected);
});
