// The configuration a worker serves: deltas from the main thread in, something ready for requests out.
// A large step is made beside what is served, in pieces between which requests are served, and takes its place at once.
import { compileBackend, HostIndex, type Serving, type ServingBackend } from '../decide/compiled.ts';
import type { Certificate, Site } from '../model/configuration.ts';
import type { Changes, Delta } from '../model/delta.ts';
import type { HealthView } from '../model/health-board.ts';

/** A step of more entries is not made in what is served: half of it would be seen. */
const MAX_IN_PLACE = 64;
/** Entries between two pauses that are offered; some hundred microseconds. */
const PIECE = 32;

/** Work that may be left for a while wherever it yields. */
type Pieces<Result> = Generator<undefined, Result, undefined>;

export class Current {
  #tables = new Tables();
  #serving: Serving = this.#tables.serving(0);

  get serving(): Serving {
    return this.#serving;
  }

  /** Takes a step; false when it does not start from what is served here: a snapshot is needed. One at a time. */
  *take(delta: Delta): Pieces<boolean> {
    if (delta.base !== 0 && delta.base !== this.#serving.generation) return false;
    const tables = yield* this.#tablesFor(delta);
    yield* tables.change(delta);
    this.#tables = tables;
    this.#serving = tables.serving(delta.generation);
    return true;
  }

  *#tablesFor(delta: Delta): Pieces<Tables> {
    if (delta.base === 0) return new Tables();
    return entriesOf(delta) > MAX_IN_PLACE ? yield* this.#tables.copy() : this.#tables;
  }

  /** Slots whose endpoints take new users: idle connections elsewhere are of no more use. */
  slotsInUse(health: HealthView): ReadonlySet<number> {
    const slots = new Set<number>();
    for (const { usable } of this.#serving.backends.values()) {
      for (const { endpoint, slot } of usable.now(health)) if (endpoint.state === 'ready') slots.add(slot);
    }
    return slots;
  }
}

class Tables {
  readonly #sites = new Map<string, Site>();
  readonly #hosts = new HostIndex();
  readonly #backends = new Map<string, ServingBackend>();
  readonly #certificates = new Map<string, Certificate>();

  serving(generation: number): Serving {
    return {
      generation,
      hosts: this.#hosts.table,
      backends: this.#backends,
      certificates: this.#certificates,
    };
  }

  *copy(): Pieces<Tables> {
    const copy = new Tables();
    for (const [key, backend] of this.#backends) copy.#backends.set(key, backend);
    for (const [key, certificate] of this.#certificates) copy.#certificates.set(key, certificate);
    yield;
    yield* copy.#addSites([...this.#sites.values()]);
    return copy;
  }

  *change(delta: Delta): Pieces<void> {
    for (const key of delta.certificates.removed) this.#certificates.delete(key);
    for (const certificate of delta.certificates.set) this.#certificates.set(certificate.key, certificate);
    for (const key of delta.backends.removed) this.#backends.delete(key);
    for (const [at, placed] of delta.backends.set.entries()) {
      this.#backends.set(placed.backend.key, compileBackend(placed));
      if (isPause(at)) yield;
    }
    yield* this.#changeSites(delta.sites);
  }

  *#changeSites({ set, removed }: Changes<Site>): Pieces<void> {
    for (const key of [...removed, ...set.map((site) => site.key)]) {
      const before = this.#sites.get(key);
      if (before !== undefined) this.#hosts.remove(before);
      this.#sites.delete(key);
    }
    yield* this.#addSites(set);
    for (let at = 0; this.#hosts.compileNext(); at++) if (isPause(at)) yield;
  }

  *#addSites(sites: readonly Site[]): Pieces<void> {
    for (const [at, site] of sites.entries()) {
      this.#hosts.add(site);
      this.#sites.set(site.key, site);
      if (isPause(at)) yield;
    }
  }
}

function isPause(at: number): boolean {
  return at % PIECE === PIECE - 1;
}

function entriesOf({ sites, backends, certificates }: Delta): number {
  return [sites, backends, certificates].reduce(
    (sum, { set, removed }) => sum + set.length + removed.length,
    0,
  );
}
