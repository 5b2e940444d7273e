// HalfSipHash-2-4 with 64 bits of result: who does not know the key cannot choose addresses that meet in a table.
// Result and state are kept in the object, so that a request allocates nothing.

const FINAL_ROUNDS = 4;
const WORD_DIGITS = 8;
const WORD_BITS = 32;

export class SourceHash {
  readonly #state = new Int32Array(4);
  readonly #key0: number;
  readonly #key1: number;
  /** The two halves of the last result. */
  low = 0;
  high = 0;
  /** Half of the scope it is of. */
  scope = 0;

  constructor(key: Int32Array) {
    [this.#key0 = 0, this.#key1 = 0] = key;
  }

  /**
   * Hashes an address within a scope; never 0, which stands for nobody.
   * @param hex of model/address.ts @param bits leading bits of it that count
   */
  source(scope: Scope, hex: string, bits: number): void {
    this.scope = scope.low;
    this.#begin();
    this.#word(scope.low);
    this.#word(scope.high);
    for (let at = 0; at < hex.length; at += WORD_DIGITS) this.#word(maskedWord(hex, at, bits - at * 4));
    this.#finish(8 + hex.length / 2);
    if (this.low === 0 && this.high === 0) this.low = 1;
  }

  /** Hashes whole words; for the published test vectors. */
  words(words: readonly number[]): void {
    this.#begin();
    for (const word of words) this.#word(word);
    this.#finish(words.length * 4);
  }

  #begin(): void {
    const state = this.#state;
    state[0] = this.#key0;
    state[1] = this.#key1 ^ 0xee;
    state[2] = this.#key0 ^ 0x6c796765;
    state[3] = this.#key1 ^ 0x74656462;
  }

  #word(word: number): void {
    const state = this.#state;
    state[3] = (state[3] ?? 0) ^ word;
    round(state, 2);
    state[0] = (state[0] ?? 0) ^ word;
  }

  #finish(bytes: number): void {
    const state = this.#state;
    this.#word(bytes << 24);
    state[2] = (state[2] ?? 0) ^ 0xee;
    round(state, FINAL_ROUNDS);
    this.low = (state[1] ?? 0) ^ (state[3] ?? 0);
    state[1] = (state[1] ?? 0) ^ 0xdd;
    round(state, FINAL_ROUNDS);
    this.high = (state[1] ?? 0) ^ (state[3] ?? 0);
  }
}

/** What a source is counted within: the same address is another one in another scope. */
export type Scope = { readonly low: number; readonly high: number };

function round(state: Int32Array, times: number): void {
  let v0 = state[0] ?? 0;
  let v1 = state[1] ?? 0;
  let v2 = state[2] ?? 0;
  let v3 = state[3] ?? 0;
  for (let at = 0; at < times; at++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}

/** Eight digits as a number, of which only the leading bits count. */
function maskedWord(hex: string, start: number, bits: number): number {
  if (bits <= 0) return 0;
  let word = 0;
  for (let at = start; at < start + WORD_DIGITS; at++) {
    const code = hex.charCodeAt(at);
    // '0' is 48, 'a' is 97: their digits lie 39 apart.
    word = (word << 4) | (code < 97 ? code - 48 : code - 87);
  }
  return bits >= WORD_BITS ? word : word & (-1 << (WORD_BITS - bits));
}
