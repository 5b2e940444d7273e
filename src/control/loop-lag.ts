// How late the event loop of this thread has been, in all: who measures a wait subtracts what was our own.

/** Timers are never quite on time. */
const TOLERANCE_MS = 20;

export class LoopLag {
  readonly #tickMs: number;
  #lastMs: number | undefined;
  #totalMs = 0;

  /** @param tickMs how often `tick` is meant to be called */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  tick(nowMs: number): void {
    this.#totalMs = this.totalMs(nowMs);
    this.#lastMs = nowMs;
  }

  /** Grows by what each tick was late, the one that is due included. */
  totalMs(nowMs: number): number {
    if (this.#lastMs === undefined) return this.#totalMs;
    const lateMs = nowMs - this.#lastMs - this.#tickMs;
    return this.#totalMs + (lateMs > TOLERANCE_MS ? lateMs : 0);
  }
}
