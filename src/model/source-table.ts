// What clients are counted by: tables by source in memory that all workers share, without locks. However many sources
// there are, the tables keep their size: whoever finds no place shares one bucket with all others who find none.
import type { SourceHash } from './source-hash.ts';

/** What crosses to a worker by `workerData`: memory is shared, not copied. */
export type SourceMemory = {
  readonly workers: number;
  /** Sources that can be counted at a time; a power of two. */
  readonly capacity: number;
  readonly buffer: SharedArrayBuffer;
};

/** How often a source may come, in microseconds: distance of two requests, and how far ahead of that pace it may be. */
export type Rate = { readonly intervalUs: number; readonly toleranceUs: number };

/** @param burst requests that may come at once beyond the first */
export function rateOf(requestsPerSecond: number, burst: number): Rate {
  const intervalUs = Math.round(1_000_000 / requestsPerSecond);
  return { intervalUs, toleranceUs: burst * intervalUs };
}

/** Places a source is looked for in. */
const PROBES = 8;
/** Buckets for those without a place, by scope. */
const OVERFLOWS = 64;
const KEY_WORDS = 2;

/** Memory for that many sources, at least; empty. @param key eight bytes that nobody can guess */
export function allocateSourceMemory(workers: number, sources: number, key: Uint8Array): SourceMemory {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(sources, PROBES)));
  const buffer = new SharedArrayBuffer(8 + 16 * capacity + (8 + 4 * workers) * (capacity + OVERFLOWS));
  new Uint8Array(buffer, 0, 8).set(key);
  return { workers, capacity, buffer };
}

/** The key of the hash that both tables are asked by. */
export function sourceKey(memory: SourceMemory): Int32Array {
  return new Int32Array(memory.buffer, 0, KEY_WORDS);
}

/** A worker has ended: none of its connections is open any more. */
export function clearSources(memory: SourceMemory, worker: number): void {
  countsOf(memory, worker).fill(0);
}

/** Keys of one table: at most one worker takes a place, whoever is faster. */
class Places {
  readonly #keys: BigInt64Array;
  readonly #halves: Int32Array;
  readonly #mask: number;

  constructor({ buffer, capacity }: SourceMemory, table: 0 | 1) {
    const start = 8 + table * 8 * capacity;
    this.#keys = new BigInt64Array(buffer, start, capacity);
    this.#halves = new Int32Array(buffer, start, 2 * capacity);
    this.#mask = capacity - 1;
  }

  /** Its place, or -1. */
  find(hash: SourceHash): number {
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (hash.low + probe) & this.#mask;
      if (
        Atomics.load(this.#halves, 2 * at) === hash.low &&
        Atomics.load(this.#halves, 2 * at + 1) === hash.high
      )
        return at;
    }
    return -1;
  }

  /** A place that is its from now on: one where nothing is counted any more; or the bucket of those without one. */
  take(hash: SourceHash, isIdle: (at: number) => boolean): number {
    const wanted = (BigInt(hash.high) << 32n) | BigInt(hash.low >>> 0);
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (hash.low + probe) & this.#mask;
      const held = Atomics.load(this.#keys, at);
      if (held === wanted) return at;
      if (!isIdle(at)) {
        // Another worker may have taken it for the same source, and counted there, just now.
        if (Atomics.load(this.#keys, at) === wanted) return at;
        continue;
      }
      const found = Atomics.compareExchange(this.#keys, at, held, wanted);
      if (found === held || found === wanted) return at;
    }
    return this.#mask + 1 + (hash.scope & (OVERFLOWS - 1));
  }
}

/**
 * Requests by source, by the generic cell rate algorithm: of each source only the time is kept at which its next request
 * would be neither early nor late. Two workers that race for one place may let through one request too many each.
 */
export class RateTable {
  readonly #places: Places;
  /** Microseconds of the monotonic clock, which counts from the start of the machine: 32 bits would go round. */
  readonly #dues: BigInt64Array;
  readonly #isIdle: (at: number) => boolean;
  readonly #capacity: number;
  #nowUs = 0;

  constructor(memory: SourceMemory) {
    const { buffer, capacity } = memory;
    this.#capacity = capacity;
    this.#places = new Places(memory, 0);
    this.#dues = new BigInt64Array(buffer, 8 + 16 * capacity, capacity + OVERFLOWS);
    this.#isIdle = (at) => Number(Atomics.load(this.#dues, at)) <= this.#nowUs;
  }

  /** Counts one request; 0 lets it pass, else the milliseconds until one may come again. */
  take(hash: SourceHash, { intervalUs, toleranceUs }: Rate, nowMs: number): number {
    this.#nowUs = Math.floor(nowMs * 1000);
    let at = this.#places.find(hash);
    if (at === -1) at = this.#places.take(hash, this.#isIdle);
    // Who is further ahead came at a rate that the site has no longer, and begins anew. Shared buckets hold other rates.
    const mostUs = at < this.#capacity ? toleranceUs + intervalUs : Number.MAX_SAFE_INTEGER;
    for (;;) {
      const due = Atomics.load(this.#dues, at);
      const leadUs = Number(due) - this.#nowUs;
      const aheadUs = leadUs < 0 || leadUs > mostUs ? 0 : leadUs;
      if (aheadUs > toleranceUs) return (aheadUs - toleranceUs) / 1000;
      const next = BigInt(this.#nowUs + aheadUs + intervalUs);
      if (Atomics.compareExchange(this.#dues, at, due, next) === due) return 0;
    }
  }
}

/** What is open by source: each worker counts in its own row, and readers sum. */
export class CountTable {
  readonly #places: Places;
  readonly #own: Int32Array;
  readonly #rows: readonly Int32Array[];
  readonly #isIdle: (at: number) => boolean;

  constructor(memory: SourceMemory, worker: number) {
    this.#places = new Places(memory, 1);
    this.#rows = Array.from({ length: memory.workers }, (_, row) => countsOf(memory, row));
    this.#own = countsOf(memory, worker);
    this.#isIdle = (at) => this.#sum(at) === 0;
  }

  /** Counts one more; the place to give back, or -1 where that would be over the limit. */
  take(hash: SourceHash, limit: number): number {
    let at = this.#places.find(hash);
    if (at === -1) at = this.#places.take(hash, this.#isIdle);
    Atomics.add(this.#own, at, 1);
    if (this.#sum(at) <= limit) return at;
    this.giveBack(at);
    return -1;
  }

  giveBack(at: number): void {
    Atomics.sub(this.#own, at, 1);
  }

  #sum(at: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += Atomics.load(row, at);
    return sum;
  }
}

function countsOf({ buffer, capacity }: SourceMemory, worker: number): Int32Array {
  const rowLength = capacity + OVERFLOWS;
  const start = 8 + 16 * capacity + (8 + 4 * worker) * rowLength;
  return new Int32Array(buffer, start, rowLength);
}
