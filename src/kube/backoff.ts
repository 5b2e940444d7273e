// How long to wait after a failure before asking the API server again. Pure: time and chance are arguments.
import type { ApiFailure } from './api-failure.ts';
import { drawMs, type WatchTiming } from './timing.ts';

/** Nobody waits longer than this because a server asks for it. */
const MAX_RETRY_AFTER_MS = 300_000;
/** Not even chance makes two attempts follow each other at once. */
const MIN_SHARE = 0.05;

/** The waits after failures, for readers and writers alike. */
export type BackoffTiming = Pick<
  WatchTiming,
  'backoffMs' | 'maxBackoffMs' | 'healthyMs' | 'forbiddenMs' | 'unknownKindMs'
>;

export class Backoff {
  readonly #timing: BackoffTiming;
  readonly #chance: () => number;
  #attempts = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(timing: BackoffTiming, chance: () => number) {
    this.#timing = timing;
    this.#chance = chance;
  }

  /** Failures in a row. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The wait after this failure. @param nowMs any clock that only moves forward */
  nextMs(failure: Pick<ApiFailure, 'reason' | 'retryAfterMs'>, nowMs: number): number {
    if (nowMs - this.#lastMs > this.#timing.healthyMs) this.#attempts = 0;
    const delayMs = this.#delayMs(failure);
    this.#attempts += 1;
    this.#lastMs = nowMs + delayMs;
    return delayMs;
  }

  #delayMs({ reason, retryAfterMs }: Pick<ApiFailure, 'reason' | 'retryAfterMs'>): number {
    const { forbiddenMs, unknownKindMs } = this.#timing;
    if (retryAfterMs !== undefined) {
      return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + this.#draw(0, this.#timing.backoffMs);
    }
    if (reason === 'forbidden') return this.#draw(forbiddenMs / 2, forbiddenMs);
    if (reason === 'not-found' || reason === 'outdated-schema')
      return this.#draw(unknownKindMs / 2, unknownKindMs);
    return this.#exponentialMs();
  }

  #exponentialMs(): number {
    const { backoffMs, maxBackoffMs } = this.#timing;
    const ceilingMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(this.#attempts, 30));
    return this.#draw(ceilingMs * MIN_SHARE, ceilingMs);
  }

  #draw(min: number, max: number): number {
    return drawMs([min, max], this.#chance);
  }
}
