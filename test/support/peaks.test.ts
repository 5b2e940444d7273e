// The busiest second of many closes, whatever second they are counted from.
import { expect, test } from 'vitest';
import { peakPerSecond } from './peaks.ts';

test.each<[string, readonly number[], number]>([
  ['nothing', [], 0],
  ['one', [5], 1],
  ['evenly', Array.from({ length: 100 }, (_, at) => at * 100), 10],
  ['a burst between', [0, 1500, 1600, 1700, 2499, 2500, 4000], 4],
  ['in any order', [3000, 100, 200, 3100, 300], 3],
])('%s', (_, moments, peak) => {
  expect(peakPerSecond(moments)).toBe(peak);
});
