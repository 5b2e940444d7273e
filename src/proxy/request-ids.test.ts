// Names for requests: their form, and that none comes twice.
import { expect, it } from 'vitest';
import { RequestIds } from './request-ids.ts';

it('gives 26 hexadecimal digits that never come twice, over many draws of chance', () => {
  const ids = new RequestIds();
  const given = Array.from({ length: 1_000 }, () => ids.next());
  expect(given.filter((id) => !/^[0-9a-f]{26}$/.test(id))).toEqual([]);
  expect(new Set(given).size).toBe(given.length);
});
