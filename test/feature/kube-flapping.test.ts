// Two replicas under faults: one leads at most, and no status flaps. Longer and with other seeds: npm run soak.
import { expect, test } from 'vitest';
import { fight, type FightOptions } from '../support/kube/replica-fight.ts';

const FAULTY_MS = 20_000;

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('seed %s', async (seed) => {
  const { elections, writes, changes } = await fight({ seed, faultyMs: FAULTY_MS });
  expect(elections).toBeGreaterThan(0);
  expect(writes).toBeGreaterThan(0);
  expect(writes).toBeLessThanOrEqual(changes);
});

/** What the first of many seeds that shows a mistake says of it. */
async function firstViolation(mistake: Partial<FightOptions>): Promise<string> {
  for (let seed = 1; seed <= 100; seed += 1) {
    try {
      await fight({ seed, faultyMs: FAULTY_MS, ...mistake });
    } catch (error) {
      return String(error);
    }
  }
  return 'none';
}

test('a leader that outlives its Lease would be noticed', async () => {
  expect(await firstViolation({ lease: { renewDeadlineMs: 6_000 } })).toMatch(/two replicas lead at once/);
});

test('writes that do not say what they build on would be noticed', async () => {
  expect(await firstViolation({ isBlind: true })).toMatch(/went back from|lastTransitionTime/);
});
