// Makes the status of our objects at the API server what it should be, as long as this replica leads.
// Each write builds on the version it was judged from, so that a view that lags cannot undo a newer status.
import type { Logger } from '../observe/log.ts';
import type { ApiFailure } from './api-failure.ts';
import type { DesiredStatus, StatusKind, StatusPlan } from './status-plan.ts';
import { StatusTarget, type TargetTiming, type TargetTools } from './status-target.ts';
import type { Timers } from './timing.ts';
import { WriteGate } from './write-gate.ts';

/** Milliseconds. */
export type StatusTiming = TargetTiming & {
  /** From the election to the first write: by then our view of the cluster has what the leader before us wrote. */
  readonly settleMs: number;
  /** Between two looks at everything, for what others changed. */
  readonly sweepMs: number;
};

const defaultStatusTiming: StatusTiming = {
  settleMs: 2_000,
  sweepMs: 60_000,
  holdOffMs: 200,
  spacingMs: 5_000,
  backoffMs: 800,
  maxBackoffMs: 300_000,
  healthyMs: 600_000,
  forbiddenMs: 60_000,
  // An object that is gone is forgotten with the next translation; until then it is not asked for.
  unknownKindMs: 60_000,
};

/** Writes under way at once. */
const CONCURRENCY = 4;
/** Objects compared before everything else gets a turn. */
const BATCH = 200;

/** For metrics; none of these may throw. */
export type StatusObserver = {
  statusWritten(kind: StatusKind): void;
  statusFailed(kind: StatusKind, failure: ApiFailure): void;
};

export type StatusWriterOptions = Omit<TargetTools, 'timing'> & {
  readonly timers: Timers;
  readonly log: Logger;
  /** Asked before each write, besides `lead`. */
  readonly isLeader: () => boolean;
  readonly observer: StatusObserver;
  readonly timing?: StatusTiming;
};

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #timing: StatusTiming;
  readonly #tools: TargetTools;
  readonly #gate: WriteGate;
  readonly #targets = new Map<string, StatusTarget>();
  readonly #queue = new Set<string>();
  readonly #writes = new Set<Promise<void>>();
  /** Aborted when this replica leads no more. */
  #term: AbortController | undefined;
  #isSettled = false;
  #cancelSweep: () => void = () => {};
  #cancelTurn: (() => void) | undefined;

  constructor(options: StatusWriterOptions) {
    const timing = options.timing ?? defaultStatusTiming;
    this.#options = options;
    this.#timing = timing;
    this.#tools = { ...options, timing };
    this.#gate = new WriteGate({ ...options, timing, what: 'statuses' });
  }

  /** The statuses of all objects that are ours, by any key; the status of all others is left as it is. */
  desire(all: ReadonlyMap<string, DesiredStatus>): void {
    for (const [key, target] of this.#targets) {
      if (all.has(key)) continue;
      target.cancel();
      this.#targets.delete(key);
      this.#queue.delete(key);
    }
    for (const [key, desired] of all) {
      const target = this.#targets.get(key);
      if (target === undefined) this.#targets.set(key, new StatusTarget(this.#tools, desired));
      if (target === undefined || target.want(desired)) this.#enqueue(key);
    }
  }

  /** To be called at each change of leadership. */
  lead(isLeader: boolean): void {
    if (isLeader === (this.#term !== undefined)) return;
    if (isLeader) {
      this.#term = new AbortController();
      this.#cancelSweep = this.#options.timers.after(this.#timing.settleMs, () => this.#sweep());
      return;
    }
    this.#term?.abort();
    this.#term = undefined;
    this.#isSettled = false;
    this.#cancelSweep();
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    this.#queue.clear();
    for (const target of this.#targets.values()) target.reset();
  }

  /** Ends all writes; resolves when none is under way. */
  async stop(): Promise<void> {
    this.lead(false);
    await Promise.all(this.#writes);
  }

  #sweep(): void {
    const { timers, chance } = this.#options;
    this.#isSettled = true;
    this.#cancelSweep = timers.after(this.#timing.sweepMs * (0.75 + chance() / 2), () => this.#sweep());
    for (const key of this.#targets.keys()) this.#enqueue(key);
  }

  #enqueue(key: string): void {
    if (this.#term === undefined) return;
    this.#queue.add(key);
    this.#turnIn(0);
  }

  /** One timer at most: for the next batch, or for the end of a pause that holds for everything. */
  #turnIn(delayMs: number): void {
    this.#cancelTurn ??= this.#options.timers.after(delayMs, () => {
      this.#cancelTurn = undefined;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#term === undefined || !this.#isSettled || !this.#options.isLeader()) return;
    const { waitMs } = this.#gate;
    if (waitMs > 0) return this.#turnIn(waitMs);
    let left = BATCH;
    for (const key of this.#queue) {
      if (this.#writes.size >= CONCURRENCY) return;
      if ((left -= 1) < 0) return this.#turnIn(0);
      this.#queue.delete(key);
      this.#look(key, this.#term.signal);
    }
  }

  #look(key: string, signal: AbortSignal): void {
    const target = this.#targets.get(key);
    // Whoever writes looks again afterwards.
    if (target === undefined || target.isWriting) return;
    if (this.#isWaiting(key, target)) return;
    const plan = target.plan();
    if (plan === undefined) {
      // For the view to catch up, perhaps.
      this.#isWaiting(key, target);
      return;
    }
    const write = this.#write(target, plan, signal).finally(() => {
      this.#writes.delete(write);
      if (this.#targets.get(key) === target) this.#enqueue(key);
      else if (this.#term !== undefined) this.#turnIn(0);
    });
    this.#writes.add(write);
  }

  /** Looks at it again when its wait is over. Judged by one reading of the clock: at the next one it may be. */
  #isWaiting(key: string, target: StatusTarget): boolean {
    target.cancel();
    const waitMs = Math.max(target.waitMs, this.#gate.waitOfScopeMs(target.scope));
    if (waitMs > 0) target.cancel = this.#options.timers.after(waitMs, () => this.#enqueue(key));
    return waitMs > 0;
  }

  async #write(target: StatusTarget, plan: StatusPlan, signal: AbortSignal): Promise<void> {
    const { observer, log } = this.#options;
    const { desired, scope } = target;
    const { kind, namespace, name } = desired;
    const failure = await target.write(plan, signal);
    if (failure === undefined) {
      if (signal.aborted) return;
      this.#gate.succeeded(scope);
      observer.statusWritten(kind);
      return;
    }
    observer.statusFailed(kind, failure);
    if (this.#gate.failed(failure, scope)) return;
    target.defer(failure, plan);
    const { reason, status, message } = failure;
    if (target.attempts > 1 || isUsual.has(reason)) return;
    const facts = { kind, namespace, name, reason, status, problem: message };
    log.warn(facts, 'a status cannot be written; tried again');
  }
}

/** Changed or deleted by somebody else meanwhile, which the reflectors are about to tell. */
const isUsual: ReadonlySet<ApiFailure['reason']> = new Set(['conflict', 'not-found']);
