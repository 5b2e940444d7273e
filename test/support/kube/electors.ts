// Leader electors on one fake API in time that a test moves: who leads, since when, and what it said.
import type { FailureReason } from '../../../src/kube/api-failure.ts';
import { LeaderElector } from '../../../src/kube/leader-elector.ts';
import type { WriteApi } from '../../../src/kube/write-api.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { FakeApi } from './fake-api.ts';
import { ManualTimers, settled } from './manual-timers.ts';

export type Candidate = {
  readonly elector: LeaderElector;
  /** Each change, with its time. */
  readonly changes: { readonly isLeader: boolean; readonly atMs: number }[];
  readonly failures: FailureReason[];
  /** Nothing it sends arrives any more. */
  crash(): void;
};

export class Election {
  readonly api = new FakeApi();
  readonly timers = new ManualTimers();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  /** @param skewMs how wrong its wall clock is @param chance what it draws */
  async join(identity: string, skewMs = 0, chance: () => number = () => 0.5): Promise<Candidate> {
    const line = new BreakableLine(this.api);
    const changes: Candidate['changes'] = [];
    const failures: FailureReason[] = [];
    const elector = new LeaderElector({
      api: line,
      clock: {
        epochMs: () => 1_800_000_000_000 + this.timers.nowMs + skewMs,
        monotonicMs: () => this.timers.nowMs,
      },
      timers: this.timers,
      chance,
      namespace: 'test',
      name: 'controller',
      identity,
      observer: {
        changed: (isLeader) => changes.push({ isLeader, atMs: this.timers.nowMs }),
        failed: ({ reason }) => failures.push(reason),
        recovered: () => {},
      },
    });
    this.#running.push(elector.run(this.#stop.signal));
    await settled();
    return { elector, changes, failures, crash: () => line.cut() };
  }

  /** What the Lease says; empty where there is none. */
  spec(): JsonMap {
    return (this.api.cluster.object('leases', 'controller')?.['spec'] ?? {}) as JsonMap;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.timers.advance(60_000);
    await Promise.all(this.#running);
  }
}

class BreakableLine implements Pick<WriteApi, 'get' | 'create' | 'update'> {
  readonly #api: FakeApi;
  #isCut = false;

  constructor(api: FakeApi) {
    this.#api = api;
  }

  cut(): void {
    this.#isCut = true;
  }

  get(path: string): Promise<unknown> {
    return this.#isCut ? never() : this.#api.get(path, {});
  }

  create(path: string, object: JsonMap): Promise<unknown> {
    return this.#isCut ? never() : this.#api.create(path, object);
  }

  update(path: string, object: JsonMap): Promise<unknown> {
    return this.#isCut ? never() : this.#api.update(path, object);
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
