// One coarse clock for all waits of a worker: arming a timer anew costs two assignments, so that each byte may do it.
import type { Clock } from '../model/clock.ts';

const TICK_MS = 100;
/** Most that one step counts: a thread that stood still longer has not read yet what came in time. */
const MAX_STEP_MS = 1_000;

/** Timers that are looked at together; one that is cancelled leaves at once, so that it keeps nothing alive. */
type Bucket = { readonly tick: number; readonly timers: Timer[] };

/** A wait with an owner. Fires once, up to 100 ms late; arming it again moves it. */
export class Timer {
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly fire: () => void;
  #bucket: Bucket | undefined;
  /** Index in the bucket. */
  #position = 0;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  /** Tick at which it is looked at next; undefined when it is in no bucket. */
  get tick(): number | undefined {
    return this.#bucket?.tick;
  }

  get isArmed(): boolean {
    return this.deadlineMs !== Number.POSITIVE_INFINITY;
  }

  cancel(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.leave();
  }

  enter(bucket: Bucket): void {
    this.#bucket = bucket;
    this.#position = bucket.timers.length;
    bucket.timers.push(this);
  }

  /** The last one of the bucket takes its place, so that neither end costs a search. */
  leave(): void {
    const timers = this.#bucket?.timers;
    if (timers === undefined) return;
    this.#bucket = undefined;
    const last = timers.pop();
    if (last === undefined || last === this) return;
    timers[this.#position] = last;
    last.#position = this.#position;
  }
}

export class TimerWheel {
  /** Milliseconds that this thread was awake, on the base of the clock: what waits go by. As of the last tick. */
  nowMs: number;
  /** Of the clock itself, which all threads share. As of the last tick. */
  clockMs: number;
  readonly #clock: Clock;
  readonly #onBug: (error: unknown) => void;
  readonly #buckets = new Map<number, Bucket>();
  #lastTick: number;

  /** @param onBug told of what an owner throws when its timer fires; the other timers go on */
  constructor(clock: Clock, onBug: (error: unknown) => void) {
    this.#clock = clock;
    this.#onBug = onBug;
    this.clockMs = clock.monotonicMs();
    this.nowMs = this.clockMs;
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
    if (timer.tick !== undefined && timer.tick <= tick) return;
    timer.leave();
    this.#queue(timer, tick);
  }

  /** Fires all that is due. */
  advance(): void {
    const clockMs = this.#clock.monotonicMs();
    this.nowMs += Math.min(clockMs - this.clockMs, MAX_STEP_MS);
    this.clockMs = clockMs;
    const tick = Math.floor(this.nowMs / TICK_MS);
    for (let at = this.#lastTick + 1; at <= tick; at++) {
      this.#lastTick = at;
      const bucket = this.#buckets.get(at);
      if (bucket === undefined) continue;
      this.#buckets.delete(at);
      // Whoever fires may cancel others of this bucket.
      for (let timer = bucket.timers.at(-1); timer !== undefined; timer = bucket.timers.at(-1)) {
        timer.leave();
        this.#due(timer);
      }
    }
  }

  #due(timer: Timer): void {
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
    let bucket = this.#buckets.get(tick);
    if (bucket === undefined) {
      bucket = { tick, timers: [] };
      this.#buckets.set(tick, bucket);
    }
    timer.enter(bucket);
  }
}
