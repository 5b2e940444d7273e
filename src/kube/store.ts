// What one reflector knows: the objects of a kind by name. Told event by event or list by list; read as a whole.
import { isDeepStrictEqual } from 'node:util';
import type { ObjectRecord } from './resource.ts';
import { isOlder } from './resource-version.ts';

/** Objects that came, changed and went; one that was created anew under its name went and came. */
export type StoreChanges = { readonly added: number; readonly modified: number; readonly deleted: number };

/** Deletions remembered, so that a late event does not bring an object back. */
const MAX_TOMBSTONES = 10_000;

export class ObjectStore<Kept> {
  #records = new Map<string, ObjectRecord<Kept>>();
  #tombstones = new Map<string, string>();
  /** Those of the records that have issues: few, and asked for after every change. */
  readonly #flawed = new Map<string, ObjectRecord<Kept>>();
  #objects: ReadonlyMap<string, Kept> | undefined;

  get size(): number {
    return this.#records.size;
  }

  records(): IterableIterator<ObjectRecord<Kept>> {
    return this.#records.values();
  }

  byKey(): ReadonlyMap<string, ObjectRecord<Kept>> {
    return this.#records;
  }

  /** Records of which something cannot be read. */
  flawed(): Iterable<ObjectRecord<Kept>> {
    return this.#flawed.values();
  }

  /** The usable objects by key: a value that never changes; the same one until something did. */
  objects(): ReadonlyMap<string, Kept> {
    this.#objects ??= usable(this.#records);
    return this.#objects;
  }

  /** An object was created or changed. @returns whether anything that is read of it did */
  put(record: ObjectRecord<Kept>): boolean {
    const { key, version } = record;
    const known = this.#records.get(key);
    if (isOlder(version, known?.version ?? this.#tombstones.get(key) ?? version)) return false;
    this.#tombstones.delete(key);
    return this.#keep(record, known);
  }

  /** An object was deleted. @returns whether it was known */
  remove({ key, version }: Pick<ObjectRecord<Kept>, 'key' | 'version'>): boolean {
    const known = this.#records.get(key);
    if (known !== undefined && isOlder(version, known.version)) return false;
    if (this.#tombstones.size >= MAX_TOMBSTONES) this.#tombstones.clear();
    this.#tombstones.set(key, version);
    if (known === undefined) return false;
    this.#records.delete(key);
    this.#flawed.delete(key);
    this.#objects = undefined;
    return true;
  }

  /** The full list, which is right whatever the events said. @returns how it differs from what was known */
  replace(records: ReadonlyMap<string, ObjectRecord<Kept>>): StoreChanges & { readonly isChanged: boolean } {
    const before = this.#records;
    let [added, modified, deleted] = [0, 0, 0];
    let isChanged = false;
    this.#records = new Map();
    this.#tombstones = new Map();
    this.#flawed.clear();
    for (const [key, record] of records) {
      const known = before.get(key);
      if (known === undefined || known.uid !== record.uid) added += 1;
      else if (known.version !== record.version) modified += 1;
      if (this.#keep(record, known)) isChanged = true;
    }
    for (const [key, { uid }] of before) if (records.get(key)?.uid !== uid) deleted += 1;
    if (deleted > 0) {
      isChanged = true;
      this.#objects = undefined;
    }
    return { added, modified, deleted, isChanged };
  }

  /** A change of version or status alone is none. Keeps the object that is known where the new one is equal: whoever compares by identity sees no change. */
  #keep(record: ObjectRecord<Kept>, known: ObjectRecord<Kept> | undefined): boolean {
    const isSame =
      known !== undefined &&
      known.uid === record.uid &&
      isDeepStrictEqual(known.object, record.object) &&
      isDeepStrictEqual(known.issues, record.issues);
    this.#records.set(record.key, isSame ? { ...record, object: known.object } : record);
    if (record.issues.length > 0) this.#flawed.set(record.key, record);
    else this.#flawed.delete(record.key);
    if (!isSame) this.#objects = undefined;
    return !isSame;
  }
}

/** Ten thousand objects in half a millisecond: this is done after each change. */
function usable<Kept>(records: ReadonlyMap<string, ObjectRecord<Kept>>): ReadonlyMap<string, Kept> {
  const objects = new Map<string, Kept>();
  for (const [key, { object }] of records) if (object !== undefined) objects.set(key, object);
  return objects;
}
