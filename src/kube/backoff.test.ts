// Waits by what went wrong. How they grow and are forgotten is shown in reflector.test.ts.
import { describe, expect, test } from 'vitest';
import type { FailureReason } from './api-failure.ts';
import { Backoff } from './backoff.ts';
import { defaultTiming } from './timing.ts';

describe('the first wait', () => {
  test.each<[FailureReason, number | undefined, min: number, max: number]>([
    ['connection', undefined, 40, 800],
    ['expired', undefined, 40, 800],
    ['unauthorized', undefined, 40, 800],
    ['forbidden', undefined, 15_000, 30_000],
    ['not-found', undefined, 5_000, 10_000],
    ['throttled', 7_000, 7_000, 7_800],
    ['server', 3_000, 3_000, 3_800],
    ['throttled', 86_400_000, 300_000, 300_800],
  ])('%s, asked to wait %s ms', (reason, retryAfterMs, min, max) => {
    const waits = [0, 1].map((chance) =>
      new Backoff(defaultTiming, () => chance).nextMs({ reason, retryAfterMs }, 0),
    );
    expect(waits).toEqual([min, max]);
  });
});

test('no number of failures makes the wait longer than 30 s', () => {
  const backoff = new Backoff(defaultTiming, () => 1);
  let waitMs = 0;
  for (let at = 0; at < 2_000; at += 1)
    waitMs = backoff.nextMs({ reason: 'server', retryAfterMs: undefined }, 0);
  expect({ waitMs, attempts: backoff.attempts }).toEqual({ waitMs: 30_000, attempts: 2_000 });
});
