// Failures in a row over several workers, from what each counts for itself.
import { expect, test } from 'vitest';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import { FailureStreaks } from './failure-streaks.ts';

const SLOT = 1;

/** Two workers; `a` and `b` fail, `A` and `B` answer, `/` is a look, whose result is given. */
function looks(script: string): readonly number[] {
  const { rows } = new SharedState(allocateSharedMemory({ workers: 2, slots: 2, cells: 0 }));
  const streaks = new FailureStreaks(rows);
  streaks.begin(SLOT);
  const seen: number[] = [];
  for (const letter of script) {
    const row = rows[letter.toLowerCase() === 'a' ? 0 : 1];
    if (letter === '/') seen.push(streaks.read(SLOT));
    else if (letter === '!') rows[0]?.clear();
    else if (letter === '-') streaks.begin(SLOT);
    else if (letter === letter.toLowerCase()) row?.endpointFailed(SLOT);
    else row?.endpointAnswered(SLOT);
  }
  return seen;
}

test.each([
  ['nothing', '/', [0]],
  ['failures of one worker', 'aaa/aa/', [3, 5]],
  ['of two', 'ab/ba/', [2, 4]],
  ['an answer ends them', 'aaaA/', [0]],
  ['for the other worker, too', 'aaa/B/', [3, 0]],
  ['failures after an answer count', 'aaaAaa/', [2]],
  ['an answer to one between two looks leaves what others failed meanwhile', 'aaa/aaB/', [3, 2]],
  ['but nothing from before the last look', 'aaa/B/aa/', [3, 0, 2]],
  ['answers to one all the time keep another from adding up', 'aaa/B/a/B/a/', [3, 0, 1, 0, 1]],
  ['a worker that was replaced counts from zero', 'aaa/!aa/', [3, 5]],
  ['what another endpoint in the slot failed does not count', 'aaab-/', [0]],
  ['and what this one fails after it does', 'aaab-a/b/', [1, 2]],
  ['nor does it count after an answer', 'aaab-Aa/', [1]],
])('%s', (_, script, expected) => expect(looks(script)).toEqual(expected));

test('a slot that nobody watches has no streak', () => {
  const { rows } = new SharedState(allocateSharedMemory({ workers: 1, slots: 2, cells: 0 }));
  const streaks = new FailureStreaks(rows);
  rows[0]?.endpointFailed(SLOT);
  expect([streaks.read(SLOT), streaks.hasFailures(SLOT), streaks.hasFailures(0)]).toEqual([0, true, false]);
});
