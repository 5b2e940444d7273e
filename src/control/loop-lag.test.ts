// Lateness of the event loop: what ticks were late in all, the one that is due included.
import { expect, test } from 'vitest';
import { LoopLag } from './loop-lag.ts';

test.each([
  ['before the first tick', [], 5000, 0],
  ['on time', [0, 100, 200], 290, 0],
  ['a little late', [0, 115, 230], 240, 0],
  ['a tick that came late', [0, 100, 700], 750, 500],
  ['one that is due still', [0, 100], 700, 500],
  ['several', [0, 300, 600], 1000, 700],
])('%s', (_, ticks, nowMs, expected) => {
  const lag = new LoopLag(100);
  for (const tick of ticks) lag.tick(tick);
  expect(lag.totalMs(nowMs)).toBe(expected);
});
