// Steps that several threads begin at the same moment, over and over, as long as there is time for it: where others take
// the processors away, a meeting takes as long as it takes them to come back.

const MEETING_MS = 5_000;
/** Spinning, for a thread that is woken comes too late to meet another one; but only while the others can be on their way. */
const SPINS = 20_000;
const LOOK_MS = 0.1;

/** What the threads share: how often one has come to a meeting, and the first meeting that was not held. */
export function allocateMeetings(): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(8);
  new Int32Array(shared)[1] = 2 ** 31 - 1;
  return shared;
}

/** How many meetings were held of those that were wanted. */
export function meetingsHeld(shared: SharedArrayBuffer, wanted: number): number {
  return Math.min(wanted, (new Int32Array(shared)[1] ?? 0) - 1);
}

/** The part of one thread. */
export class Meetings {
  readonly #arrived: Int32Array;
  readonly #firstMissed: Int32Array;
  readonly #threads: number;
  readonly #untilMs = performance.now() + MEETING_MS;
  #count = 0;

  constructor(shared: SharedArrayBuffer, threads: number) {
    this.#arrived = new Int32Array(shared, 0, 1);
    this.#firstMissed = new Int32Array(shared, 4, 1);
    this.#threads = threads;
  }

  /** Waits for all others; false, for all of them alike, when there is no time for another meeting. */
  meet(): boolean {
    this.#count++;
    if (performance.now() > this.#untilMs) Atomics.store(this.#firstMissed, 0, this.#count);
    Atomics.add(this.#arrived, 0, 1);
    const all = this.#threads * this.#count;
    for (let looks = 0; ; looks++) {
      const arrived = Atomics.load(this.#arrived, 0);
      if (arrived >= all) break;
      if (looks > SPINS) Atomics.wait(this.#arrived, 0, arrived, LOOK_MS);
    }
    return this.#count < Atomics.load(this.#firstMissed, 0);
  }
}
