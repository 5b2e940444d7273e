// Parts of a step as they come: joined in order, and dropped where the end of a step never came.
import { expect, test } from 'vitest';
import { site } from '../decide/test-objects.ts';
import type { Delta } from '../model/delta.ts';
import { DeltaJoin } from './delta-join.ts';

const NONE = { set: [], removed: [] };

function part(generation: number, hosts: readonly string[], removed: readonly string[] = []): Delta {
  const set = hosts.map((host) => ({ ...site(`${host}/`), key: host }));
  return { base: generation - 1, generation, sites: { set, removed }, backends: NONE, certificates: NONE };
}

function joinedHosts(...parts: readonly Delta[]): unknown {
  const join = new DeltaJoin();
  for (const each of parts) join.add(each);
  const { generation, sites } = join.take() ?? {};
  return [generation, sites?.set.map(({ key }) => key), sites?.removed];
}

test('a step of one part is that part', () => {
  expect(joinedHosts(part(2, ['a.test']))).toEqual([2, ['a.test'], []]);
});

test('parts are joined in their order', () => {
  expect(joinedHosts(part(2, ['a.test']), part(2, ['b.test'], ['c']), part(2, [], ['d']))).toEqual([
    2,
    ['a.test', 'b.test'],
    ['c', 'd'],
  ]);
});

test('what came of a step that was given up is in no other one', () => {
  expect(joinedHosts(part(2, ['a.test']), part(3, ['b.test']))).toEqual([3, ['b.test'], []]);
});

test('after a step there is nothing left of it', () => {
  const join = new DeltaJoin();
  join.add(part(2, ['a.test']));
  join.take();
  expect(join.take()).toBeUndefined();
});
