// A large step cut into parts that are told one after another, so that no message stops a worker for long.
import type { Changes, Delta } from '../model/delta.ts';

/** Sites, backends and certificates together; about a millisecond of a worker's time. */
const MAX_ENTRIES = 256;

type Piece = Pick<Delta, 'backends' | 'certificates' | 'sites'>;

const NONE: Changes<never> = { set: [], removed: [] };
const NOTHING: Piece = { backends: NONE, certificates: NONE, sites: NONE };

/** The same step in parts; a small one is its only part. */
export function partsOf(delta: Delta, maxEntries = MAX_ENTRIES): readonly Delta[] {
  if (entriesOf(delta) <= maxEntries) return [delta];
  const pieces: readonly Partial<Piece>[] = [
    ...cut(delta.backends, maxEntries).map((backends) => ({ backends })),
    ...cut(delta.certificates, maxEntries).map((certificates) => ({ certificates })),
    ...cut(delta.sites, maxEntries).map((sites) => ({ sites })),
  ];
  return pieces.map((each) => ({ base: delta.base, generation: delta.generation, ...NOTHING, ...each }));
}

function entriesOf({ backends, certificates, sites }: Delta): number {
  return [backends, certificates, sites].reduce(
    (sum, { set, removed }) => sum + set.length + removed.length,
    0,
  );
}

function cut<Entry>({ set, removed }: Changes<Entry>, size: number): readonly Changes<Entry>[] {
  return [
    ...slices(set, size).map((some) => ({ set: some, removed: [] })),
    ...slices(removed, size).map((some) => ({ set: [], removed: some })),
  ];
}

function slices<Entry>(entries: readonly Entry[], size: number): readonly (readonly Entry[])[] {
  return Array.from({ length: Math.ceil(entries.length / size) }, (_, at) =>
    entries.slice(at * size, (at + 1) * size),
  );
}
