// From one configuration to the next: finds what changed, gives endpoints their slots, and makes the delta for the workers.
import { createHash } from 'node:crypto';
import { RESOLVED_REFS_REASONS } from '../api/status.ts';
import type { Backend, Certificate, Configuration, Site } from '../model/configuration.ts';
import type { Finding } from '../model/finding.ts';
import type { Changes, Delta, PlacedBackend } from '../model/delta.ts';
import { SlotTable } from './slots.ts';

type Known<Entry> = Map<string, { readonly digest: string; readonly entry: Entry }>;

export class Publisher {
  generation = 0;
  readonly #slots: SlotTable;
  readonly #sites: Known<Site> = new Map();
  readonly #backends: Known<PlacedBackend> = new Map();
  readonly #certificates: Known<Certificate> = new Map();
  #leftOut: Finding[] = [];

  /** @param maxEndpoints endpoints beyond are left out: they cannot be counted */
  constructor(maxEndpoints: number) {
    this.#slots = new SlotTable(maxEndpoints);
  }

  /** The backends as they are served, for state and metrics. */
  get placedBackends(): readonly PlacedBackend[] {
    return [...this.#backends.values()].map(({ entry }) => entry);
  }

  get certificates(): readonly Certificate[] {
    return [...this.#certificates.values()].map(({ entry }) => entry);
  }

  /** Endpoints without a slot, by their Service: they are not served. */
  get leftOut(): readonly Finding[] {
    return this.#leftOut;
  }

  /** The step to this configuration; undefined when nothing changed. The first one is made even if it is empty. */
  advance(configuration: Configuration): Delta | undefined {
    const base = this.generation;
    const sites = diff(this.#sites, configuration.sites.values(), keyOf);
    const certificates = diff(this.#certificates, configuration.certificates.values(), keyOf);
    const before = new Map([...this.#backends].map(([key, { entry }]) => [key, entry.backend]));
    this.#leftOut = [];
    const placed = [...configuration.backends.values()].map((backend) => this.#place(backend));
    const backends = diff(this.#backends, placed, ({ backend }) => backend.key);
    if (base > 0 && [sites, backends, certificates].every(isEmpty)) return undefined;
    this.generation = base + 1;
    this.#noteLeaving(before, configuration.backends);
    return { base, generation: this.generation, sites, backends, certificates };
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
    return this.#slots.collect(acknowledged, load) && this.#leftOut.length > 0;
  }

  #place(backend: Backend): PlacedBackend {
    const slots = this.#slots.place(backend);
    const endpoints = backend.endpoints.filter((_, at) => slots[at] !== undefined);
    if (endpoints.length < backend.endpoints.length) this.#leftOut.push(overLimit(backend));
    return { backend: { ...backend, endpoints }, slots: slots.filter((slot) => slot !== undefined) };
  }

  #noteLeaving(before: ReadonlyMap<string, Backend>, after: ReadonlyMap<string, Backend>): void {
    for (const [key, backend] of before) {
      const stays = new Set(after.get(key)?.endpoints.map(({ identity }) => identity));
      for (const { identity } of backend.endpoints) {
        if (!stays.has(identity)) this.#slots.leave(key, identity, this.generation);
      }
    }
  }
}

function overLimit({ service: { namespace, name } }: Backend): Finding {
  const { meaning, remedy } = RESOLVED_REFS_REASONS.EndpointsOverLimit;
  const object = { kind: 'Service', namespace, name };
  return { severity: 'error', object, field: '', reason: 'EndpointsOverLimit', message: meaning, remedy };
}

function keyOf(entry: { readonly key: string }): string {
  return entry.key;
}

function diff<Entry>(
  known: Known<Entry>,
  entries: Iterable<Entry>,
  key: (entry: Entry) => string,
): Changes<Entry> {
  const set: Entry[] = [];
  const gone = new Set(known.keys());
  for (const entry of entries) {
    const name = key(entry);
    gone.delete(name);
    const digest = createHash('sha256').update(JSON.stringify(entry)).digest('base64');
    if (known.get(name)?.digest === digest) continue;
    known.set(name, { digest, entry });
    set.push(entry);
  }
  for (const name of gone) known.delete(name);
  return { set, removed: [...gone] };
}

function all<Entry>(known: Known<Entry>): Changes<Entry> {
  return { set: [...known.values()].map(({ entry }) => entry), removed: [] };
}

function isEmpty(changes: Changes<unknown>): boolean {
  return changes.set.length === 0 && changes.removed.length === 0;
}
