// Which of several replicas writes: the one that holds a Lease. Never throws; without an API server nobody leads.
// Safe by our own monotonic clock: a leader stops at the renew deadline, another begins no sooner than a lease later.
import type { Clock } from '../model/clock.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import { LeaseRecord } from './lease-record.ts';
import { drawMs, pause, type Timers } from './timing.ts';
import type { WriteApi } from './write-api.ts';

/** Milliseconds; `leaseMs` > `renewDeadlineMs` > `retryMs`. */
export type LeaseTiming = {
  /** A record that did not change for so long is nobody's. */
  readonly leaseMs: number;
  /** From the start of the last renewal that succeeded to the moment its holder stops leading. */
  readonly renewDeadlineMs: number;
  /** The longest pause between two attempts. */
  readonly retryMs: number;
};

/** The figures of client-go. A follower sees a change within 2 s, so it takes over within 17 s of a crash. */
const defaultLeaseTiming: LeaseTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** None of these may throw. */
export type LeaderObserver = {
  /** Called at each change, and at once. */
  changed(isLeader: boolean): void;
  failed(failure: ApiFailure): void;
  /** An answer came after a failure. */
  recovered(): void;
};

export type LeaderElectorOptions = {
  readonly api: Pick<WriteApi, 'get' | 'create' | 'update'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Evenly drawn from 0 up to, not including, 1. */
  readonly chance: () => number;
  readonly namespace: string;
  readonly name: string;
  /** No other process, before or beside this one, may have it. */
  readonly identity: string;
  readonly timing?: LeaseTiming;
  readonly observer: LeaderObserver;
};

/** Pauses are drawn between these shares of `retryMs`; the rest is for the request itself. */
const RETRY_SHARES = [0.7, 0.95] as const;
/** An attempt that takes longer leaves no time for another one before the deadline. */
const ATTEMPT_SHARE = 0.5;

export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #timing: LeaseTiming;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  readonly #record: LeaseRecord;
  #untilMs = Number.NEGATIVE_INFINITY;
  #wasLeader = false;
  #isFailing = false;
  #cancelDeadline: () => void = () => {};

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultLeaseTiming;
    this.#record = new LeaseRecord({ ...options, leaseMs: this.#timing.leaseMs });
  }

  /** Judged by the clock at each call: a process that was stopped for a while does not lead when it wakes. */
  get isLeader(): boolean {
    return this.#options.clock.monotonicMs() < this.#untilMs;
  }

  /** Runs until the signal or `release`; resolves when the Lease is given back, or that was tried. To be called once. */
  run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#stopping.abort();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    this.#running ??= this.#run().finally(() => signal.removeEventListener('abort', stop));
    return this.#running;
  }

  /** Stops for good: leads no more from now on, and empties the Lease so that a successor need not wait. */
  async release(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const holdsNot = () => this.#setUntil(Number.NEGATIVE_INFINITY);
    if (!signal.aborted) signal.addEventListener('abort', holdsNot, { once: true });
    while (!signal.aborted) {
      const failure = await this.#attempt((limit) => this.#try(limit), signal);
      if (!signal.aborted) await pause(this.#options.timers, this.#delayMs(failure), signal);
    }
    await this.#attempt((limit) => this.#record.giveBack(limit), new AbortController().signal);
  }

  /** One round: whatever happens in it, it ends in time. */
  async #attempt(
    work: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ApiFailure | undefined> {
    const { timers, observer } = this.#options;
    const limit = new AbortController();
    const gaveUp = Promise.withResolvers<never>();
    const stop = (failure: ApiFailure) => {
      gaveUp.reject(failure);
      limit.abort();
    };
    const timeoutMs = this.#timing.renewDeadlineMs * ATTEMPT_SHARE;
    const cancel = timers.after(timeoutMs, () =>
      stop(new ApiFailure('timeout', `No answer about the Lease within ${timeoutMs} ms`)),
    );
    const end = () => stop(new ApiFailure('connection', 'Stopped'));
    signal.addEventListener('abort', end, { once: true });
    try {
      await Promise.race([work(limit.signal), gaveUp.promise]);
      if (this.#isFailing) observer.recovered();
      this.#isFailing = false;
      return undefined;
    } catch (error) {
      this.#record.distrust();
      if (signal.aborted) return undefined;
      this.#isFailing = true;
      const failure = failureOf(error);
      observer.failed(failure);
      return failure;
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
    }
  }

  async #try(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (!this.isLeader) this.#record.distrust();
    await this.#record.refresh(signal);
    const startedMs = clock.monotonicMs();
    const isHeld = this.#record.isFree && (await this.#record.claim(signal));
    if (signal.aborted) return;
    this.#setUntil(isHeld ? startedMs + this.#timing.renewDeadlineMs : Number.NEGATIVE_INFINITY);
  }

  #delayMs(failure: ApiFailure | undefined): number {
    const { leaseMs, retryMs } = this.#timing;
    const [least, most] = RETRY_SHARES;
    const drawnMs = drawMs([least * retryMs, most * retryMs], this.#options.chance);
    // Mended by people; asking faster only fills the API server's log.
    if (failure?.reason === 'forbidden') return Math.max(drawnMs, leaseMs / 2);
    if (failure !== undefined) return Math.max(drawnMs, Math.min(failure.retryAfterMs ?? 0, leaseMs));
    const { expiresInMs } = this.#record;
    return this.isLeader || expiresInMs <= 0 ? drawnMs : Math.min(drawnMs, expiresInMs);
  }

  #setUntil(untilMs: number): void {
    const { clock, timers } = this.#options;
    this.#cancelDeadline();
    // A lapse that no timer has told, because the process stood still.
    if (!this.isLeader) this.#say(false);
    this.#untilMs = untilMs;
    if (this.isLeader) {
      this.#cancelDeadline = timers.after(untilMs - clock.monotonicMs(), () =>
        this.#setUntil(Number.NEGATIVE_INFINITY),
      );
    }
    this.#say(this.isLeader);
  }

  #say(isLeader: boolean): void {
    if (isLeader === this.#wasLeader) return;
    this.#wasLeader = isLeader;
    this.#options.observer.changed(isLeader);
  }
}
