// What one compiling step looked up, so that its result can be used again for as long as all of it is the same.

/** Whatever gives a value for a key: a map, or something that makes the value when asked. */
export type Lookup<Value> = { get(key: string): Value | undefined };

/** Lookups by the name of what they give. */
export type Lookups = Readonly<Record<string, Lookup<unknown>>>;

/** One question and its answer, undefined included. */
export type Note = { readonly name: string; readonly key: string; readonly value: unknown };

/** The same lookup, which writes down each question and its answer. */
export function noting<Value>(name: string, from: Lookup<Value>, notes: Note[]): Lookup<Value> {
  return {
    get(key) {
      const value = from.get(key);
      notes.push({ name, key, value });
      return value;
    },
  };
}

/** Whether all questions have the same answers still: values are never changed, so that the same is equal. */
export function isSameStill(notes: readonly Note[], lookups: Lookups): boolean {
  for (const { name, key, value } of notes) if (lookups[name]?.get(key) !== value) return false;
  return true;
}
