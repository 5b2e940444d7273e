// Two replicas under faults: one leads at most, and no status flaps. Longer and with other seeds: npm run soak.
import { expect, test } from 'vitest';
import { fight } from '../support/kube/replica-fight.ts';

const FAULTY_MS = 20_000;

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('seed %s', async (seed) => {
  const { elections, writes, changes } = await fight({ seed, faultyMs: FAULTY_MS });
  expect(elections).toBeGreaterThan(0);
  expect(writes).toBeGreaterThan(0);
  expect(writes).toBeLessThanOrEqual(changes);
});
