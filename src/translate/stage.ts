// One pass of the translation with what it was made of: the same again costs nothing.

export type Stage<Result> = { readonly inputs: readonly unknown[]; readonly result: Result };

/** The result of before where every input is the same value; else a new one. */
export function stage<Result>(
  before: Stage<Result> | undefined,
  inputs: readonly unknown[],
  make: (last: Result | undefined) => Result,
): Stage<Result> {
  if (before !== undefined && inputs.every((input, at) => input === before.inputs[at])) return before;
  return { inputs, result: make(before?.result) };
}

/** The values of `next`, each replaced by the one of `last` that it equals. */
export function keepEqual<Value>(
  last: ReadonlyMap<string, Value> | undefined,
  next: ReadonlyMap<string, Value>,
  isEqual: (a: Value, b: Value) => boolean,
): ReadonlyMap<string, Value> {
  if (last === undefined) return next;
  const kept = new Map<string, Value>();
  for (const [key, value] of next) {
    const before = last.get(key);
    kept.set(key, before !== undefined && isEqual(before, value) ? before : value);
  }
  return kept;
}

export function hasSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
