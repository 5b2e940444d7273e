// Rendezvous hashing, the heart of persistence: what holds for any endpoints and keys, and the bound on one address.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseEndpoint } from './affinity.ts';
import { hashText } from './hash.ts';
import { endpoint, loadView, servingBackend } from './test-objects.ts';
import { UsableEndpoints } from './usable.ts';

const USERS = Array.from({ length: 2000 }, (_, at) => `user${String(at).padStart(22, '0')}`);
const identities = fc.uniqueArray(
  fc.uuid().map((uid) => `${uid}:8065`),
  { minLength: 2, maxLength: 12 },
);

/** The endpoint of a key, with these loads by slot. */
function ownerOf(names: readonly string[], key: string, loads?: readonly number[]): string | undefined {
  const backend = servingBackend(names.map((name) => endpoint(name)));
  const result = loads === undefined ? 'user' : 'source';
  const keys = {
    endpoint: undefined,
    sentToken: undefined,
    fenceMs: 0,
    hashes: [{ result, hash: hashText(key) } as const],
  };
  return chooseEndpoint(backend, keys, loadView(loads), new Set())?.endpoint.endpoint.identity;
}

/** The endpoint of each of USERS. */
function ownersOf(names: readonly string[]): readonly (string | undefined)[] {
  const backend = servingBackend(names.map((name) => endpoint(name)));
  return USERS.map((user) => {
    const keys = {
      endpoint: undefined,
      sentToken: undefined,
      fenceMs: 0,
      hashes: [{ result: 'user', hash: hashText(user) } as const],
    };
    return chooseEndpoint(backend, keys, loadView(), new Set())?.endpoint.endpoint.identity;
  });
}

// Any process, replica and release must come to the same answer: nothing else holds a user on a node.
describe('the same answer everywhere', () => {
  const pods = ['pod-1:8065', 'pod-2:8065', 'pod-3:8065'];
  test.each([
    ['abcdefghijklmnopqrstuvwx01', 'pod-2:8065'],
    ['zyxwvutsrqponmlkjihgfedc98', 'pod-2:8065'],
    ['tokentokentokentokentoken1', 'pod-3:8065'],
    ['c0000207', 'pod-1:8065'],
    ['c0000208', 'pod-3:8065'],
    ['20010db8000000000000000000000000', 'pod-2:8065'],
  ])('%s belongs to %s', (key, owner) => {
    expect(ownerOf(pods, key)).toBe(owner);
  });

  test('whatever the order of the endpoints', () => {
    fc.assert(
      fc.property(identities, fc.string(), (names, key) => {
        expect(ownerOf(names.toReversed(), key)).toBe(ownerOf(names, key));
      }),
    );
  });

  test('even where two endpoints have the same hash', () => {
    const backend = servingBackend([endpoint('b:1'), endpoint('a:1')]);
    const twins = backend.endpoints.map((each) => ({ ...each, seed: 7 }));
    const keys = {
      endpoint: undefined,
      sentToken: undefined,
      fenceMs: 0,
      hashes: [{ result: 'user', hash: 1 } as const],
    };
    const owners = [twins, twins.toReversed()].map((endpoints) =>
      chooseEndpoint(
        { ...backend, endpoints, usable: new UsableEndpoints(endpoints, false) },
        keys,
        loadView(),
        new Set(),
      ),
    );
    expect(owners.map((owner) => owner?.endpoint.endpoint.identity)).toEqual(['a:1', 'a:1']);
  });
});

describe('endpoints come and go', () => {
  test('one more takes its share, and nobody moves between the others', () => {
    fc.assert(
      fc.property(identities, (names) => {
        const [added = '', ...before] = names;
        const [old, now] = [ownersOf(before), ownersOf(names)];
        const moved = USERS.flatMap((_, at) => (old[at] === now[at] ? [] : [now[at]]));
        expect(moved.every((owner) => owner === added)).toBe(true);
        // 1/n of the users, within six standard deviations: by chance one of some ten million runs is farther off.
        const share = 1 / names.length;
        const slack = 6 * Math.sqrt(USERS.length * share * (1 - share));
        expect(Math.abs(moved.length - USERS.length * share)).toBeLessThan(slack);
      }),
      { numRuns: 30 },
    );
  });

  test('one less moves its own users only', () => {
    fc.assert(
      fc.property(identities, (names) => {
        const [gone = '', ...left] = names;
        const [old, now] = [ownersOf(names), ownersOf(left)];
        expect(USERS.filter((_, at) => old[at] !== gone && old[at] !== now[at])).toEqual([]);
        expect(now).not.toContain(gone);
      }),
      { numRuns: 30 },
    );
  });

  test('the users of one that went spread over all others', () => {
    const names = ['a:1', 'b:1', 'c:1', 'd:1'];
    const [old, now] = [ownersOf(names), ownersOf(names.slice(1))];
    const heirs = new Map<string | undefined, number>();
    for (const [at, owner] of old.entries())
      if (owner === 'a:1') heirs.set(now[at], (heirs.get(now[at]) ?? 0) + 1);
    // About 167 each.
    expect([...heirs.values()].map((count) => count > 110 && count < 230)).toEqual([true, true, true]);
  });
});

describe('one address is an office: its endpoint may have 1.25 times the mean and 8 more', () => {
  const names = ['a:1', 'b:1', 'c:1', 'd:1'];
  const key = 'c0000207';
  const order = [...names].toSorted((a, b) => rank(a) - rank(b));
  /** Place in the order of this key: how often it loses against another one alone. */
  function rank(name: string): number {
    return names.filter((other) => other !== name && ownerOf([name, other], key) === other).length;
  }
  const loadsOf = (...byRank: readonly number[]) => names.map((name) => byRank[order.indexOf(name)] ?? 0);

  test.each([
    ['nothing runs', [0, 0, 0, 0], 0],
    ['a little more than the others', [8, 0, 0, 0], 0],
    ['the bound: 11 of a mean of 2.75 and a bit', [11, 0, 0, 0], 0],
    ['one over the bound', [12, 0, 0, 0], 1],
    ['the bound in a busy house', [133, 100, 100, 67], 0],
    ['over the bound in a busy house', [135, 100, 100, 65], 1],
    ['the second one is over it too', [80, 80, 0, 0], 2],
    ['three are over it', [300, 300, 300, 0], 3],
  ])('%s', (_, byRank, expected) => {
    expect(ownerOf(names, key, loadsOf(...byRank))).toBe(order[expected]);
  });

  test('any loads: the first in the order that is within the bound, and there always is one', () => {
    const loads = fc.array(fc.nat(200), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(loads, (byRank) => {
        const bound = (byRank.reduce((sum, load) => sum + load, 0) / 4) * 1.25 + 8;
        const expected = order[byRank.findIndex((load) => load <= bound)];
        expect(ownerOf(names, key, loadsOf(...byRank))).toBe(expected);
      }),
    );
  });

  test('a user is one person: loads say nothing', () => {
    const backend = servingBackend(names.map((name) => endpoint(name)));
    const keys = {
      endpoint: undefined,
      sentToken: undefined,
      fenceMs: 0,
      hashes: [{ result: 'user', hash: hashText(key) } as const],
    };
    const chosen = chooseEndpoint(backend, keys, loadView(loadsOf(1000, 0, 0, 0)), new Set());
    expect(chosen?.endpoint.endpoint.identity).toBe(order[0]);
  });
});
