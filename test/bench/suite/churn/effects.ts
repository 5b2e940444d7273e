// From what was changed and what was seen from outside to how long each change took. Pure.

/** A change, or the state that an observation showed. Versions count up. */
export type Moment = { readonly atMs: number; readonly version: number };

export type Effects = {
  /** Of each change that was seen to be in force. */
  readonly delaysMs: readonly number[];
  /** Changes that no observation showed for good. */
  readonly unseen: number;
};

/**
 * A change is in force from the first observation on after which none shows an older version: other workers may be
 * behind. One that a later change overtook counts as in force with that one.
 * @param observations in the order of time
 */
export function effectsOf(changes: readonly Moment[], observations: readonly Moment[]): Effects {
  const settled = settledVersions(observations);
  const delaysMs = changes.flatMap(({ atMs, version }) => {
    const first = settled.find((seen) => seen.atMs >= atMs && seen.version >= version);
    return first === undefined ? [] : [first.atMs - atMs];
  });
  return { delaysMs, unseen: changes.length - delaysMs.length };
}

/** Each observation with the oldest version that it or any later one shows. */
function settledVersions(observations: readonly Moment[]): readonly Moment[] {
  let oldest = Number.POSITIVE_INFINITY;
  const backwards = observations.toReversed().map(({ atMs, version }) => {
    oldest = Math.min(oldest, version);
    return { atMs, version: oldest };
  });
  return backwards.reverse();
}

/** The version behind something that only tells it modulo `count`: the newest that fits. */
export function newestVersion(remainder: number, count: number, newest: number): number {
  return newest - ((((newest - remainder) % count) + count) % count);
}
