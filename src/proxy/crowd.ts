// Work that comes from thousands of sockets in one moment: done in pieces, between which everybody else is served.
import { setImmediate } from 'node:timers';

/** Some milliseconds. */
const PIECE = 64;

/** Something to do that need not be done at once. */
export type Errand = {
  run(): void;
  /** A mistake of ours ended `run`: it is over for this one, and for nobody else. */
  abandon(): void;
};

/** First come, first served. Bounded by those who bring errands: each has a few at a time. */
export class Crowd {
  readonly #onBug: (error: unknown) => void;
  #waiting: Errand[] = [];
  #next = 0;

  /** @param onBug told of what an errand throws */
  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug;
  }

  add(errand: Errand): void {
    if (this.#waiting.push(errand) === 1) this.#continueSoon();
  }

  #continueSoon(): void {
    setImmediate(() => this.#runPiece());
  }

  #runPiece(): void {
    const end = Math.min(this.#next + PIECE, this.#waiting.length);
    while (this.#next < end) this.#run(this.#waiting[this.#next++]);
    if (this.#next < this.#waiting.length) {
      this.#continueSoon();
      return;
    }
    this.#waiting = [];
    this.#next = 0;
  }

  #run(errand: Errand | undefined): void {
    try {
      errand?.run();
    } catch (error) {
      this.#onBug(error);
      errand?.abandon();
    }
  }
}
