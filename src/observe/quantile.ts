// What lies below a part of all observed values, told from the counts of a histogram's buckets as Prometheus does it.

/**
 * @param bounds upper bounds, ascending
 * @param counts values in each bucket, not cumulated, and last those above all bounds
 * @returns in the unit of the bounds; the highest bound for what lies above it; undefined where nothing was observed
 */
export function quantile(
  bounds: readonly number[],
  counts: readonly number[],
  part: number,
): number | undefined {
  const rank = part * counts.reduce((sum, count) => sum + count, 0);
  if (rank === 0) return undefined;
  let below = 0;
  for (const [at, bound] of bounds.entries()) {
    const count = counts[at] ?? 0;
    const lower = at === 0 ? 0 : (bounds[at - 1] ?? 0);
    if (below + count >= rank) return lower + ((bound - lower) * (rank - below)) / count;
    below += count;
  }
  return bounds.at(-1);
}
