// Names for requests that came without one.
import { randomFillSync } from 'node:crypto';

const ID_BYTES = 13;
const POOLED_IDS = 256;

/** 26 hexadecimal digits each. Chance is drawn for many at once: a draw costs as much as a decision. */
export class RequestIds {
  readonly #pool = Buffer.allocUnsafeSlow(ID_BYTES * POOLED_IDS);
  #next = this.#pool.length;

  next(): string {
    if (this.#next === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const start = this.#next;
    this.#next += ID_BYTES;
    return this.#pool.toString('hex', start, this.#next);
  }
}
