// The API server as an ObjectSource: reflectors of every kind, read as one set, synced together at the start.
// Losing the API server changes nothing here: the stores stay, and say how old they are.
import type { ApiObject, Ingress, ObjectSet, RawPolicy } from '../api/objects.ts';
import type { Finding, Location } from '../model/finding.ts';
import type { ObjectSource, WantedNames } from '../model/object-source.ts';
import type { WatchSample } from '../observe/registry.ts';
import type { FailureReason } from './api-failure.ts';
import { KindWatches, type KindWatchesOptions } from './kind-watches.ts';
import type { KeptState, StateCache } from './state-cache.ts';
import type { CachedState } from './state-text.ts';
import type { ObjectRecord } from './resource.ts';
import { pause } from './timing.ts';
import type { Watched } from './watched.ts';

export type KubeSourceOptions = Omit<KindWatchesOptions, 'onChange'> & {
  /** Where the last good objects are kept for the next life; nowhere where absent. */
  readonly stateCache?: StateCache | undefined;
};

/** A kind of which nothing new is taken over, though the API server may be there. */
export type StaleKind = {
  readonly kind: ApiObject['kind'];
  /** All where absent. */
  readonly namespace?: string;
  /** `state-cache`: read from disk, and not confirmed by the API server yet. */
  readonly reason: FailureReason | 'state-cache';
};

/** Of the kinds whose status we write. */
export type StatusRecord = ObjectRecord<RawPolicy | Ingress>;

export type KubeSource = ObjectSource & {
  watches(): readonly WatchSample[];
  /** Says what the last translation refers to; what is no longer wanted is dropped after a while. */
  want(names: WantedNames): void;
  /** Resolves when each wanted object was found, is known to be absent, or was refused; after 10 s in any case. */
  settle(): Promise<void>;
  /** An object as the API server last told it, with its status; undefined where there is none. @param key `namespace/name` */
  recordOf(kind: 'MattermostIngressPolicy' | 'Ingress', key: string): StatusRecord | undefined;
  stale(): readonly StaleKind[];
  /** Addresses of the API server; the same value until they change. */
  apiServerAddresses(): readonly string[];
};

/** How often the log says that it still waits for the first lists. */
const WAITING_MS = 15_000;
/** How long the API server is waited for before the last life's objects are used. */
const CACHE_AFTER_MS = 10_000;

/** How often what is kept for the next life is written though nothing has changed, so that it does not look old. */
const KEEP_MS = 600_000;

/** An ObjectSource over the API server; `start` rejects only if closed before its first set. */
export function createKubeSource(options: KubeSourceOptions): KubeSource {
  return new ClusterSource(options);
}

class ClusterSource implements KubeSource {
  readonly #options: KubeSourceOptions;
  readonly #kinds: KindWatches;
  readonly #closing = new AbortController();
  #onChange: () => void = () => {};
  #running: Promise<unknown> | undefined;
  #objects: ObjectSet | undefined;
  #cancelKeep: () => void = () => {};

  constructor(options: KubeSourceOptions) {
    this.#options = options;
    this.#kinds = new KindWatches({ ...options, onChange: () => this.#change() });
  }

  async start(onChange: () => void): Promise<void> {
    if (this.#running !== undefined) throw new Error('The source was started twice');
    const { signal } = this.#closing;
    this.#running = this.#kinds.run(signal);
    const stopWaiting = this.#sayWaiting();
    const closed = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => closed.resolve(), { once: true });
    await Promise.race([this.#kinds.synced(), this.#seeded(signal), closed.promise]);
    stopWaiting();
    if (signal.aborted) throw new Error('Stopped before the API server had told everything');
    this.#onChange = onChange;
    this.#keepState();
  }

  objects(): ObjectSet {
    this.#objects ??= this.#kinds.objects();
    return this.#objects;
  }

  findings(): readonly Finding[] {
    return this.#kinds.findings();
  }

  locate(): Location | undefined {
    return undefined;
  }

  watches(): readonly WatchSample[] {
    const nowMs = this.#options.clock.monotonicMs();
    const oldest = new Map<string, number>();
    for (const { reflector } of this.#kinds.dated) {
      const { kind, lastContactMs } = reflector;
      oldest.set(kind, Math.min(lastContactMs, oldest.get(kind) ?? lastContactMs));
    }
    return [...oldest].map(([kind, ms]) => ({ kind, stalenessSeconds: (nowMs - ms) / 1000 }));
  }

  want(names: WantedNames): void {
    this.#kinds.want(names);
  }

  settle(): Promise<void> {
    return this.#kinds.settle();
  }

  recordOf(kind: 'MattermostIngressPolicy' | 'Ingress', key: string): StatusRecord | undefined {
    return this.#kinds.recordOf(kind, key);
  }

  stale(): readonly StaleKind[] {
    return this.#kinds.needed.flatMap(({ reflector, report }) => {
      const refusal = report.isRefused ? report.failure?.reason : undefined;
      const reason = refusal ?? (reflector.isSeeded ? ('state-cache' as const) : undefined);
      if (reason === undefined) return [];
      const { kind, namespace } = reflector;
      return [{ kind, reason, ...(namespace === undefined ? {} : { namespace }) }];
    });
  }

  apiServerAddresses(): readonly string[] {
    return this.#kinds.apiServerAddresses();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelKeep();
    await Promise.all([this.#running, this.#kinds.close(), this.#options.stateCache?.close()]);
    await this.#options.api.close();
  }

  #change(): void {
    this.#objects = undefined;
    this.#onChange();
    this.#keepState();
  }

  #keepState(): void {
    const { stateCache, timers } = this.#options;
    if (stateCache === undefined || this.#closing.signal.aborted) return;
    stateCache.schedule(() => this.#state());
    this.#cancelKeep();
    this.#cancelKeep = timers.after(KEEP_MS, () => this.#keepState());
  }

  /** What the next life may start from; undefined while part of it is itself from the last one. */
  #state(): KeptState | undefined {
    if (!this.#isComplete) return undefined;
    const contacts = this.#kinds.needed.map(({ reflector }) => reflector.lastContactMs);
    return {
      objects: this.#kinds.cached(),
      ageMs: this.#options.clock.monotonicMs() - Math.min(...contacts),
    };
  }

  /** Resolves when the objects of the last life stand in for those that no list has brought; never without any. */
  #seeded(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    void this.#lastState(signal).then((state) => {
      if (state === undefined || this.#isComplete || signal.aborted) return;
      this.#seed(state);
      resolve();
    });
    return promise;
  }

  async #lastState(signal: AbortSignal): Promise<CachedState | undefined> {
    const { stateCache, timers } = this.#options;
    if (stateCache === undefined) return undefined;
    await pause(timers, CACHE_AFTER_MS, signal);
    return this.#isComplete || signal.aborted ? undefined : stateCache.read();
  }

  get #isComplete(): boolean {
    return this.#kinds.needed.every(isSynced);
  }

  #seed(state: CachedState): void {
    const { clock, log } = this.#options;
    const ageMs = Math.max(0, clock.epochMs() - state.epochMs);
    const kinds = this.#kinds.seed(state.objects, ageMs);
    const facts = { kinds, objects: state.objects.length, ageSeconds: Math.round(ageMs / 1000) };
    log.warn(facts, 'the API server is away: serving from the state cache until it answers');
  }

  #sayWaiting(): () => void {
    const { timers, log } = this.#options;
    const say = () => {
      const waiting = this.#kinds.needed.filter((each) => !isSynced(each));
      const kinds = Object.fromEntries(waiting.map(whyNot));
      const remedies = new Set(waiting.flatMap(({ report }) => report.finding()?.remedy ?? []));
      const facts = { kinds, ...(remedies.size === 0 ? {} : { remedies: [...remedies] }) };
      log.warn(facts, 'waiting for the API server: nothing is served before every kind was read');
      cancel = timers.after(WAITING_MS, say);
    };
    let cancel = timers.after(WAITING_MS, say);
    return () => cancel();
  }
}

function isSynced({ reflector }: Watched<ApiObject>): boolean {
  return reflector.isSynced;
}

function whyNot({ reflector, report }: Watched<ApiObject>): readonly [string, string] {
  return [reflector.kind, report.failure?.message ?? 'no answer yet'];
}
