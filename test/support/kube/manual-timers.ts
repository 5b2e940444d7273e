// Time that stands still until a test moves it: clock and timers of a reflector.
import type { Clock } from '../../../src/model/clock.ts';
import type { Timers } from '../../../src/kube/timing.ts';

type Timer = { readonly dueMs: number; readonly callback: () => void };

export class ManualTimers implements Timers {
  nowMs = 0;
  readonly #timers = new Set<Timer>();
  readonly clock: Clock = { epochMs: () => this.nowMs, monotonicMs: () => this.nowMs };

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Delays that are being waited for, ascending. */
  get pending(): readonly number[] {
    return [...this.#timers].map(({ dueMs }) => dueMs - this.nowMs).toSorted((a, b) => a - b);
  }

  /** Goes to the next timer and calls it; false where there is none. */
  async next(): Promise<boolean> {
    await settled();
    const [timer] = [...this.#timers].toSorted((a, b) => a.dueMs - b.dueMs);
    if (timer === undefined) return false;
    this.#timers.delete(timer);
    this.nowMs = Math.max(this.nowMs, timer.dueMs);
    timer.callback();
    await settled();
    return true;
  }

  /** Lets time pass, calling what becomes due on the way. */
  async advance(durationMs: number): Promise<void> {
    await settled();
    const endMs = this.nowMs + durationMs;
    for (
      let dueMs = this.pending[0];
      dueMs !== undefined && this.nowMs + dueMs <= endMs;
      dueMs = this.pending[0]
    ) {
      await this.next();
    }
    this.nowMs = endMs;
    await settled();
  }
}

/** Resolves when everything that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
