// Names for requests that came without one.
import { randomBytes } from 'node:crypto';

const PREFIX_BYTES = 9;
const COUNTS = 2 ** 32;

/**
 * 26 hexadecimal digits each: chance that is drawn once for very many, and a count in an order that tells nobody
 * how many there were.
 */
export class RequestIds {
  #prefix = randomBytes(PREFIX_BYTES).toString('hex');
  #count = 0;

  next(): string {
    if (this.#count === COUNTS) {
      this.#prefix = randomBytes(PREFIX_BYTES).toString('hex');
      this.#count = 0;
    }
    return (
      this.#prefix +
      shuffled(this.#count++)
        .toString(16)
        .padStart(8, '0')
    );
  }
}

/** Each step can be undone, so that no two counts meet. */
function shuffled(count: number): number {
  let bits = Math.imul(count ^ 0x5bd1e995, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}
