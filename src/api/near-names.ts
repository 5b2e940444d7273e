// "Did you mean": finds the known name a misspelt one was meant to be.

/** Longer names are not compared: no field is as long, and the work grows with the square. */
const MAX_LENGTH = 40;

/** The candidate that differs by case only, or by at most a third of its letters; undefined where none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const limit = Math.max(1, Math.floor(known.length / 3));
    // So many letters are missing at least; the distance need not be told.
    if (Math.abs(known.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, known);
    if (distance <= limit && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The same of the names of hosts, of which each part is compared with its own: most share their domain. */
export function nearestHost(name: string, candidates: readonly string[]): string | undefined {
  const parts = name.split('.');
  const isNear = (candidate: string) => {
    const known = candidate.split('.');
    if (known.length !== parts.length) return known.join('') === parts.join('');
    return known.every(
      (part, at) => part === parts[at] || nearestName(parts[at] ?? '', [part]) !== undefined,
    );
  };
  return nearestName(name, candidates.filter(isNear));
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1;
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + cost,
          isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
