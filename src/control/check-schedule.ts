// When whom to check next: spread at the start, jittered afterwards, and never more at a time or in a second than the
// main thread can bear. With more endpoints than that each is asked less often.

export type ScheduleLimits = {
  /** Checks that may be under way. */
  readonly maxRunning: number;
  /** Checks that may begin in a second. */
  readonly maxPerSecond: number;
};

export const DEFAULT_SCHEDULE_LIMITS: ScheduleLimits = { maxRunning: 64, maxPerSecond: 500 };

/** Of the interval, to either side: what began together drifts apart. */
const JITTER = 0.1;
/** What was not used is not saved up for longer than that. */
const MAX_BURST_MS = 200;

type Entry<Key> = { readonly key: Key; dueMs: number; isWaiting: boolean };

/** A key is due, then waits for its turn, then runs, then is due again when its check has ended. */
export class CheckSchedule<Key> {
  readonly #limits: ScheduleLimits;
  readonly #random: () => number;
  readonly #entries = new Map<Key, Entry<Key>>();
  readonly #running = new Set<Key>();
  #waiting: Entry<Key>[] = [];
  #credit = 0;
  #lastMs: number | undefined;

  constructor(limits: ScheduleLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  get running(): number {
    return this.#running.size;
  }

  add(key: Key, intervalMs: number, nowMs: number): void {
    this.#entries.set(key, { key, dueMs: nowMs + this.#random() * intervalMs, isWaiting: false });
  }

  remove(key: Key): void {
    this.#entries.delete(key);
    this.#running.delete(key);
  }

  /** Its check has ended. */
  finished(key: Key, intervalMs: number, nowMs: number): void {
    this.#running.delete(key);
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.dueMs = nowMs + intervalMs * (1 + JITTER * (2 * this.#random() - 1));
  }

  /** Those whose check is to begin now; call several times a second. */
  take(nowMs: number): readonly Key[] {
    const { maxRunning, maxPerSecond } = this.#limits;
    const passedMs = Math.min(MAX_BURST_MS, nowMs - (this.#lastMs ?? nowMs));
    this.#lastMs = nowMs;
    this.#credit = Math.min(
      (maxPerSecond * MAX_BURST_MS) / 1000,
      this.#credit + (passedMs * maxPerSecond) / 1000,
    );
    this.#queueDue(nowMs);
    const taken: Key[] = [];
    let at = 0;
    for (; at < this.#waiting.length && this.#credit >= 1 && this.#running.size < maxRunning; at++) {
      const entry = this.#waiting[at];
      if (entry === undefined) continue;
      entry.isWaiting = false;
      // Gone, or gone and come back, while it waited.
      if (this.#entries.get(entry.key) !== entry) continue;
      this.#credit--;
      this.#running.add(entry.key);
      taken.push(entry.key);
    }
    this.#waiting = this.#waiting.slice(at);
    return taken;
  }

  #queueDue(nowMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.isWaiting || entry.dueMs > nowMs || this.#running.has(entry.key)) continue;
      entry.isWaiting = true;
      this.#waiting.push(entry);
    }
  }
}
