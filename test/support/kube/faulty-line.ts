// The network between one replica and the API server, in virtual time: slow, broken, cut, with answers that get lost
// and requests that arrive long after the client has given up.
import { ApiFailure } from '../../../src/kube/api-failure.ts';
import type { AppliedObject, WriteApi } from '../../../src/kube/write-api.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import type { FakeApi } from './fake-api.ts';
import type { ManualTimers } from './manual-timers.ts';

export type LineFaults = {
  /** Share of requests that something happens to, from 0 to 1. */
  share: number;
  /** Nothing gets through before this time. */
  cutUntilMs: number;
  /** Writes arrive without the version they build on. */
  isBlind: boolean;
};

const MAX_LATENCY_MS = 60;
const MAX_LATE_MS = 6_000;
const CLIENT_TIMEOUT_MS = 1_500;

type Fate = 'well' | 'refused' | 'overloaded' | 'reset' | 'answer-lost' | 'late';

export class FaultyLine implements WriteApi {
  readonly faults: LineFaults = { share: 0, cutUntilMs: 0, isBlind: false };
  readonly #api: FakeApi;
  readonly #timers: ManualTimers;
  readonly #chance: () => number;
  /** Runs a callback inside of the replica: not while it is paused, never once it is dead. */
  readonly #inside: (callback: () => void) => void;

  constructor(
    api: FakeApi,
    timers: ManualTimers,
    chance: () => number,
    inside: (callback: () => void) => void,
  ) {
    this.#api = api;
    this.#timers = timers;
    this.#chance = chance;
    this.#inside = inside;
  }

  get(path: string, _query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
    return this.#carry(() => this.#api.get(path, {}), signal);
  }

  create(path: string, object: JsonMap, signal: AbortSignal): Promise<unknown> {
    return this.#carry(() => this.#api.create(path, object), signal);
  }

  update(path: string, object: JsonMap, signal: AbortSignal): Promise<unknown> {
    return this.#carry(() => this.#api.update(path, object), signal);
  }

  apply(path: string, applied: AppliedObject, signal: AbortSignal): Promise<unknown> {
    const { manager, object } = applied;
    const { resourceVersion: _version, ...metadata } = object['metadata'] as JsonMap;
    const sent = this.faults.isBlind ? { manager, object: { ...object, metadata } } : applied;
    return this.#carry(() => this.#api.apply(path, sent), signal);
  }

  patch(path: string, patch: JsonMap, signal: AbortSignal): Promise<unknown> {
    return this.#carry(() => this.#api.patch(path, patch), signal);
  }

  #carry(work: () => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const fail = (failure: ApiFailure) => this.#inside(() => reject(failure));
    const fate = this.#fate();
    const isCut = () => this.#timers.nowMs < this.faults.cutUntilMs;
    const answer = (give: () => void) => {
      if (fate === 'answer-lost' || isCut()) return;
      this.#timers.after(this.#latencyMs(), () => this.#inside(give));
    };
    this.#timers.after(fate === 'late' ? this.#chance() * MAX_LATE_MS : this.#latencyMs(), () => {
      if (isCut()) return;
      if (fate === 'reset') fail(new ApiFailure('connection', 'reset'));
      else if (fate === 'refused') fail(new ApiFailure('server', 'not today', { status: 503 }));
      else if (fate === 'overloaded') fail(new ApiFailure('throttled', 'slow down', { retryAfterMs: 300 }));
      else {
        work().then(
          (result) => answer(() => resolve(result)),
          (error: unknown) => answer(() => reject(error as Error)),
        );
      }
    });
    this.#timers.after(CLIENT_TIMEOUT_MS, () => fail(new ApiFailure('timeout', 'no answer')));
    signal.addEventListener('abort', () => reject(new ApiFailure('connection', 'given up')), { once: true });
    return promise;
  }

  #latencyMs(): number {
    return this.#chance() * MAX_LATENCY_MS;
  }

  #fate(): Fate {
    if (this.#chance() >= this.faults.share) return 'well';
    const fates: readonly Fate[] = ['refused', 'overloaded', 'reset', 'answer-lost', 'late'];
    return fates[Math.floor(this.#chance() * fates.length)] ?? 'well';
  }
}
