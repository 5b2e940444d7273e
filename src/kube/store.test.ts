// What events and lists make of a store, also when they come late, twice or not at all.
import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from './resource.ts';
import { ObjectStore } from './store.ts';

type Kept = { readonly port: number };

function record(key: string, version: string, port = 1, uid = `uid-${key}`): ObjectRecord<Kept> {
  return { key, uid, version, object: { port }, issues: [] };
}

function list(...records: readonly ObjectRecord<Kept>[]): ReadonlyMap<string, ObjectRecord<Kept>> {
  return new Map(records.map((each) => [each.key, each]));
}

function filled(...records: readonly ObjectRecord<Kept>[]): ObjectStore<Kept> {
  const store = new ObjectStore<Kept>();
  store.replace(list(...records));
  return store;
}

describe('events', () => {
  test('come, change and go; each snapshot stays as it was', () => {
    const store = new ObjectStore<Kept>();
    expect(store.put(record('a', '5'))).toBe(true);
    const first = store.objects();
    expect(store.put(record('a', '6', 2))).toBe(true);
    const second = store.objects();
    expect(store.remove({ key: 'a', version: '7' })).toBe(true);
    expect([first, second, store.objects()].map((each) => each.get('a')?.port)).toEqual([1, 2, undefined]);
  });

  test('that change nothing we read leave the snapshot as it is', () => {
    const store = filled(record('a', '5'));
    const before = store.objects();
    expect(store.put(record('a', '6'))).toBe(false);
    expect(store.objects()).toBe(before);
    expect([...store.records()][0]?.version).toBe('6');
  });

  test.each<[string, (store: ObjectStore<Kept>) => unknown, Record<string, number>]>([
    ['an older state comes late', (store) => store.put(record('a', '9', 7)), { a: 1 }],
    ['the same state comes again', (store) => store.put(record('a', '10')), { a: 1 }],
    ['a deletion of before comes late', (store) => store.remove({ key: 'a', version: '9' }), { a: 1 }],
    ['an unknown object goes', (store) => store.remove({ key: 'b', version: '11' }), { a: 1 }],
    ['versions are numbers, not text', (store) => store.put(record('a', '9999', 7)), { a: 7 }],
    [
      'versions that are no numbers are believed in order',
      (store) => store.put(record('a', 'x', 7)),
      { a: 7 },
    ],
  ])('%s', (_, act, wanted) => {
    const store = filled(record('a', '10'));
    act(store);
    expect(Object.fromEntries([...store.objects()].map(([key, { port }]) => [key, port]))).toEqual(wanted);
  });

  test('a state of before its deletion does not bring an object back; a new one does', () => {
    const store = filled(record('a', '10'));
    store.remove({ key: 'a', version: '12' });
    expect(store.put(record('a', '11', 7))).toBe(false);
    expect(store.size).toBe(0);
    expect(store.put(record('a', '13', 8, 'uid-new'))).toBe(true);
    expect(store.objects().get('a')?.port).toBe(8);
  });

  test('an object of another uid is another object, however equal', () => {
    const store = filled(record('a', '10'));
    expect(store.put(record('a', '12', 1, 'uid-new'))).toBe(true);
  });
});

describe('a list', () => {
  test('is right whatever was known, and says how it differs', () => {
    const store = filled(
      record('same', '1'),
      record('changed', '2'),
      record('gone', '3'),
      record('anew', '4'),
    );
    const changes = store.replace(
      list(
        record('same', '1'),
        record('changed', '7', 9),
        record('anew', '8', 1, 'uid-new'),
        record('new', '9'),
      ),
    );
    expect(changes).toEqual({ added: 2, modified: 1, deleted: 2, isChanged: true });
    expect([...store.objects().keys()].toSorted()).toEqual(['anew', 'changed', 'new', 'same']);
  });

  test('that is older than what was known is still right: the server was restored from a copy', () => {
    const store = filled(record('a', '100', 2));
    expect(store.replace(list(record('a', '50', 1)))).toMatchObject({ modified: 1, isChanged: true });
    expect(store.objects().get('a')?.port).toBe(1);
  });

  test('that brings nothing new keeps the snapshot, also where versions moved', () => {
    const store = filled(record('a', '1'));
    const before = store.objects();
    expect(store.replace(list(record('a', '2')))).toEqual({
      added: 0,
      modified: 1,
      deleted: 0,
      isChanged: false,
    });
    expect(store.objects()).toBe(before);
  });
});

describe('records of which something cannot be read', () => {
  const flawed = (version: string, issues: number): ObjectRecord<{ readonly n: number }> => ({
    key: 'a/b',
    uid: 'u',
    version,
    object: undefined,
    issues: Array.from({ length: issues }, () => ({ field: 'spec', message: 'is wrong', remedy: 'Mend it' })),
  });

  test.each<[string, (store: ObjectStore<{ readonly n: number }>) => unknown]>([
    ['mended', (store) => store.put(flawed('2', 0))],
    ['deleted', (store) => store.remove(flawed('2', 1))],
    ['gone from the list', (store) => store.replace(new Map())],
  ])('are told until they are %s', (_, end) => {
    const store = new ObjectStore<{ readonly n: number }>();
    store.put(flawed('1', 1));
    expect([...store.flawed()].map(({ key }) => key)).toEqual(['a/b']);
    end(store);
    expect([...store.flawed()]).toEqual([]);
  });
});
