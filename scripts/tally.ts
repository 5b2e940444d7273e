// What a run of checks or tests came to, and the lines that close it.

/** Counts of checks and tests together. */
export type Tally = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A line for each that was skipped or failed: which, and why. */
  readonly notes: readonly string[];
};

/** A run of nothing. */
export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0, notes: [] };

/** The sum of two runs. */
export function addTallies(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    notes: [...one.notes, ...other.notes],
  };
}

/** How every run ends: what was left out and what failed, and as the last line the counts, for people and machines. */
export function closing({ passed, failed, skipped, notes }: Tally): string {
  return [...notes, `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n');
}
