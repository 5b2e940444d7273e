// Token buckets: so many at once, then so many a time. Pure: time is an argument.

export type BucketLimits = {
  readonly burst: number;
  /** Milliseconds until one more is allowed. */
  readonly refillMs: number;
};

export class TokenBucket {
  readonly #limits: BucketLimits;
  #tokens: number;
  #filledMs: number;

  constructor(limits: BucketLimits, nowMs: number) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#filledMs = nowMs;
  }

  /** Milliseconds until one is there; 0 where one is. @param nowMs any clock that only moves forward */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) * this.#limits.refillMs;
  }

  /** Takes one; false where there is none. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** As good as a new one. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#limits.burst;
  }

  #fill(nowMs: number): void {
    const { burst, refillMs } = this.#limits;
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledMs) / refillMs);
    this.#filledMs = nowMs;
  }
}

/** One bucket for each of many, of whom the quiet ones are forgotten. */
export class BucketSet {
  readonly #limits: BucketLimits;
  readonly #max: number;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param max buckets kept; beyond that the oldest is forgotten, full or not */
  constructor(limits: BucketLimits, max: number) {
    this.#limits = limits;
    this.#max = max;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one of this bucket; false where there is none. */
  take(key: string, nowMs: number): boolean {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known.take(nowMs);
    if (this.#buckets.size >= this.#max) this.#makeRoom(nowMs);
    const bucket = new TokenBucket(this.#limits, nowMs);
    this.#buckets.set(key, bucket);
    return bucket.take(nowMs);
  }

  #makeRoom(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(key);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= this.#max && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
