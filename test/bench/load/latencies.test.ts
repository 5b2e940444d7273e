// Quantiles from buckets.
import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

test('quantiles are right to 5 us, the largest latency exactly', () => {
  const latencies = new Latencies();
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms / 10);
  expect(latencies.quantiles([0.5, 0.99, 0.999])).toEqual([50, 99, 99.9]);
  expect(latencies).toMatchObject({ count: 1000, maxMs: 100 });
  latencies.add(5_000);
  expect(latencies.quantiles([1])).toEqual([999.995]);
  expect(latencies.maxMs).toBe(5_000);
  latencies.clear();
  expect(latencies).toMatchObject({ count: 0, maxMs: 0 });
});
