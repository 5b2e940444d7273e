// When a change counts as in force.
import { describe, expect, test } from 'vitest';
import { effectsOf, newestVersion } from './effects.ts';

function at(...moments: readonly (readonly [number, number])[]) {
  return moments.map(([atMs, version]) => ({ atMs, version }));
}

describe('a change is in force', () => {
  test.each([
    [
      'when it is seen',
      at([100, 1]),
      at([90, 0], [110, 0], [150, 1], [160, 1]),
      { delaysMs: [50], unseen: 0 },
    ],
    [
      'when no worker is behind any more',
      at([100, 1]),
      at([120, 1], [130, 0], [140, 1]),
      { delaysMs: [40], unseen: 0 },
    ],
    [
      'when a later one overtook it',
      at([100, 1], [200, 2]),
      at([150, 0], [260, 2]),
      { delaysMs: [160, 60], unseen: 0 },
    ],
    ['never, if nobody looked afterwards', at([100, 1]), at([50, 0], [90, 0]), { delaysMs: [], unseen: 1 }],
    [
      'never, if it did not come',
      at([100, 1], [200, 2]),
      at([250, 1], [300, 1]),
      { delaysMs: [150], unseen: 1 },
    ],
  ])('%s', (_, changes, observations, effects) => {
    expect(effectsOf(changes, observations)).toEqual(effects);
  });
});

test.each([
  [3, 19, 19],
  [4, 19, 4],
  [0, 15, 0],
  [15, 16, 15],
])('remainder %d of 16 up to version %d is version %d', (remainder, newest, version) => {
  expect(newestVersion(remainder, 16, newest)).toBe(version);
});
