// From one configuration to the next: finds what changed, gives endpoints their slots, and makes the delta for the workers.
import { RESOLVED_REFS_REASONS } from '../api/status.ts';
import type { Backend, Certificate, Configuration, Site } from '../model/configuration.ts';
import type { Finding } from '../model/finding.ts';
import type { Changes, Delta, PlacedBackend } from '../model/delta.ts';
import { SlotTable } from './slots.ts';

/** What is served: for each key what it was made from, and the entry itself. */
type Known<Source, Entry> = Map<string, { readonly source: Source; readonly entry: Entry }>;

export class Publisher {
  generation = 0;
  readonly #slots: SlotTable;
  readonly #sites: Known<Site, Site> = new Map();
  readonly #backends: Known<Backend, PlacedBackend> = new Map();
  readonly #certificates: Known<Certificate, Certificate> = new Map();
  /** By key of the backend. */
  readonly #leftOut = new Map<string, Finding>();

  /** @param maxEndpoints endpoints beyond are left out: they cannot be counted */
  constructor(maxEndpoints: number) {
    this.#slots = new SlotTable(maxEndpoints);
  }

  /** The backends as they are served, for state and metrics. */
  get placedBackends(): readonly PlacedBackend[] {
    return [...this.#backends.values()].map(({ entry }) => entry);
  }

  get sites(): readonly Site[] {
    return [...this.#sites.values()].map(({ entry }) => entry);
  }

  get certificates(): readonly Certificate[] {
    return [...this.#certificates.values()].map(({ entry }) => entry);
  }

  /** Endpoints without a slot, by their Service: they are not served. */
  get leftOut(): readonly Finding[] {
    return [...this.#leftOut.values()];
  }

  /** The step to this configuration; undefined when nothing changed. The first one is made even if it is empty. */
  advance({ sites, backends, certificates }: Configuration): Delta | undefined {
    const base = this.generation;
    const before = new Map(this.#backends);
    const changes = {
      sites: diff(this.#sites, sites, (site) => site),
      certificates: diff(this.#certificates, certificates, (certificate) => certificate),
      backends: diff(this.#backends, this.#withRoom(backends), (backend) => this.#place(backend)),
    };
    if (base > 0 && Object.values(changes).every(isEmpty)) return undefined;
    this.generation = base + 1;
    for (const { backend } of changes.backends.set)
      this.#noteLeaving(before.get(backend.key)?.entry, backend);
    for (const key of changes.backends.removed) {
      this.#leftOut.delete(key);
      this.#noteLeaving(before.get(key)?.entry, undefined);
    }
    return { base, generation: this.generation, ...changes };
  }

  /** Everything, for a worker that has nothing. */
  snapshot(): Delta {
    return {
      base: 0,
      generation: this.generation,
      sites: all(this.#sites),
      backends: all(this.#backends),
      certificates: all(this.#certificates),
    };
  }

  /**
   * Slots of endpoints that are gone are used again once all workers have come that far.
   * Says whether there is room now for endpoints that were left out.
   */
  collect(acknowledged: number, load: (slot: number) => number): boolean {
    return this.#slots.collect(acknowledged, load) && this.#leftOut.size > 0;
  }

  #place(backend: Backend): PlacedBackend {
    const slots = this.#slots.place(backend);
    const endpoints = backend.endpoints.filter((_, at) => slots[at] !== undefined);
    if (endpoints.length < backend.endpoints.length) this.#leftOut.set(backend.key, overLimit(backend));
    else this.#leftOut.delete(backend.key);
    return { backend: { ...backend, endpoints }, slots: slots.filter((slot) => slot !== undefined) };
  }

  /** Those with endpoints left out are looked at anew each time: a slot may have become free. */
  #withRoom(backends: ReadonlyMap<string, Backend>): ReadonlyMap<string, Backend> {
    if (this.#leftOut.size === 0) return backends;
    const all = new Map(backends);
    for (const key of this.#leftOut.keys()) {
      const backend = all.get(key);
      if (backend !== undefined) all.set(key, { ...backend });
    }
    return all;
  }

  #noteLeaving(before: PlacedBackend | undefined, after: Backend | undefined): void {
    const stays = new Set(after?.endpoints.map(({ identity }) => identity));
    for (const { identity } of before?.backend.endpoints ?? []) {
      if (!stays.has(identity)) this.#slots.leave(before?.backend.key ?? '', identity, this.generation);
    }
  }
}

function overLimit({ service: { namespace, name } }: Backend): Finding {
  const { meaning, remedy } = RESOLVED_REFS_REASONS.EndpointsOverLimit;
  const object = { kind: 'Service', namespace, name };
  return { severity: 'error', object, field: '', reason: 'EndpointsOverLimit', message: meaning, remedy };
}

/** What is the same value is not looked into: a translation hands on what did not change. */
function diff<Source, Entry>(
  known: Known<Source, Entry>,
  next: ReadonlyMap<string, Source>,
  make: (source: Source) => Entry,
): Changes<Entry> {
  const set: Entry[] = [];
  for (const [key, source] of next) {
    const before = known.get(key);
    if (before?.source === source) continue;
    const entry = make(source);
    const isSame = before !== undefined && JSON.stringify(before.entry) === JSON.stringify(entry);
    known.set(key, { source, entry: isSame ? before.entry : entry });
    if (!isSame) set.push(entry);
  }
  const removed = known.size === next.size ? [] : [...known.keys()].filter((key) => !next.has(key));
  for (const key of removed) known.delete(key);
  return { set, removed };
}

function all<Source, Entry>(known: Known<Source, Entry>): Changes<Entry> {
  return { set: [...known.values()].map(({ entry }) => entry), removed: [] };
}

function isEmpty(changes: Changes<unknown>): boolean {
  return changes.set.length === 0 && changes.removed.length === 0;
}
