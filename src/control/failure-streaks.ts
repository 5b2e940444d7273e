// Failures in a row of each endpoint over all workers, from what each counts in its own row of shared memory.
import type { SharedRow } from '../model/shared-state.ts';

type CountingRow = Pick<SharedRow, 'failuresInARow' | 'answers'>;
type Seen = { readonly failures: number; readonly answers: number };

/**
 * An answer to one worker ends the streak of all. Between two looks nobody knows whether the answer to one came before
 * or after the failures of another; those count as after it, so that an endpoint that fails for some is found, too.
 */
export class FailureStreaks {
  readonly #rows: readonly CountingRow[];
  readonly #slots = new Map<number, { streak: number; seen: readonly Seen[] }>();

  constructor(rows: readonly CountingRow[]) {
    this.#rows = rows;
  }

  /** From here on the slot belongs to another endpoint: what was counted before is not its own. */
  begin(slot: number): void {
    this.#slots.set(slot, { streak: 0, seen: this.#look(slot) });
  }

  forget(slot: number): void {
    this.#slots.delete(slot);
  }

  /** Cheap; without any there is no streak. */
  hasFailures(slot: number): boolean {
    return this.#rows.some((row) => row.failuresInARow(slot) > 0);
  }

  /** Failures since its last answer. */
  read(slot: number): number {
    const known = this.#slots.get(slot);
    if (known === undefined) return 0;
    const now = this.#look(slot);
    let news = 0;
    let hasAnswered = false;
    now.forEach(({ failures, answers }, worker) => {
      const before = known.seen[worker] ?? { failures: 0, answers: 0 };
      const isAnswer = answers !== before.answers;
      hasAnswered ||= isAnswer;
      // A worker that was replaced counts from zero.
      const isNew = isAnswer || failures < before.failures;
      news += isNew ? failures : failures - before.failures;
    });
    known.streak = (hasAnswered ? 0 : known.streak) + news;
    known.seen = now;
    return known.streak;
  }

  #look(slot: number): readonly Seen[] {
    return this.#rows.map((row) => ({ failures: row.failuresInARow(slot), answers: row.answers(slot) }));
  }
}
