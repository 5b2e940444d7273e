// What a reflector asks before it believes what it reads of a kind whose definition can be taken away or replaced.
// Kinds of Kubernetes itself need none; policy-guard.ts is that of policies.
import type { ApiObject } from '../api/objects.ts';
import type { ObjectRecord } from './resource.ts';

type Told = ObjectRecord<ApiObject>;

/** A list beside what was known before it; both by `namespace/name`. */
export type ListChange = {
  readonly known: ReadonlyMap<string, Told>;
  readonly listed: ReadonlyMap<string, Told>;
};

/** Keys of known objects that stay as they are although a list says otherwise. */
export type HeldBack = {
  /** The list lacks them; it is asked again soon. */
  readonly gone: ReadonlySet<string>;
  /** The list has them with fewer fields than their owner wrote. */
  readonly pruned: ReadonlySet<string>;
};

export type Guard = {
  /**
   * Asked before each list and watch; throws an ApiFailure while nothing of the kind may be taken over.
   * @returns in how many milliseconds it wants to be asked again
   */
  admit(signal: AbortSignal): Promise<number>;
  /** Whether the new state of an object has to be confirmed by a list before it is taken over. */
  doubts(known: Told, told: Told): boolean;
  /** What of a list is not believed. Throws as `admit` does. */
  holdBack(change: ListChange, signal: AbortSignal): Promise<HeldBack>;
};

/** The objects to keep where a list says this. */
export function believed<Kept extends ApiObject>(
  known: ReadonlyMap<string, ObjectRecord<Kept>>,
  listed: ReadonlyMap<string, ObjectRecord<Kept>>,
  { gone, pruned }: HeldBack,
): ReadonlyMap<string, ObjectRecord<Kept>> {
  const result = new Map(listed);
  for (const key of gone) {
    const record = known.get(key);
    if (record !== undefined) result.set(key, record);
  }
  for (const key of pruned) {
    const [record, told] = [known.get(key), listed.get(key)];
    if (record !== undefined && told !== undefined)
      result.set(key, { ...told, object: record.object, issues: record.issues });
  }
  return result;
}
