// One replica of the controller as far as it writes: an elector and a status writer with a clock, a line to the API
// server and a view of the cluster of its own. It can be paused, killed, or asked to stop.
import { LeaderElector, type LeaseTiming } from '../../../src/kube/leader-elector.ts';
import type { DesiredStatus } from '../../../src/kube/status-plan.ts';
import { StatusWriter, type StatusTiming } from '../../../src/kube/status-writer.ts';
import type { Timers } from '../../../src/kube/timing.ts';
import type { Clock } from '../../../src/model/clock.ts';
import { createLogger } from '../../../src/observe/log.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import type { FakeApi } from './fake-api.ts';
import { FaultyLine, type LineFaults } from './faulty-line.ts';
import { LaggingView, metadataOf } from './lagging-view.ts';
import type { ManualTimers } from './manual-timers.ts';

export type ReplicaWorld = {
  readonly api: FakeApi;
  readonly timers: ManualTimers;
  readonly chance: () => number;
  readonly leaseTiming: LeaseTiming;
  readonly statusTiming: StatusTiming;
};

const MAX_SKEW_MS = 3_600_000;
/** Policies come later than the writers' pause after an election allows for: their version must save the day. */
const MAX_LAG_MS = { mattermostingresspolicies: 2_000, services: 250 };
const TRANSLATION_MS = 30;
const MAX_DRIFT = 0.02;

export class Replica {
  readonly elector: LeaderElector;
  readonly identity: string;
  readonly #writer: StatusWriter;
  readonly #view: LaggingView;
  readonly #world: ReplicaWorld;
  readonly #line: FaultyLine;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #pausedUntilMs = 0;
  /** What became due during a pause. */
  readonly #held: (() => void)[] = [];
  #isDead = false;
  #isTranslating = false;

  constructor(world: ReplicaWorld, identity: string) {
    const { api, timers, chance } = world;
    this.#world = world;
    this.identity = identity;
    const [skewMs, rate] = [(chance() - 0.5) * 2 * MAX_SKEW_MS, 1 + (chance() - 0.5) * 2 * MAX_DRIFT];
    this.#clock = {
      epochMs: () => 1_800_000_000_000 + timers.nowMs + skewMs,
      monotonicMs: () => timers.nowMs * rate,
    };
    const inside = (callback: () => void) => this.#inside(callback);
    this.#line = new FaultyLine(api, timers, chance, inside);
    // No timer of Node's is shorter than a millisecond.
    const own: Timers = {
      after: (delayMs, callback) => timers.after(Math.max(1, delayMs), () => inside(callback)),
    };
    const parts = { api: this.#line, clock: this.#clock, timers: own, chance };
    this.#view = new LaggingView(api.cluster, timers, {
      maxLagMs: MAX_LAG_MS,
      chance,
      inside,
      onChange: () => this.#translateSoon(),
    });
    this.elector = new LeaderElector({
      ...parts,
      namespace: 'test',
      name: 'controller',
      identity,
      timing: world.leaseTiming,
      observer: { changed: (is) => this.#writer.lead(is), failed: () => {}, recovered: () => {} },
    });
    this.#writer = new StatusWriter({
      ...parts,
      log: createLogger({ write: () => {} }, 'silent'),
      controllerName: 'mattermost-ingress.io/controller',
      isLeader: () => this.elector.isLeader,
      current: (_, key) => this.#view.current('mattermostingresspolicies', key),
      observer: { statusWritten: () => {}, statusFailed: () => {} },
      timing: world.statusTiming,
    });
    this.#translateSoon();
    void this.elector.run(this.#stop.signal);
  }

  /** Would write if it ran now. */
  get isLeader(): boolean {
    return !this.#isDead && this.elector.isLeader;
  }

  get faults(): LineFaults {
    return this.#line.faults;
  }

  /** As SIGSTOP does: what becomes due meanwhile happens afterwards. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = this.#world.timers.nowMs + durationMs;
  }

  /** As SIGKILL does. */
  kill(): void {
    this.#isDead = true;
    this.#view.end();
  }

  /** As SIGTERM does. */
  async release(): Promise<void> {
    await this.#writer.stop();
    await this.elector.release();
    this.kill();
  }

  #inside(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#held.length === 0 && this.#world.timers.nowMs >= this.#pausedUntilMs) callback();
    else if (this.#held.push(callback) === 1) this.#wakeLater();
  }

  /** Everything that has become due, in its order. */
  #wakeLater(): void {
    const { timers } = this.#world;
    timers.after(this.#pausedUntilMs - timers.nowMs, () => {
      if (timers.nowMs < this.#pausedUntilMs) return this.#wakeLater();
      for (const callback of this.#held.splice(0)) this.#inside(callback);
    });
  }

  #translateSoon(): void {
    if (this.#isTranslating) return;
    this.#isTranslating = true;
    this.#world.timers.after(this.#world.chance() * TRANSLATION_MS, () =>
      this.#inside(() => {
        this.#isTranslating = false;
        this.#writer.desire(
          wantedOf(this.#view.objects('mattermostingresspolicies'), this.#view.objects('services')),
        );
      }),
    );
  }
}

/** What a status says: generation of the policy and port of the Service, which both only grow. */
export function wantedStatus(policy: JsonMap, services: readonly JsonMap[]): JsonMap {
  const { generation, name } = metadataOf(policy);
  const service = services.find((each) => metadataOf(each).name === name) ?? {};
  const { ports } = service['spec'] as { readonly ports: readonly [{ readonly port: number }] };
  const { port } = ports[0];
  const status = port % 3 === 0 ? 'False' : 'True';
  const condition = {
    type: 'Accepted',
    status,
    reason: 'Accepted',
    message: 'm',
    observedGeneration: generation,
  };
  return { summary: `${generation} ${port}`, conditions: [condition] };
}

function wantedOf(
  policies: readonly JsonMap[],
  services: readonly JsonMap[],
): ReadonlyMap<string, DesiredStatus> {
  return new Map(
    policies.map((policy) => {
      const { namespace, name, uid } = metadataOf(policy);
      const status = wantedStatus(policy, services);
      return [name, { kind: 'MattermostIngressPolicy', namespace, name, uid, status }];
    }),
  );
}
