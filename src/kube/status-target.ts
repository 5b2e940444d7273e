// One object whose status we write: what is wanted, what the server said to our last write, and when the next may be.
import { isDeepStrictEqual } from 'node:util';
import { get, string } from '../api/json-access.ts';
import type { Clock } from '../model/clock.ts';
import type { JsonValue } from '../translate/objects/json-value.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import { Backoff, type BackoffTiming } from './backoff.ts';
import {
  type CurrentStatus,
  type DesiredStatus,
  planStatus,
  type StatusKind,
  statusKinds,
  statusObject,
  statusPath,
  type StatusPlan,
  type WriteAnswer,
} from './status-plan.ts';
import type { WriteApi } from './write-api.ts';
import type { WriteScope } from './write-gate.ts';

/** Milliseconds. */
export type TargetTiming = BackoffTiming & {
  /** From a change to its write, so that what changes together is written together. */
  readonly holdOffMs: number;
  /** Between two writes of one object. */
  readonly spacingMs: number;
};

export type TargetTools = {
  readonly api: Pick<WriteApi, 'apply'>;
  readonly clock: Clock;
  readonly chance: () => number;
  readonly timing: TargetTiming;
  /** Also the field manager. */
  readonly controllerName: string;
  /** The object as the reflectors know it. @param key `namespace/name` */
  readonly current: (kind: StatusKind, key: string) => CurrentStatus | undefined;
};

/** No view lags longer than that; one that still has an older version is of a server that was restored from a copy. */
const MAX_LAG_MS = 300_000;

export class StatusTarget {
  readonly #tools: TargetTools;
  #desired: DesiredStatus;
  #dueMs: number;
  #answer: WriteAnswer | undefined;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #backoff: Backoff | undefined;
  /** The server has a newer one than this. */
  #refusedVersion: string | undefined;
  isWriting = false;
  /** Ends the wait for the next look. */
  cancel: () => void = () => {};

  constructor(tools: TargetTools, desired: DesiredStatus) {
    this.#tools = tools;
    this.#desired = desired;
    this.#dueMs = tools.clock.monotonicMs() + tools.timing.holdOffMs;
  }

  get desired(): DesiredStatus {
    return this.#desired;
  }

  get scope(): WriteScope {
    const { kind, namespace } = this.#desired;
    return { verbs: 'patch', resource: `${statusKinds[kind].plural}/status`, namespace };
  }

  /** How long it is to be left alone. */
  get waitMs(): number {
    return Math.max(0, this.#dueMs - this.#tools.clock.monotonicMs());
  }

  /** Failures in a row. */
  get attempts(): number {
    return this.#backoff?.attempts ?? 0;
  }

  /** @returns whether that is new */
  want(desired: DesiredStatus): boolean {
    const before = this.#desired;
    if (before === desired || isDeepStrictEqual(before, desired)) return false;
    const { clock, timing } = this.#tools;
    if (before.uid !== desired.uid) this.reset();
    this.#desired = desired;
    this.#dueMs = Math.max(this.#dueMs, clock.monotonicMs() + timing.holdOffMs);
    return true;
  }

  /** Forgets what we knew as a leader. */
  reset(): void {
    this.cancel();
    this.#answer = undefined;
    this.#backoff = undefined;
    this.#refusedVersion = undefined;
    this.#dueMs = Number.NEGATIVE_INFINITY;
  }

  /** Undefined where there is nothing to write, or not yet: then there may be a `waitMs` until the next look. */
  plan(): StatusPlan | undefined {
    const { clock, current, controllerName } = this.#tools;
    const { kind, namespace, name } = this.#desired;
    const plan = planStatus(this.#desired, {
      current: current(kind, `${namespace}/${name}`),
      answer: this.#answer,
      isRecent: clock.monotonicMs() - this.#answeredMs < MAX_LAG_MS,
      controllerName,
      now: secondsOf(clock.epochMs()),
    });
    if (plan === undefined || plan.version !== this.#refusedVersion) return plan;
    this.#wait(new ApiFailure('conflict', 'The view has not caught up'));
    return undefined;
  }

  /** @returns the failure of a write that was not given up; never rejects */
  async write(plan: StatusPlan, signal: AbortSignal): Promise<ApiFailure | undefined> {
    const { api, clock, timing, controllerName } = this.#tools;
    const desired = this.#desired;
    this.isWriting = true;
    this.#dueMs = clock.monotonicMs() + timing.spacingMs;
    try {
      const applied = { manager: controllerName, object: statusObject(desired, plan) };
      const object = await api.apply(statusPath(desired), applied, signal);
      if (signal.aborted) return undefined;
      this.#backoff = undefined;
      if (this.#desired.uid !== desired.uid) return undefined;
      const version = string(get(get(object, 'metadata'), 'resourceVersion'));
      const status = get(object, 'status') as JsonValue | undefined;
      this.#answer = { wanted: desired.status, version, status };
      this.#answeredMs = clock.monotonicMs();
      return undefined;
    } catch (error) {
      return signal.aborted ? undefined : failureOf(error);
    } finally {
      this.isWriting = false;
    }
  }

  /** A failure that is about this object alone: nothing was written. */
  defer(failure: ApiFailure, { version }: StatusPlan): void {
    if (failure.reason === 'conflict') this.#refusedVersion = version;
    this.#wait(failure);
  }

  #wait(failure: ApiFailure): void {
    const { clock, chance, timing } = this.#tools;
    const nowMs = clock.monotonicMs();
    this.#backoff ??= new Backoff(timing, chance);
    this.#dueMs = nowMs + this.#backoff.nextMs(failure, nowMs);
  }
}

/** metav1.Time has no fractions. */
function secondsOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
