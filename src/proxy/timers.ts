// One coarse clock for all waits of a worker: arming a timer anew costs two assignments, so that each byte may do it.
import type { Clock } from '../model/clock.ts';

const TICK_MS = 100;

/** A wait with an owner. Fires once, up to 100 ms late; arming it again moves it. */
export class Timer {
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Tick of the bucket it lies in; -1 when in none. Entries of other buckets are leftovers. */
  queuedTick = -1;
  readonly fire: () => void;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  cancel(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }
}

export class TimerWheel {
  /** Monotonic milliseconds, as of the last tick. */
  nowMs: number;
  readonly #clock: Clock;
  readonly #onBug: (error: unknown) => void;
  readonly #buckets = new Map<number, Timer[]>();
  #lastTick: number;

  /** @param onBug told of what an owner throws when its timer fires; the other timers go on */
  constructor(clock: Clock, onBug: (error: unknown) => void) {
    this.#clock = clock;
    this.#onBug = onBug;
    this.nowMs = clock.monotonicMs();
    this.#lastTick = Math.floor(this.nowMs / TICK_MS);
  }

  /** How often `advance` wants to be called. */
  get tickMs(): number {
    return TICK_MS;
  }

  arm(timer: Timer, delayMs: number): void {
    timer.deadlineMs = this.nowMs + delayMs;
    const tick = Math.max(Math.ceil(timer.deadlineMs / TICK_MS), this.#lastTick + 1);
    // Queued earlier already: it is moved on when that bucket comes up.
    if (timer.queuedTick !== -1 && timer.queuedTick <= tick) return;
    this.#queue(timer, tick);
  }

  /** Fires all that is due. */
  advance(): void {
    this.nowMs = this.#clock.monotonicMs();
    const tick = Math.floor(this.nowMs / TICK_MS);
    for (let at = this.#lastTick + 1; at <= tick; at++) {
      this.#lastTick = at;
      const bucket = this.#buckets.get(at);
      if (bucket === undefined) continue;
      this.#buckets.delete(at);
      for (const timer of bucket) if (timer.queuedTick === at) this.#due(timer);
    }
  }

  #due(timer: Timer): void {
    timer.queuedTick = -1;
    if (timer.deadlineMs === Number.POSITIVE_INFINITY) return;
    if (timer.deadlineMs > this.nowMs) {
      this.#queue(timer, Math.max(Math.ceil(timer.deadlineMs / TICK_MS), this.#lastTick + 1));
      return;
    }
    timer.deadlineMs = Number.POSITIVE_INFINITY;
    try {
      timer.fire();
    } catch (error) {
      this.#onBug(error);
    }
  }

  #queue(timer: Timer, tick: number): void {
    timer.queuedTick = tick;
    const bucket = this.#buckets.get(tick);
    if (bucket === undefined) this.#buckets.set(tick, [timer]);
    else bucket.push(timer);
  }
}
