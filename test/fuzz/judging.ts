// What the properties of admission have in common: the readings of a path, the secrets of a policy, and a count of outcomes.
import fc from 'fast-check';
import { posix } from 'node:path';
import { checkPolicy } from '../../src/api/validate.ts';
import { policy } from '../../src/translate/test-objects.ts';
import type { Asked } from './reference.ts';

/** What servers do to a path before they look at it, in whatever order and as often as they like. */
const TREATMENTS: readonly ((path: string) => string)[] = [
  decode,
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/{2,}/g, '/'),
  (path) => path.toLowerCase(),
  (path) => posix.normalize(path),
];

/** How servers might read the path: if one of them means another rule, the request may not pass. */
export function readingsOf({ target }: Asked, treatments = 3): readonly string[] {
  let readings = new Set([target.split('?')[0] ?? '']);
  for (let round = 0; round < treatments; round++)
    readings = new Set([...readings].flatMap((path) => [path, ...TREATMENTS.map((treat) => treat(path))]));
  return [...readings];
}

function decode(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** Rounds of drawing: what chance misses in one of three thousand is there after a few. */
const MOST_ROUNDS = 5;

/** What became of all runs: a property that nothing ever reached would hold as well. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(word: string): void {
    this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
  }

  /** Words that have not come as often as they must. */
  missing(wanted: Wanted): readonly string[] {
    return Object.keys(wanted).filter((word) => (this.counts.get(word) ?? 0) < (wanted[word] ?? 0));
  }
}

/** How often a word must come at least. */
export type Wanted = Readonly<Record<string, number>>;

type Reach = {
  readonly numRuns: number;
  readonly seed: string | undefined;
  readonly tally: Tally;
  readonly wanted: Wanted;
};

/** Checks a property, and draws on while something was not reached: by chance for a while, or because it cannot be. */
export async function assertReaching<Values>(
  property: fc.IAsyncProperty<Values>,
  { numRuns, seed, tally, wanted }: Reach,
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) + round }) });
    if (tally.missing(wanted).length === 0) return;
  }
  throw new Error(`Not reached, or too seldom: ${tally.missing(wanted).join(', ')}`);
}

/** Lower-case names of the headers that hold secrets of this policy, unless it wants them forwarded. */
export function secretHeadersOf(spec: object): readonly string[] {
  const { policy: checked } = checkPolicy(policy('chat/it', spec));
  const admission = checked?.spec.admission;
  if (admission === undefined || admission.forwardSecretHeaders === true) return [];
  const headers = (admission.rules ?? []).flatMap((rule) => rule.headers ?? []);
  return headers.filter(({ secretRef }) => secretRef !== undefined).map(({ name }) => name.toLowerCase());
}
