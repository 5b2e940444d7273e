// Fields that are nowhere in an object any more, told by the path of the outermost one.
import { expect, test } from 'vitest';
import { lostFields } from './lost-fields.ts';

test.each<[string, unknown, unknown, readonly string[]]>([
  ['nothing', { a: 1 }, { a: 2, b: 3 }, []],
  ['a field', { a: 1, b: 2 }, { a: 1 }, ['spec.b']],
  ['a field with all in it', { a: { b: { c: 1 } }, d: 1 }, { d: 1 }, ['spec.a']],
  ['a field of an object', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, ['spec.a.b']],
  ['a field of every item', { a: [{ b: 1, c: 1 }, { b: 2 }] }, { a: [{ c: 1 }, {}] }, ['spec.a[].b']],
  ['a field of one item only: an edit', { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, {}] }, []],
  ['an item: an edit', { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }] }, []],
  ['lists in lists', { a: [[{ b: 1, c: 2 }]] }, { a: [[{ c: 2 }]] }, ['spec.a[][].b']],
  ['everything', { a: 1, b: { c: 1 } }, undefined, ['spec.a', 'spec.b']],
  ['what was never there', undefined, { a: 1 }, []],
])('%s', (_, before, after, lost) => {
  expect(lostFields(before, after, 'spec')).toEqual(lost);
});
