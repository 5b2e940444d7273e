// Buckets: bursts, refill, and that a set of them does not grow for ever.
import { expect, test } from 'vitest';
import { BucketSet, TokenBucket } from './token-bucket.ts';

const LIMITS = { burst: 3, refillMs: 100 };

test('a burst, then one for each time', () => {
  const bucket = new TokenBucket(LIMITS, 0);
  expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
  expect([bucket.waitMs(0), bucket.waitMs(60), bucket.take(99), bucket.waitMs(100)]).toEqual([
    100,
    40,
    false,
    0,
  ]);
  expect([bucket.take(100), bucket.take(100)]).toEqual([true, false]);
});

test('never more than the burst', () => {
  const bucket = new TokenBucket(LIMITS, 0);
  expect(bucket.isFull(0)).toBe(true);
  bucket.take(0);
  expect([bucket.isFull(99), bucket.isFull(100)]).toEqual([false, true]);
  expect([1, 2, 3, 4].map(() => bucket.take(1_000_000))).toEqual([true, true, true, false]);
});

test('a set forgets the quiet ones, and the oldest where all are loud', () => {
  const set = new BucketSet(LIMITS, 10);
  for (let at = 0; at < 10; at += 1) set.take(`quiet ${at}`, 0);
  set.take('new', 1_000);
  expect(set.size).toBe(1);
  for (let at = 0; at < 50; at += 1) for (let times = 0; times < 3; times += 1) set.take(`loud ${at}`, 1_000);
  expect(set.size).toBe(10);
  expect([set.take('loud 49', 1_000), set.take('loud 0', 1_000)]).toEqual([false, true]);
});
