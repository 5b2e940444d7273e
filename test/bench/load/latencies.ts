// Latencies counted in buckets of 5 us: a turn has too many of them to keep each.

const BUCKET_US = 5;
const BUCKETS = 200_000;

export class Latencies {
  count = 0;
  maxMs = 0;
  readonly #buckets = new Uint32Array(BUCKETS);

  add(latencyMs: number): void {
    const bucket = Math.min(Math.floor((latencyMs * 1000) / BUCKET_US), BUCKETS - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.count++;
    if (latencyMs > this.maxMs) this.maxMs = latencyMs;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.count = 0;
    this.maxMs = 0;
  }

  /** @param shares ascending, in [0, 1]; milliseconds for each, a second at most */
  quantiles(shares: readonly number[]): readonly number[] {
    let bucket = -1;
    let seen = 0;
    return shares.map((share) => {
      while (bucket < BUCKETS - 1 && seen < share * this.count) {
        bucket++;
        seen += this.#buckets[bucket] ?? 0;
      }
      return (Math.max(bucket, 0) * BUCKET_US) / 1000;
    });
  }
}
