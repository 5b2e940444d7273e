// A status writer on a fake API in time that a test moves; it sees the cluster as it is, or as it was when told to lag.
import type { FailureReason } from '../../../src/kube/api-failure.ts';
import type { CurrentStatus, DesiredStatus } from '../../../src/kube/status-plan.ts';
import { StatusWriter } from '../../../src/kube/status-writer.ts';
import { createLogger } from '../../../src/observe/log.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { type Draft, policy } from './cluster-objects.ts';
import { FakeApi } from './fake-api.ts';
import { ManualTimers } from './manual-timers.ts';

export const CONTROLLER = 'mattermost-ingress.io/controller';

const MICROSECOND_MS = 0.001;

export class StatusScene {
  readonly api = new FakeApi();
  readonly timers = new ManualTimers();
  readonly log: JsonMap[] = [];
  readonly failures: FailureReason[] = [];
  written = 0;
  isLeader = true;
  /** The clock is a microsecond behind the timers for so many reads: time passes between two of them, too. */
  earlyReads = 0;
  readonly writer: StatusWriter;
  /** What the writer sees instead of the cluster. */
  readonly lagging = new Map<string, JsonMap>();

  constructor() {
    this.writer = new StatusWriter({
      api: this.api,
      clock: {
        epochMs: () => 1_800_000_000_000 + this.timers.nowMs,
        monotonicMs: () => this.timers.nowMs - (this.earlyReads-- > 0 ? MICROSECOND_MS : 0),
      },
      timers: this.timers,
      chance: () => 0.5,
      log: createLogger({ write: (line) => this.log.push(JSON.parse(line) as JsonMap) }, 'info'),
      controllerName: CONTROLLER,
      isLeader: () => this.isLeader,
      current: (kind, key) => this.#current(kind, key),
      observer: {
        statusWritten: () => (this.written += 1),
        statusFailed: (_, { reason }) => this.failures.push(reason),
      },
    });
  }

  /** Names whose writes were sent, in order. */
  get sent(): readonly string[] {
    return this.api.asked.map(({ path }) => path.split('/').at(-2) ?? '');
  }

  /** Puts policies into the cluster, with no status yet or with this one. */
  policies(names: readonly string[], status?: JsonMap): void {
    for (const name of names) {
      const { status: _unused, ...draft } = policy(name);
      this.api.cluster.put(
        'mattermostingresspolicies',
        (status === undefined ? draft : { ...draft, status }) as Draft,
      );
    }
  }

  /** As another writer of the status does. */
  overwrite(name: string, status: JsonMap): void {
    this.api.cluster.store('mattermostingresspolicies', { ...this.object(name), status } as unknown as Draft);
  }

  /** Wants the same status for policies of these names. */
  want(names: readonly string[], status: JsonMap): void {
    const desired = names.map((name) => this.desired(name, status));
    this.writer.desire(new Map(desired.map((each) => [`${each.kind}/${each.namespace}/${each.name}`, each])));
  }

  desired(name: string, status: JsonMap): DesiredStatus {
    const uid = String(this.#metadata(this.object(name))['uid']);
    return { kind: 'MattermostIngressPolicy', namespace: 'test', name, uid, status };
  }

  object(name: string): JsonMap {
    return this.api.cluster.object('mattermostingresspolicies', name) ?? {};
  }

  status(name: string): JsonMap {
    return (this.object(name)['status'] ?? {}) as JsonMap;
  }

  /** The election is over, and the first writes are done. */
  async lead(): Promise<void> {
    this.writer.lead(true);
    await this.timers.advance(3_000);
  }

  #current(kind: string, key: string): CurrentStatus | undefined {
    const [namespace = '', name = ''] = key.split('/');
    const plural = kind === 'Ingress' ? 'ingresses' : 'mattermostingresspolicies';
    const object = this.lagging.get(name) ?? this.api.cluster.object(plural, name, namespace);
    if (object === undefined) return undefined;
    const { uid = '', resourceVersion = '', generation } = this.#metadata(object);
    const metadata = { generation: Number(generation) };
    return { uid, version: resourceVersion, status: object['status'], object: { metadata } };
  }

  #metadata(object: JsonMap): Readonly<Record<string, string>> {
    return object['metadata'] as Readonly<Record<string, string>>;
  }
}

export function accepted(status: 'True' | 'False', message = 'm', generation = 1): JsonMap {
  return { type: 'Accepted', status, reason: 'Accepted', message, observedGeneration: generation };
}
