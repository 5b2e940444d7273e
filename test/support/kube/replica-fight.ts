// Two replicas that fight for the lead under random faults, and what must hold at every moment of it:
// one leader at most, statuses that never go back to what was true before, none written without need.
import type { LeaseTiming } from '../../../src/kube/leader-elector.ts';
import type { StatusTiming } from '../../../src/kube/status-writer.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { policy, service } from './cluster-objects.ts';
import { FakeApi } from './fake-api.ts';
import type { ClusterEvent } from './fake-cluster.ts';
import { metadataOf } from './lagging-view.ts';
import { ManualTimers } from './manual-timers.ts';
import { Replica, wantedStatus } from './replica.ts';

/** The defaults, five times faster. */
const leaseTiming: LeaseTiming = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 };
const statusTiming: StatusTiming = {
  settleMs: 400,
  sweepMs: 2_000,
  holdOffMs: 40,
  spacingMs: 500,
  backoffMs: 160,
  maxBackoffMs: 1_000,
  healthyMs: 2_000,
  forbiddenMs: 1_000,
  unknownKindMs: 1_000,
};

const NAMES = ['a', 'b', 'c'];
const FAULT_SHARE = 0.3;
/** After the faults: time for an election and all writes, then time in which nothing may be written. */
const RECOVERY_MS = 12_000;
const QUIET_MS = 5_000;
const TRACE_LINES = 40;

export type FightOptions = {
  readonly seed: number;
  readonly faultyMs: number;
  /** Mistakes on purpose, for the test of this test. */
  readonly lease?: Partial<LeaseTiming>;
  readonly isBlind?: boolean;
};

export type FightResult = { readonly elections: number; readonly writes: number; readonly changes: number };

/** Resolves when all was well; rejects with seed, time and the last steps where it was not. */
export async function fight(options: FightOptions): Promise<FightResult> {
  return new Fight(options).run();
}

class Fight {
  readonly #options: FightOptions;
  readonly #timers = new ManualTimers();
  readonly #api = new FakeApi();
  readonly #chance: () => number;
  readonly #replicas: Replica[] = [];
  readonly #trace: string[] = [];
  readonly #statuses = new Map<string, JsonMap>();
  #started = 0;
  #elections = 0;
  #leader: Replica | undefined;
  #failure: Error | undefined;
  #writes = 0;
  #changes = 0;

  constructor(options: FightOptions) {
    this.#options = options;
    this.#chance = randomOf(options.seed);
  }

  async run(): Promise<FightResult> {
    const { cluster } = this.#api;
    for (const name of NAMES) this.#change(name);
    const target = { plural: 'mattermostingresspolicies', namespace: undefined } as const;
    cluster.subscribe(target, new URLSearchParams(), (event) => this.#judge(event));
    this.#start();
    this.#start();
    this.#schedule();
    await this.#advance(this.#options.faultyMs);
    this.#timers.nowMs = Math.max(this.#timers.nowMs, this.#options.faultyMs);
    for (const replica of this.#replicas) Object.assign(replica.faults, { share: 0, cutUntilMs: 0 });
    await this.#advance(RECOVERY_MS);
    this.#checkOutcome();
    const writes = this.#writes;
    const asked = this.#patches();
    await this.#advance(QUIET_MS);
    if (this.#patches() !== asked) this.#fail('a status was written though nothing had changed');
    for (const replica of this.#replicas) replica.kill();
    return { elections: this.#elections, writes, changes: this.#changes };
  }

  async #advance(durationMs: number): Promise<void> {
    const endMs = this.#timers.nowMs + durationMs;
    while (this.#timers.nowMs + (this.#timers.pending[0] ?? durationMs) <= endMs) {
      await this.#timers.next();
      this.#checkLeaders();
      if (this.#failure !== undefined) throw this.#failure;
    }
    this.#timers.nowMs = endMs;
  }

  /** Something happens every now and then, until the faults end. */
  #schedule(): void {
    this.#timers.after(this.#chance() * 700, () => {
      if (this.#timers.nowMs >= this.#options.faultyMs) return;
      this.#happen();
      this.#schedule();
    });
  }

  #happen(): void {
    const replica = this.#pick(this.#replicas);
    const durationMs = this.#chance() * 5_000;
    const what = Math.floor(this.#chance() * 12);
    if (what < 6) this.#change(this.#pick(NAMES));
    else if (what === 6) this.#note('pause', replica, () => replica.pause(durationMs));
    else if (what === 7) {
      this.#note('cut', replica, () =>
        Object.assign(replica.faults, { cutUntilMs: this.#timers.nowMs + durationMs }),
      );
    } else if (what === 8) this.#note('kill', replica, () => this.#replace(replica, () => replica.kill()));
    else if (what === 9)
      this.#note('stop', replica, () => this.#replace(replica, () => void replica.release()));
    else this.#note('faults', replica, () => (replica.faults.share = this.#chance() * 2 * FAULT_SHARE));
  }

  /** Policy and Service only go forward, so that going back shows. */
  #change(name: string): void {
    const { cluster } = this.#api;
    this.#changes += 1;
    const isNew = cluster.object('services', name) === undefined;
    if (isNew || this.#chance() < 0.5) cluster.put('services', service(name, 1_000 + this.#changes));
    if (!isNew && this.#chance() < 0.5) return;
    const { status: _unused, ...draft } = policy(name);
    const status = cluster.object('mattermostingresspolicies', name)?.['status'];
    cluster.put(
      'mattermostingresspolicies',
      status === undefined
        ? (draft as typeof draft & { metadata: { name: string } })
        : { ...draft, metadata: { name, namespace: 'test' }, status },
    );
  }

  #start(): void {
    this.#started += 1;
    const parts = { api: this.#api, timers: this.#timers, chance: this.#chance };
    const { lease, isBlind = false } = this.#options;
    const replica = new Replica(
      { ...parts, leaseTiming: { ...leaseTiming, ...lease }, statusTiming },
      `replica-${this.#started}`,
    );
    Object.assign(replica.faults, { share: this.#chance() * FAULT_SHARE, isBlind });
    this.#replicas.push(replica);
  }

  #replace(replica: Replica, end: () => void): void {
    end();
    this.#start();
    this.#timers.after(RECOVERY_MS, () => replica.kill());
    this.#ended.add(replica);
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
  }

  /** Asked to stop, and still giving back the Lease. */
  readonly #ended = new Set<Replica>();

  #checkLeaders(): void {
    const leaders = [...this.#replicas, ...this.#ended].filter(({ isLeader }) => isLeader);
    if (leaders.length > 1) this.#fail('two replicas lead at once');
    const [leader] = leaders;
    if (leader === undefined || leader === this.#leader) return;
    this.#leader = leader;
    this.#elections += 1;
    this.#say('elected', leader);
  }

  /** A status that was written must not be older than the one before. */
  #judge({ object }: ClusterEvent): void {
    const { name } = metadataOf(object);
    const [before, after] = [this.#statuses.get(name), object['status'] as JsonMap | undefined];
    if (after === undefined || JSON.stringify(before) === JSON.stringify(after)) return;
    this.#statuses.set(name, after);
    this.#writes += 1;
    this.#say(`${name}: ${JSON.stringify(after['summary'])}`, this.#leader);
    const [old, now] = [factsOf(before), factsOf(after)];
    if (now.generation < old.generation || now.port < old.port) {
      this.#fail(
        `the status of ${name} went back from ${JSON.stringify(before)} to ${JSON.stringify(after)}`,
      );
    }
    if (before !== undefined && old.status === now.status && old.since !== now.since) {
      this.#fail(
        `lastTransitionTime of ${name} does not fit: ${JSON.stringify(before)}, ${JSON.stringify(after)}`,
      );
    }
  }

  #checkOutcome(): void {
    const { cluster } = this.#api;
    const services = [...cluster.objectsOf('services').values()];
    for (const object of cluster.objectsOf('mattermostingresspolicies').values()) {
      const wanted = wantedStatus(object, services)['summary'];
      const { summary } = (object['status'] ?? {}) as { readonly summary?: string };
      if (summary !== wanted) {
        this.#fail(
          `the status of ${metadataOf(object).name} is ${summary} and should be ${JSON.stringify(wanted)}`,
        );
      }
    }
  }

  #patches(): number {
    return this.#api.asked.filter(({ method }) => method === 'PATCH').length;
  }

  #note(what: string, replica: Replica, act: () => void): void {
    this.#say(what, replica);
    act();
  }

  #say(what: string, replica: Replica | undefined): void {
    this.#trace.push(`${this.#timers.nowMs.toFixed(0)} ms, ${replica?.identity ?? 'nobody'}: ${what}`);
    if (this.#trace.length > TRACE_LINES) this.#trace.shift();
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#chance() * items.length)] as Item;
  }

  #fail(message: string): never {
    const { seed } = this.#options;
    const at = `seed ${seed}, ${this.#timers.nowMs.toFixed(0)} ms`;
    // Whoever caused it may catch it.
    this.#failure ??= new Error(`${message} (${at})\n${this.#trace.join('\n')}`);
    throw this.#failure;
  }
}

function factsOf(status: JsonMap | undefined) {
  const { summary = '0 0', conditions = [] } = (status ?? {}) as {
    readonly summary?: string;
    readonly conditions?: readonly { readonly status: string; readonly lastTransitionTime: string }[];
  };
  const [generation = 0, port = 0] = summary.split(' ').map(Number);
  return { generation, port, status: conditions[0]?.status, since: conditions[0]?.lastTransitionTime };
}

/** mulberry32: the same numbers for the same seed everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
