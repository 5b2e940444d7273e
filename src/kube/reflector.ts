// Keeps the store of one kind equal to the API server's: list, watch from there, and the same again after any failure.
// Never gives up and never throws; what it knows stays when the API server is gone.
import type { ApiObject } from '../api/objects.ts';
import type { Clock } from '../model/clock.ts';
import type { ObjectApi } from './api-client.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import { Backoff } from './backoff.ts';
import { believed, type Guard } from './guard.ts';
import { listAll } from './object-list.ts';
import { type ObjectRecord, pathOf, readRecord, recordOf, type Resource } from './resource.ts';
import { isOlder } from './resource-version.ts';
import { ObjectStore } from './store.ts';
import { drawMs, pause, type Timers, type WatchTiming } from './timing.ts';
import type { WatchEvent } from './watch-event.ts';
import { WatchSession } from './watch-session.ts';

export type ReflectorTools = {
  readonly api: ObjectApi;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly timing: WatchTiming;
  /** Evenly drawn from 0 up to, not including, 1. */
  readonly chance: () => number;
};

/** What a reflector tells; none of these may throw. */
export type ReflectorObserver = {
  /** The store differs from what it was. */
  changed(): void;
  failed(failure: ApiFailure, retryAfterMs: number): void;
  /** A list was read or a watch began after a failure. */
  recovered(): void;
  /** A check found events that the watch had not delivered; they are repaired. */
  missed(count: number): void;
};

export type ReflectorOptions<Kept extends ApiObject> = ReflectorTools & {
  readonly resource: Resource<Kept>;
  /** One namespace; all where absent. */
  readonly namespace: string | undefined;
  readonly observer: ReflectorObserver;
  readonly guard?: Guard | undefined;
};

export class Reflector<Kept extends ApiObject> {
  readonly store = new ObjectStore<Kept>();
  readonly #options: ReflectorOptions<Kept>;
  readonly #path: string;
  readonly #backoff: Backoff;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #isSeeded = false;
  #isFailing = false;
  /** The version up to which the store is complete; undefined where only a list can help. */
  #version: string | undefined;
  #checkAtMs = 0;
  /** When a deletion has to be confirmed by a list. */
  #confirmAtMs: number | undefined;
  /** The watch ended without our doing: what it watched may have been redefined. */
  #isSuspect = false;
  #lastContactMs: number;
  #session: WatchSession | undefined;
  #cancelSessionEnd: () => void = () => {};

  constructor(options: ReflectorOptions<Kept>) {
    this.#options = options;
    this.#path = pathOf(options.resource, options.namespace);
    this.#backoff = new Backoff(options.timing, options.chance);
    this.#lastContactMs = options.clock.monotonicMs();
  }

  get kind(): Kept['kind'] {
    return this.#options.resource.kind;
  }

  /** One namespace; all where undefined. */
  get namespace(): string | undefined {
    return this.#options.namespace;
  }

  /** What is known was known in another life, and no list has confirmed it yet. */
  get isSeeded(): boolean {
    return this.#isSeeded && !this.#isSynced;
  }

  /** A first full list was read. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves with the first full list; never rejects. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** When the API server last said anything about this kind, on the monotonic clock; at first, the start. */
  get lastContactMs(): number {
    return this.#lastContactMs;
  }

  /**
   * Takes over what was known in another life, until the first list replaces it; nothing where that was read already.
   * @param ageMs how long ago the API server said so
   */
  seed(records: Iterable<ObjectRecord<ApiObject>>, ageMs: number): void {
    if (this.#isSynced) return;
    const { resource, clock, observer } = this.#options;
    const seeds = [...records].flatMap((record) => recordOf(resource, record) ?? []);
    this.#lastContactMs = clock.monotonicMs() - ageMs;
    this.#isSeeded = true;
    if (this.store.replace(new Map(seeds.map((seed) => [seed.key, seed]))).isChanged) observer.changed();
  }

  /** Runs until the signal; resolves when the last request is gone. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(failureOf(error), signal);
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, timers } = this.#options;
    if (this.#confirmAtMs !== undefined) await pause(timers, this.#confirmAtMs - clock.monotonicMs(), signal);
    const guardedMs = await this.#askGuard(signal);
    if (this.#version === undefined || this.#confirmAtMs !== undefined) await this.#list(signal);
    else if (clock.monotonicMs() >= this.#checkAtMs) await this.#check(this.#version, signal);
    if (!signal.aborted) await this.#watch(signal, guardedMs);
  }

  /** What says that a kind was redefined lags behind the end of its watches (a second on a real API server). */
  async #askGuard(signal: AbortSignal): Promise<number> {
    const { guard, timers, timing } = this.#options;
    if (guard === undefined) return Number.POSITIVE_INFINITY;
    if (this.#isSuspect) await pause(timers, timing.confirmMs, signal);
    const againMs = await guard.admit(signal);
    this.#isSuspect = false;
    return againMs;
  }

  async #recover(failure: ApiFailure, signal: AbortSignal): Promise<void> {
    const { clock, timers, observer } = this.#options;
    const delayMs = this.#backoff.nextMs(failure, clock.monotonicMs());
    this.#isFailing = true;
    if (needsList.has(failure.reason)) this.#version = undefined;
    observer.failed(failure, delayMs);
    await pause(timers, delayMs, signal);
  }

  /** The list as it is now; whatever differs is taken over. */
  async #list(signal: AbortSignal): Promise<void> {
    const { records, version } = await this.#read(signal);
    await this.#take(records, version, signal);
    this.#isSynced = true;
    this.#synced.resolve();
  }

  /**
   * The list exactly as it was at the version the watch has reached: each difference is an event it missed.
   * One that fails is made up for the next time: until then the watch goes on, which may well work.
   */
  async #check(version: string, signal: AbortSignal): Promise<void> {
    this.#checkLater();
    try {
      const listing = await this.#read(signal, version);
      const missed = await this.#take(listing.records, listing.version, signal);
      if (missed > 0) this.#options.observer.missed(missed);
    } catch (error) {
      if (!isAboutVersion.has(failureOf(error).reason)) throw error;
      // That version is history: only a list of today can tell, and it cannot tell what was missed.
      await this.#list(signal);
    }
  }

  async #read(signal: AbortSignal, exactVersion?: string) {
    const { api, resource } = this.#options;
    const records = new Map<string, ObjectRecord<Kept>>();
    const version = await listAll(
      { api, path: this.#path, query: resource.query, exactVersion, signal },
      {
        start: () => records.clear(),
        item: (value) => {
          const record = readRecord(resource, value);
          if (record !== undefined) records.set(record.key, record);
        },
      },
    );
    return { records, version };
  }

  /** @returns how many objects were not as the list says */
  async #take(
    listed: ReadonlyMap<string, ObjectRecord<Kept>>,
    version: string,
    signal: AbortSignal,
  ): Promise<number> {
    const { clock, timing, observer, guard } = this.#options;
    const known = this.store.byKey();
    const held = await guard?.holdBack({ known, listed }, signal);
    const isProvisional = held !== undefined && held.gone.size > 0;
    this.#confirmAtMs = isProvisional ? clock.monotonicMs() + timing.confirmMs : undefined;
    const records = held === undefined ? listed : believed(known, listed, held);
    const { added, modified, deleted, isChanged } = this.store.replace(records);
    this.#version = version;
    this.#checkLater();
    this.#hear();
    if (isChanged || !this.#isSynced) observer.changed();
    return added + modified + deleted;
  }

  /** @param maxMs after which it ends by itself; so it does when a check is due */
  async #watch(signal: AbortSignal, maxMs: number): Promise<void> {
    const { resource, clock } = this.#options;
    if (this.#version === undefined) return;
    const startedMs = clock.monotonicMs();
    const endMs = Math.min(maxMs, (this.#confirmAtMs ?? this.#checkAtMs) - startedMs);
    const session = new WatchSession({
      ...this.#options,
      path: this.#path,
      query: resource.query,
      onOpen: () => this.#hear(),
      onEvent: (event) => this.#observe(event),
    });
    this.#session = session;
    this.#endSessionIn(endMs);
    this.#isSuspect = true;
    try {
      await session.run(this.#version, signal);
    } finally {
      this.#cancelSessionEnd();
      this.#session = undefined;
      // A server that was restored from a copy is silent to who watches from what, to it, is still to come.
      if (session.isMute) this.#version = undefined;
    }
    if (signal.aborted || session.isStopped) this.#isSuspect = false;
    else this.#refuseShortness(startedMs);
  }

  #refuseShortness(startedMs: number): void {
    const { clock, timing } = this.#options;
    if (clock.monotonicMs() - startedMs >= timing.shortWatchMs) return;
    throw new ApiFailure('closed', 'The API server ended a watch as soon as it began');
  }

  #observe(event: WatchEvent): void {
    this.#hear();
    const isChanged = event.type !== 'BOOKMARK' && this.#apply(event);
    if (this.#version === undefined || !isOlder(event.version, this.#version)) this.#version = event.version;
    if (isChanged) this.#options.observer.changed();
  }

  #apply({ type, object }: WatchEvent): boolean {
    const { resource, guard } = this.#options;
    const record = readRecord(resource, object);
    if (record === undefined) return false;
    const known = this.store.byKey().get(record.key);
    const isDoubtful = guard !== undefined && known !== undefined && guard.doubts(known, record);
    if (type !== 'DELETED' && !isDoubtful) return this.store.put(record);
    if (!isDoubtful && !resource.confirmsDeletion) return this.store.remove(record);
    this.#confirmSoon();
    return false;
  }

  #confirmSoon(): void {
    const { timing, clock } = this.#options;
    if (this.#confirmAtMs !== undefined) return;
    this.#confirmAtMs = clock.monotonicMs() + timing.confirmMs;
    this.#endSessionIn(timing.confirmMs);
  }

  #endSessionIn(delayMs: number): void {
    this.#cancelSessionEnd();
    this.#cancelSessionEnd = this.#options.timers.after(Math.max(0, delayMs), () => this.#session?.stop());
  }

  #checkLater(): void {
    const { clock, timing, chance } = this.#options;
    this.#checkAtMs = clock.monotonicMs() + drawMs(timing.relistMs, chance);
  }

  #hear(): void {
    this.#lastContactMs = this.#options.clock.monotonicMs();
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.observer.recovered();
  }
}

type Reasons = ReadonlySet<ApiFailure['reason']>;

/** After these the watch cannot go on from where it was; a kind that was gone may have come back as another. */
const needsList: Reasons = new Set(['expired', 'too-new', 'not-found', 'outdated-schema', 'malformed']);

/** So a server may say that it cannot list what was; what is it may list. */
const isAboutVersion: Reasons = new Set(['expired', 'refused', 'too-new', 'server']);
