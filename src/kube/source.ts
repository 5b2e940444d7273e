// The API server as an ObjectSource: one reflector a kind and namespace, all of them read as one set.
// Losing the API server changes nothing here: the stores stay, and say how old they are.
import type { ApiObject, ObjectSet } from '../api/objects.ts';
import type { Finding, Location } from '../model/finding.ts';
import type { ObjectSource } from '../model/object-source.ts';
import type { Logger } from '../observe/log.ts';
import type { WatchSample } from '../observe/registry.ts';
import { Reflector, type ReflectorTools } from './reflector.ts';
import { endpointSlices, type ObjectRecord, policies, type Resource, secrets, services } from './resource.ts';
import { WatchReport, type WatchMetrics } from './watch-report.ts';

export type KubeSourceOptions = ReflectorTools & {
  /** Empty for all namespaces. */
  readonly namespaces: readonly string[];
  readonly log: Logger;
  readonly metrics: WatchMetrics;
};

export type KubeSource = ObjectSource & { watches(): readonly WatchSample[] };

/** How often the log says that it still waits for the first lists. */
const WAITING_MS = 15_000;

/** An ObjectSource over the API server; `start` rejects only if closed before its first set. */
export function createKubeSource(options: KubeSourceOptions): KubeSource {
  return new ClusterSource(options);
}

type Watched<Kept extends ApiObject> = {
  readonly reflector: Reflector<Kept>;
  readonly report: WatchReport;
};

class ClusterSource implements KubeSource {
  readonly #options: KubeSourceOptions;
  readonly #policies;
  readonly #services;
  readonly #endpointSlices;
  readonly #secrets;
  readonly #closing = new AbortController();
  #onChange: () => void = () => {};
  #running: Promise<unknown> | undefined;
  #objects: ObjectSet | undefined;

  constructor(options: KubeSourceOptions) {
    this.#options = options;
    this.#policies = this.#watch(policies);
    this.#services = this.#watch(services);
    this.#endpointSlices = this.#watch(endpointSlices);
    this.#secrets = this.#watch(secrets);
  }

  async start(onChange: () => void): Promise<void> {
    if (this.#running !== undefined) throw new Error('The source was started twice');
    const { signal } = this.#closing;
    this.#running = Promise.all(this.#watched.map(({ reflector }) => reflector.run(signal)));
    const stopWaiting = this.#sayWaiting();
    const closed = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => closed.resolve(), { once: true });
    await Promise.race([Promise.all(this.#watched.map(({ reflector }) => reflector.synced)), closed.promise]);
    stopWaiting();
    if (signal.aborted) throw new Error('Stopped before the API server had told everything');
    this.#onChange = onChange;
  }

  objects(): ObjectSet {
    this.#objects ??= {
      policies: merge(this.#policies),
      services: merge(this.#services),
      endpointSlices: merge(this.#endpointSlices),
      secrets: merge(this.#secrets),
    };
    return this.#objects;
  }

  findings(): readonly Finding[] {
    return this.#watched.flatMap(({ reflector, report }) => {
      const finding = report.finding();
      const own = [...reflector.store.records()].flatMap((record) => findingsOf(reflector.kind, record));
      return finding === undefined ? own : [finding, ...own];
    });
  }

  locate(): Location | undefined {
    return undefined;
  }

  watches(): readonly WatchSample[] {
    const nowMs = this.#options.clock.monotonicMs();
    const oldest = new Map<string, number>();
    for (const { reflector } of this.#watched) {
      const { kind, lastContactMs } = reflector;
      oldest.set(kind, Math.min(lastContactMs, oldest.get(kind) ?? lastContactMs));
    }
    return [...oldest].map(([kind, ms]) => ({ kind, stalenessSeconds: (nowMs - ms) / 1000 }));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#options.api.close();
  }

  get #watched(): readonly Watched<ApiObject>[] {
    return [...this.#policies, ...this.#services, ...this.#endpointSlices, ...this.#secrets];
  }

  #watch<Kept extends ApiObject>(resource: Resource<Kept>): readonly Watched<Kept>[] {
    const { namespaces, log, metrics } = this.#options;
    const { kind, plural } = resource;
    return (namespaces.length === 0 ? [undefined] : namespaces).map((namespace) => {
      const onChange = () => this.#change();
      const report = new WatchReport({ kind, plural, namespace, log, metrics, onChange });
      return {
        reflector: new Reflector({ ...this.#options, resource, namespace, observer: report }),
        report,
      };
    });
  }

  #change(): void {
    this.#objects = undefined;
    this.#onChange();
  }

  #sayWaiting(): () => void {
    const { timers, log } = this.#options;
    const say = () => {
      const waiting = this.#watched.filter(({ reflector }) => !reflector.isSynced);
      const kinds = Object.fromEntries(
        waiting.map(({ reflector, report }) => [reflector.kind, report.failure?.message ?? 'no answer yet']),
      );
      log.warn({ kinds }, 'waiting for the API server: nothing is served before every kind was read');
      cancel = timers.after(WAITING_MS, say);
    };
    let cancel = timers.after(WAITING_MS, say);
    return () => cancel();
  }
}

function merge<Kept extends ApiObject>(watched: readonly Watched<Kept>[]): ReadonlyMap<string, Kept> {
  const [only, ...others] = watched.map(({ reflector }) => reflector.store.objects());
  if (only !== undefined && others.length === 0) return only;
  return new Map(watched.flatMap(({ reflector }) => [...reflector.store.objects()]));
}

function findingsOf(kind: string, { key, issues }: ObjectRecord<ApiObject>): readonly Finding[] {
  const [namespace = '', name = ''] = key.split('/');
  return issues.map(({ field, message, remedy }) => ({
    severity: 'error',
    object: { kind, namespace, name },
    field,
    reason: 'ObjectInvalid',
    message,
    remedy,
  }));
}
