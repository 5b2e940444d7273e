// What a run of checks or tests came to, and the one line that closes it.

/** Counts of checks and tests together. */
export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** The sum of two runs. */
export function addTallies(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** The last line of every run, for people and for machines. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
