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

/** Ticks of 1/128 ms: fine enough for 10,000 a second, and 31 bits of them last for four hours. */
const TICKS_A_MS = 128;
/** No source of an honest rate is further ahead: what is, was left hours ago, before the clock went round. */
const MAX_AHEAD_TICKS = 1_500_000_000;

/** How often a source may come: nearest distance of two requests, and how far ahead of that pace it may be. */
export type Rate = { readonly intervalTicks: number; readonly toleranceTicks: number };

/** @param burst requests that may come at once beyond the first */
export function rateOf(requestsPerSecond: number, burst: number): Rate {
  const intervalTicks = Math.round((1000 * TICKS_A_MS) / requestsPerSecond);
  return { intervalTicks, toleranceTicks: Math.min(burst * intervalTicks, MAX_AHEAD_TICKS - intervalTicks) };
}

/** Places a source is looked for in. */
const PROBES = 8;
/** Buckets for those without a place, by scope. */
const OVERFLOWS = 64;
const KEY_WORDS = 2;

/** Memory for that many sources, at least; empty. @param key eight bytes that nobody can guess */
export function allocateSourceMemory(workers: number, sources: number, key: Uint8Array): SourceMemory {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(sources, PROBES)));
  const buffer = new SharedArrayBuffer(8 + 16 * capacity + 4 * (workers + 1) * (capacity + OVERFLOWS));
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
      if (!isIdle(at)) continue;
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
  readonly #dues: Int32Array;
  readonly #isIdle: (at: number) => boolean;
  readonly #capacity: number;
  #nowTicks = 0;

  constructor(memory: SourceMemory) {
    const { buffer, capacity } = memory;
    this.#capacity = capacity;
    this.#places = new Places(memory, 0);
    this.#dues = new Int32Array(buffer, 8 + 16 * capacity, capacity + OVERFLOWS);
    this.#isIdle = (at) => this.#aheadOf(Atomics.load(this.#dues, at), MAX_AHEAD_TICKS) === 0;
  }

  /** Counts one request; 0 lets it pass, else the milliseconds until one may come again. */
  take(hash: SourceHash, { intervalTicks, toleranceTicks }: Rate, nowMs: number): number {
    // By modulo: the clock goes round, and only differences count.
    this.#nowTicks = Math.floor(nowMs * TICKS_A_MS) | 0;
    let at = this.#places.find(hash);
    if (at === -1) at = this.#places.take(hash, this.#isIdle);
    // Sites of other rates use the shared buckets too.
    const mostTicks = at < this.#capacity ? toleranceTicks + intervalTicks : MAX_AHEAD_TICKS;
    for (;;) {
      const due = Atomics.load(this.#dues, at);
      const ahead = this.#aheadOf(due, mostTicks);
      if (ahead > toleranceTicks) return (ahead - toleranceTicks) / TICKS_A_MS;
      const next = (this.#nowTicks + ahead + intervalTicks) | 0;
      if (Atomics.compareExchange(this.#dues, at, due, next) === due) return 0;
    }
  }

  /** How far ahead of its pace, at least 0; what is impossibly far was left there long ago. */
  #aheadOf(due: number, mostTicks: number): number {
    const ahead = (due - this.#nowTicks) | 0;
    return ahead < 0 || ahead > mostTicks ? 0 : ahead;
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
  const start = 8 + 16 * capacity + 4 * (worker + 1) * rowLength;
  return new Int32Array(buffer, start, rowLength);
}
