// The configuration a worker serves: deltas from the main thread in, something ready for requests out.
import { compileBackend, HostIndex, type Serving, type ServingBackend } from '../decide/compiled.ts';
import type { Certificate, Site } from '../model/configuration.ts';
import type { Changes, Delta, PlacedBackend } from '../model/delta.ts';

export class Current {
  readonly #sites = new Map<string, Site>();
  #hosts = new HostIndex();
  readonly #backends = new Map<string, ServingBackend>();
  readonly #certificates = new Map<string, Certificate>();
  #serving: Serving = {
    generation: 0,
    hosts: this.#hosts.table,
    backends: this.#backends,
    certificates: this.#certificates,
  };

  get serving(): Serving {
    return this.#serving;
  }

  /** Takes a step; false when it does not start from what is served here: a snapshot is needed. */
  apply(delta: Delta): boolean {
    if (delta.base !== 0 && delta.base !== this.#serving.generation) return false;
    if (delta.base === 0) this.#clear();
    this.#changeSites(delta.sites);
    change(this.#certificates, delta.certificates, (certificate) => [certificate.key, certificate]);
    change(this.#backends, delta.backends, (placed: PlacedBackend) => [
      placed.backend.key,
      compileBackend(placed),
    ]);
    this.#serving = {
      generation: delta.generation,
      hosts: this.#hosts.table,
      backends: this.#backends,
      certificates: this.#certificates,
    };
    return true;
  }

  #clear(): void {
    for (const map of [this.#sites, this.#backends, this.#certificates]) map.clear();
    this.#hosts = new HostIndex();
  }

  #changeSites({ set, removed }: Changes<Site>): void {
    for (const key of [...removed, ...set.map((site) => site.key)]) {
      const before = this.#sites.get(key);
      if (before !== undefined) this.#hosts.remove(before);
      this.#sites.delete(key);
    }
    for (const site of set) {
      this.#hosts.add(site);
      this.#sites.set(site.key, site);
    }
  }

  /** Slots whose endpoints take new users: idle connections elsewhere are of no more use. */
  slotsInUse(): ReadonlySet<number> {
    const slots = new Set<number>();
    for (const backend of this.#backends.values()) {
      for (const { endpoint, slot } of backend.endpoints) if (endpoint.state === 'ready') slots.add(slot);
    }
    return slots;
  }
}

function change<Entry, Value>(
  map: Map<string, Value>,
  changes: Changes<Entry>,
  place: (entry: Entry) => [string, Value],
): void {
  for (const key of changes.removed) map.delete(key);
  for (const entry of changes.set) map.set(...place(entry));
}
