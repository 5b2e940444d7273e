// Places of endpoints in shared memory: one a backend and endpoint identity, kept while anybody may still count there.
import type { Backend } from '../model/configuration.ts';

export class SlotTable {
  readonly #slots = new Map<string, number>();
  /** Slots whose endpoint left with that generation; free once all workers are past it and nothing is counted. */
  readonly #leaving = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #capacity: number;
  #next = 0;

  /** @param capacity --max-endpoints */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The slots of a backend's endpoints; undefined where there is no room left for one. */
  place(backend: Backend): readonly (number | undefined)[] {
    return backend.endpoints.map((endpoint) => this.#slotOf(slotKey(backend.key, endpoint.identity)));
  }

  /** The endpoint leaves with that generation. */
  leave(backendKey: string, identity: string, generation: number): void {
    this.#leaving.set(slotKey(backendKey, identity), generation);
  }

  /** Frees what every worker has forgotten and nobody uses; says whether that was anything. */
  collect(acknowledged: number, load: (slot: number) => number): boolean {
    const before = this.#free.length;
    for (const [key, generation] of this.#leaving) {
      const slot = this.#slots.get(key);
      if (slot !== undefined && (generation > acknowledged || load(slot) > 0)) continue;
      this.#leaving.delete(key);
      this.#slots.delete(key);
      if (slot !== undefined) this.#free.push(slot);
    }
    return this.#free.length > before;
  }

  #slotOf(key: string): number | undefined {
    this.#leaving.delete(key);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? (this.#next < this.#capacity ? this.#next++ : undefined);
    if (slot !== undefined) this.#slots.set(key, slot);
    return slot;
  }
}

function slotKey(backendKey: string, identity: string): string {
  return `${backendKey}\n${identity}`;
}
