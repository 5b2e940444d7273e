// How many of some moments fall into one second, at most. Pure.

/** The most moments in any second that begins with one of them. */
export function peakPerSecond(momentsMs: readonly number[]): number {
  const sorted = momentsMs.toSorted((a, b) => a - b);
  let peak = 0;
  let first = 0;
  for (const [at, moment] of sorted.entries()) {
    while (moment - (sorted[first] ?? moment) >= 1000) first++;
    peak = Math.max(peak, at - first + 1);
  }
  return peak;
}
