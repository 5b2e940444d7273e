// Decides when a file on disk may be believed: only when two looks in a row agree on it, never half-saved.
// Pure: source.ts looks, with the agreed pause between looks, and hands over what it saw.
import type { ReadProblem } from './manifest-file.ts';

/** What a look found under a path. */
export type Sighting =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Marks this state of the file for later looks; absent if a later change could bear the same mark. */
      readonly signature: string | undefined;
    }
  | { readonly kind: 'problem'; readonly problem: ReadProblem }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' };

/** A path whose state two looks agreed on, different from the state it had. */
export type SettledChange = {
  readonly path: string;
  readonly now: Exclude<Sighting, { readonly kind: 'unchanged' }>;
};

export type LookResult = {
  readonly changes: readonly SettledChange[];
  /** Paths that differ from their settled state and need another look. */
  readonly pendingCount: number;
  /** Pending paths that differed at each of the last `restlessLooks` looks. */
  readonly restless: readonly string[];
};

/** Looks after which a file that never rests is reported. */
export const restlessLooks = 20;

type State = SettledChange['now'];
type Candidate = { readonly state: State; readonly looks: number };

export class Settling {
  readonly #settled = new Map<string, State>();
  readonly #candidates = new Map<string, Candidate>();

  /** How many paths have a state, settled or not. */
  get size(): number {
    return (
      this.#settled.size + [...this.#candidates.keys()].filter((path) => !this.#settled.has(path)).length
    );
  }

  has(path: string): boolean {
    return this.#settled.has(path) || this.#candidates.has(path);
  }

  /** Whether the file needs no reading at this look, as its signature tells that it is the settled one. */
  isKnown(path: string, signature: string | undefined): boolean {
    const settled = this.#settled.get(path);
    if (signature === undefined || this.#candidates.has(path) || settled?.kind !== 'text') return false;
    return settled.signature === signature;
  }

  /**
   * Takes in one look. Paths it did not see are gone, unless `isHidden` says that the look could not tell.
   */
  look(seen: ReadonlyMap<string, Sighting>, isHidden: (path: string) => boolean): LookResult {
    const changes: SettledChange[] = [];
    const restless: string[] = [];
    const known = new Set([...this.#settled.keys(), ...this.#candidates.keys(), ...seen.keys()]);
    for (const path of known) {
      const sighting = seen.get(path) ?? (isHidden(path) ? unchanged : gone);
      if (sighting.kind === 'unchanged') continue;
      const change = this.#compare(path, sighting);
      if (change !== undefined) changes.push(change);
      if ((this.#candidates.get(path)?.looks ?? 0) >= restlessLooks) restless.push(path);
    }
    return { changes, pendingCount: this.#candidates.size, restless };
  }

  #compare(path: string, state: State): SettledChange | undefined {
    if (isSameState(state, this.#settled.get(path) ?? gone)) {
      this.#settle(path, state);
      return undefined;
    }
    const candidate = this.#candidates.get(path);
    if (candidate !== undefined && isSameState(state, candidate.state)) {
      this.#settle(path, state);
      return { path, now: state };
    }
    this.#candidates.set(path, { state, looks: (candidate?.looks ?? 0) + 1 });
    return undefined;
  }

  #settle(path: string, state: State): void {
    this.#candidates.delete(path);
    if (state.kind === 'gone') this.#settled.delete(path);
    else this.#settled.set(path, state);
  }
}

const gone: Sighting & { readonly kind: 'gone' } = { kind: 'gone' };
const unchanged: Sighting & { readonly kind: 'unchanged' } = { kind: 'unchanged' };

function isSameState(a: State, b: State): boolean {
  if (a.kind === 'text' && b.kind === 'text') return a.text === b.text;
  if (a.kind === 'problem' && b.kind === 'problem') return a.problem.message === b.problem.message;
  return a.kind === b.kind;
}
