// Names for requests that came without one.
import { randomBytes } from 'node:crypto';

const PREFIX_BYTES = 9;
const COUNTS = 2 ** 32;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

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
    return this.#prefix + hexOf(shuffled(this.#count++));
  }
}

/** Number.prototype.toString takes numbers over 2^31 for fractions, which costs more than all the rest of a name. */
function hexOf(bits: number): string {
  const high = (HEX[bits >>> 24] ?? '') + (HEX[(bits >>> 16) & 0xff] ?? '');
  return high + (HEX[(bits >>> 8) & 0xff] ?? '') + (HEX[bits & 0xff] ?? '');
}

/** Each step can be undone, so that no two counts meet. */
function shuffled(count: number): number {
  let bits = Math.imul(count ^ 0x5bd1e995, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}
