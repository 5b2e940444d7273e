// What one replica knows of the cluster: every change, in order, some time after it happened.
import type { CurrentStatus } from '../../../src/kube/status-plan.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import type { Plural } from './cluster-objects.ts';
import type { ClusterEvent, FakeCluster } from './fake-cluster.ts';
import type { ManualTimers } from './manual-timers.ts';

type Metadata = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
};

export class LaggingView {
  readonly #timers: ManualTimers;
  readonly #objects = new Map<string, JsonMap>();
  readonly #unsubscribe: (() => void)[] = [];

  constructor(
    cluster: FakeCluster,
    timers: ManualTimers,
    options: {
      /** Longest lag by kind. */
      readonly maxLagMs: Partial<Readonly<Record<Plural, number>>>;
      readonly chance: () => number;
      /** Runs inside of the replica, which may be paused or dead. */
      readonly inside: (callback: () => void) => void;
      readonly onChange: () => void;
    },
  ) {
    this.#timers = timers;
    for (const [plural, maxLagMs] of Object.entries(options.maxLagMs) as [Plural, number][]) {
      let arrivesMs = 0;
      for (const [key, object] of cluster.objectsOf(plural)) this.#objects.set(`${plural}/${key}`, object);
      const deliver = (event: ClusterEvent) => {
        arrivesMs = Math.max(arrivesMs, this.#timers.nowMs + options.chance() * maxLagMs);
        this.#timers.after(arrivesMs - this.#timers.nowMs, () =>
          options.inside(() => {
            this.#take(event);
            options.onChange();
          }),
        );
      };
      this.#unsubscribe.push(
        cluster.subscribe({ plural, namespace: undefined }, new URLSearchParams(), deliver),
      );
    }
  }

  objects(plural: Plural): readonly JsonMap[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object);
  }

  current(plural: Plural, key: string): CurrentStatus | undefined {
    const object = this.#objects.get(`${plural}/${key}`);
    if (object === undefined) return undefined;
    const { uid, resourceVersion, generation } = metadataOf(object);
    return { uid, version: resourceVersion, status: object['status'], object: { metadata: { generation } } };
  }

  end(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #take({ type, plural, object }: ClusterEvent): void {
    const { namespace, name } = metadataOf(object);
    const key = `${plural}/${namespace}/${name}`;
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
  }
}

export function metadataOf(object: JsonMap): Metadata {
  return object['metadata'] as Metadata;
}
