// A token bucket: so many at once, then so many a time. Pure: time is an argument.

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
