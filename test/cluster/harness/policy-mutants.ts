// Policies near the edge of the schema: each is a good one with one place changed, mostly into a near miss.
import fc from 'fast-check';
import { RULE_CASES } from '../../support/policy-cases.ts';
import { policyWith } from '../../support/policy-edits.ts';
import { FULL_POLICIES } from '../../support/policy-keyword-cases.ts';

type Path = readonly (string | number)[];
type Change = { readonly kind: 'set'; readonly value: unknown } | { readonly kind: 'remove' };

const originals = [...Object.values(FULL_POLICIES), ...RULE_CASES.map(({ good }) => good)].map(policyWith);

/** Words and numbers that stand somewhere in good and bad policies, so that they meet every field. */
const wordPool = [
  ...new Set(RULE_CASES.flatMap(({ good, bad }) => [...leavesOf(good), ...leavesOf(bad)])),
].filter((word) => word !== undefined);
const odd: readonly unknown[] = [
  null,
  '',
  ' ',
  '/',
  '0',
  '-1',
  '1e3',
  '10m',
  '100s',
  '1h1h',
  '0x10',
  '१',
  'İ',
  'a\nb',
  '\u0000',
  '😀',
  'Deny',
  'chat.example.com',
  '*.example.com',
  '10.0.0.0/8',
  '::/0',
  '::1/128',
  0,
  -1,
  1,
  1.5,
  1e3,
  65535,
  65536,
  2 ** 53,
  true,
  false,
  [],
  {},
  [null],
  ['a'],
  { name: 'a' },
];

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...wordPool).map((value) => ({ kind: 'set', value }) as const) },
  { weight: 3, arbitrary: fc.constantFrom(...odd).map((value) => ({ kind: 'set', value }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'remove' } as const) },
);

/** Whole policies. */
export const mutants: fc.Arbitrary<unknown> = fc
  .constantFrom(...originals)
  .chain((original) =>
    fc
      .tuple(fc.constantFrom(...placesIn(original)), change)
      .map(([path, edit]) => changed(original, path, edit)),
  );

/** Every place below spec, and beside each field one more that is not there yet. */
function placesIn(policy: unknown): readonly Path[] {
  return below((policy as { readonly spec: unknown }).spec, ['spec']);
}

function below(value: unknown, path: Path): readonly Path[] {
  if (Array.isArray(value)) {
    return [path, [...path, value.length], ...value.flatMap((item, at) => below(item, [...path, at]))];
  }
  if (typeof value !== 'object' || value === null) return [path];
  const fields = Object.entries(value).flatMap(([name, each]) => below(each, [...path, name]));
  return [path, [...path, 'status'], [...path, 'name'], ...fields];
}

function changed(policy: unknown, path: Path, edit: Change): unknown {
  const copy: unknown = structuredClone(policy);
  let holder: unknown = copy;
  for (const step of path.slice(0, -1)) holder = Reflect.get(holder as object, step);
  const last = path.at(-1) ?? '';
  if (edit.kind === 'set') Reflect.set(holder as object, last, edit.value);
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else Reflect.deleteProperty(holder as object, last);
  return copy;
}

function leavesOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap(leavesOf);
}
