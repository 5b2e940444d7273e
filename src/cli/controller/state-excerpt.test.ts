// What is left of a list when some of it is asked for.
import { expect, test } from 'vitest';
import { excerptOf } from './state-excerpt.ts';

test.each([
  ['everything', { limit: 10, filter: '' }, ['Anna', 'Bob', 'Hannah'], 3],
  ['so many', { limit: 2, filter: '' }, ['Anna', 'Bob'], 3],
  ['what has the text, in any case', { limit: 10, filter: 'ann' }, ['Anna', 'Hannah'], 2],
  ['so many of what has the text', { limit: 1, filter: 'ann' }, ['Anna'], 2],
  ['nothing', { limit: 10, filter: 'x' }, [], 0],
])('%s', (_, query, items, matching) => {
  expect(excerptOf(['Anna', 'Bob', 'Hannah'], query, (name) => name)).toEqual({
    items,
    size: { total: 3, matching, listed: items.length },
  });
});
