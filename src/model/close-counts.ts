// A worker's counts for closing WebSockets at one pace over all workers: how many wait for their turn, by a hash of
// their site, and how many an endpoint broke off of late. Part of the worker's row in shared-state.ts.

/** Sites share them by hash: who shares is closed more slowly, never faster. */
export const PACE_CELLS = 256;
const LOSS_FIELDS = 3;
const HALF = 0;
const IN_HALF = 1;
const BEFORE_HALF = 2;

/** How many 32-bit integers the counts of one worker take. */
export function closeCountIntegers(slots: number): number {
  return PACE_CELLS + slots * LOSS_FIELDS;
}

export class CloseCounts {
  readonly #counts: Int32Array;

  /** @param counts as many as `closeCountIntegers` says */
  constructor(counts: Int32Array) {
    this.#counts = counts;
  }

  /** Tunnels that wait to be closed. */
  waiting(cell: number): number {
    return this.#counts[cell] ?? 0;
  }

  addWaiting(cell: number, delta: number): void {
    this.#counts[cell] = this.waiting(cell) + delta;
  }

  /** The endpoint in that slot broke a tunnel off. @param half number of the running half second, the same everywhere */
  noteLoss(slot: number, half: number): void {
    const at = PACE_CELLS + slot * LOSS_FIELDS;
    const inHalf = this.#count(slot, half);
    this.#counts[at + BEFORE_HALF] = this.#count(slot, half - 1);
    this.#counts[at + IN_HALF] = inHalf + 1;
    this.#counts[at + HALF] = half | 0;
  }

  /** Tunnels that the endpoint broke off in this half second and the one before. */
  losses(slot: number, half: number): number {
    return this.#count(slot, half) + this.#count(slot, half - 1);
  }

  #count(slot: number, half: number): number {
    const at = PACE_CELLS + slot * LOSS_FIELDS;
    const noted = this.#counts[at + HALF];
    if (noted === (half | 0)) return this.#counts[at + IN_HALF] ?? 0;
    return noted === ((half + 1) | 0) ? (this.#counts[at + BEFORE_HALF] ?? 0) : 0;
  }

  clear(): void {
    this.#counts.fill(0);
  }
}
