// Objects of one kind that are read by name and only while somebody refers to them: a reflector for each.
// A right that is missing for one of them is the affair of that one alone.
import type { ApiObject } from '../api/objects.ts';
import type { Finding } from '../model/finding.ts';
import type { ObjectRecord, Resource } from './resource.ts';
import { pause } from './timing.ts';
import { MergedObjects, type Watched, watchOf, type WatchTools } from './watched.ts';

/** An edit back and forth must not cost a new list. */
const GRACE_MS = 30_000;
/** One that the API server does not answer for so long counts as missing until it does. */
const SETTLE_MS = 10_000;
/** Each is a connection to the API server. */
const MAX_NAMED = 500;

/** What is known of the wanted objects from another life. */
export type NamedSeeds = {
  readonly records: ReadonlyMap<string, ObjectRecord<ApiObject>>;
  readonly ageMs: number;
};

type Entry<Kept extends ApiObject> = {
  readonly watched: Watched<Kept>;
  readonly stop: AbortController;
  readonly running: Promise<void>;
  cancelEnd: (() => void) | undefined;
};

export class NamedWatches<Kept extends ApiObject> {
  readonly #resource: Resource<Kept>;
  readonly #tools: WatchTools;
  readonly #merged = new MergedObjects<Kept>();
  readonly #entries = new Map<string, Entry<Kept>>();
  readonly #seedsFor: () => NamedSeeds | undefined;
  #refusedKeys: readonly string[] = [];
  #isClosed = false;

  /** @param seedsFor what a new reflector may start from */
  constructor(resource: Resource<Kept>, tools: WatchTools, seedsFor: () => NamedSeeds | undefined) {
    this.#resource = resource;
    this.#tools = tools;
    this.#seedsFor = seedsFor;
  }

  get watched(): readonly Watched<Kept>[] {
    return [...this.#entries.values()].map(({ watched }) => watched);
  }

  objects(): ReadonlyMap<string, Kept> {
    return this.#merged.of(this.watched);
  }

  /** Starts what is new, and ends what is no longer wanted after a while. @param keys `namespace/name` of each */
  want(keys: ReadonlySet<string>): void {
    if (this.#isClosed) return;
    for (const [key, entry] of this.#entries) if (!keys.has(key)) this.#endLater(key, entry);
    const refused: string[] = [];
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) keep(entry);
      else if (this.#entries.size < MAX_NAMED) this.#start(key);
      else refused.push(key);
    }
    this.#refusedKeys = refused;
  }

  /** Resolves when each wanted object was found, is known to be absent, or was refused; after 10 s in any case. */
  async settle(): Promise<void> {
    const { timers } = this.#tools;
    const waiting = this.watched.filter(({ reflector, report }) => !isAnswered({ reflector, report }));
    if (waiting.length === 0) return;
    const end = new AbortController();
    const answers = waiting.map(({ reflector, report }) => Promise.race([reflector.synced, report.refused]));
    await Promise.race([Promise.all(answers), pause(timers, SETTLE_MS, end.signal)]);
    end.abort();
  }

  /** Those that nobody watches because there are too many. */
  findings(): readonly Finding[] {
    const { kind } = this.#resource;
    return this.#refusedKeys.map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      return {
        severity: 'error',
        object: { kind, namespace, name },
        field: '',
        reason: 'ObjectUnreadable',
        message: `${kind} ${name} is not read: ${MAX_NAMED} others are read by name already`,
        remedy: 'Let the policies refer to fewer objects, or read all of them with --secrets-mode cluster',
      };
    });
  }

  /** Resolves when the last request is gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#entries.keys()].map((key) => this.#end(key)));
  }

  #start(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const watched = watchOf(this.#resource, { namespace, name }, this.#tools);
    const seeds = this.#seedsFor();
    const seed = seeds?.records.get(key);
    if (seeds !== undefined && seed !== undefined) watched.reflector.seed([seed], seeds.ageMs);
    const stop = new AbortController();
    const running = watched.reflector.run(stop.signal);
    this.#entries.set(key, { watched, stop, running, cancelEnd: undefined });
  }

  #endLater(key: string, entry: Entry<Kept>): void {
    const { timers, onChange } = this.#tools;
    entry.cancelEnd ??= timers.after(GRACE_MS, () => {
      void this.#end(key);
      onChange();
    });
  }

  async #end(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    keep(entry);
    this.#entries.delete(key);
    entry.stop.abort();
    await entry.running;
  }
}

function keep(entry: { cancelEnd: (() => void) | undefined }): void {
  entry.cancelEnd?.();
  entry.cancelEnd = undefined;
}

function isAnswered({ reflector, report }: Watched<ApiObject>): boolean {
  return reflector.isSynced || reflector.isSeeded || report.isRefused;
}
