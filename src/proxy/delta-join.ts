// The parts of a large step put together again as they come from the main thread.
import type { Changes, Delta } from '../model/delta.ts';

export class DeltaJoin {
  #parts: Delta[] = [];

  add(part: Delta): void {
    // A new step begins: what came of another one is of no use without its end.
    if (this.#parts[0]?.generation !== part.generation) this.#parts = [];
    this.#parts.push(part);
  }

  /** The whole step, when its last part was added. */
  take(): Delta | undefined {
    const [first, ...more] = this.#parts;
    this.#parts = [];
    if (first === undefined || more.length === 0) return first;
    const parts = [first, ...more];
    return {
      base: first.base,
      generation: first.generation,
      sites: joined(parts.map(({ sites }) => sites)),
      backends: joined(parts.map(({ backends }) => backends)),
      certificates: joined(parts.map(({ certificates }) => certificates)),
    };
  }
}

function joined<Entry>(changes: readonly Changes<Entry>[]): Changes<Entry> {
  return { set: changes.flatMap(({ set }) => set), removed: changes.flatMap(({ removed }) => removed) };
}
