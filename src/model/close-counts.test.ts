// Counts of tunnels that wait to be closed or were lost, in the row of one worker.
import { describe, expect, test } from 'vitest';
import { CloseCounts, closeCountIntegers } from './close-counts.ts';

function counts(): CloseCounts {
  return new CloseCounts(new Int32Array(closeCountIntegers(3)));
}

test('who waits is counted by cell', () => {
  const all = counts();
  all.addWaiting(0, 2);
  all.addWaiting(255, 5);
  all.addWaiting(0, -1);
  expect([all.waiting(0), all.waiting(1), all.waiting(255)]).toEqual([1, 0, 5]);
  all.clear();
  expect([all.waiting(0), all.waiting(255)]).toEqual([0, 0]);
});

describe('losses', () => {
  test.each([
    { name: 'of this half second and the one before', at: [10, 11, 11], now: 11, expected: 3 },
    { name: 'seen from the next half second', at: [10, 11, 11], now: 12, expected: 2 },
    { name: 'of long ago count no more', at: [10, 11, 11], now: 13, expected: 0 },
    { name: 'of long ago do not come back', at: [10, 10, 20], now: 20, expected: 1 },
    { name: 'in a half second far on', at: [2 ** 31 - 1, 2 ** 31, 2 ** 31], now: 2 ** 31, expected: 3 },
  ])('$name', ({ at, now, expected }) => {
    const all = counts();
    for (const half of at) all.noteLoss(2, half);
    expect(all.losses(2, now)).toBe(expected);
    expect([all.losses(1, now), all.waiting(2)]).toEqual([0, 0]);
  });
});
