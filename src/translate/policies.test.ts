// The order of policies, and what an invalid one still claims.
import { describe, expect, test } from 'vitest';
import { readPolicies, type RememberedClaim } from './policies.ts';
import { objectSet, policy, route } from './test-objects.ts';

const NOTHING = new Map<string, RememberedClaim>();

function claimOf(spec: object, remembered: ReadonlyMap<string, RememberedClaim> = NOTHING) {
  return readPolicies(objectSet(policy('chat/site', spec)).policies, remembered)[0]?.claim;
}

describe('order', () => {
  const at = (creationTimestamp: string) => ({ creationTimestamp });
  test.each([
    ['the oldest first', ['b/x', at('2026-01-01T00:00:00Z')], ['a/x', at('2026-01-02T00:00:00Z')]],
    [
      'by time, not by its spelling',
      ['b/x', at('2026-01-01T00:00:00+01:00')],
      ['a/x', at('2026-01-01T00:00:00Z')],
    ],
    ['one age: by namespace', ['a/y', at('2026-01-01T00:00:00Z')], ['b/x', at('2026-01-01T00:00:00Z')]],
    ['one age: then by name', ['a/x', at('2026-01-01T00:00:00Z')], ['a/y', at('2026-01-01T00:00:00Z')]],
    ['no age: by name', ['a/x', {}], ['a/y', {}]],
    ['any age before none', ['b/x', at('2030-01-01T00:00:00Z')], ['a/x', {}]],
    ['an unreadable age is none', ['b/x', at('2030-01-01T00:00:00Z')], ['a/x', at('long ago')]],
  ] as const)('%s', (_, [first, firstMeta], [second, secondMeta]) => {
    const [a, b] = [policy(first, {}, firstMeta), policy(second, {}, secondMeta)];
    for (const objects of [objectSet(a, b), objectSet(b, a)]) {
      expect(readPolicies(objects.policies, NOTHING).map(({ key }) => key)).toEqual([first, second]);
    }
  });
});

describe('claim of an invalid policy', () => {
  const last: RememberedClaim = { hosts: ['old.example.com'], path: '/old', tls: 'none' };
  const remembered = new Map([['chat/site', last]]);
  const broken = { admission: {} };

  test.each([
    ['hosts as they stand', route('chat.example.com'), ['chat.example.com'], false],
    ['hosts in capitals and with blanks', route(' Chat.Example.com '), ['chat.example.com'], false],
    [
      'a single text instead of a list',
      { ...route([]), hosts: 'chat.example.com' },
      ['chat.example.com'],
      true,
    ],
    ['one entry that is no host', route(['chat.example.com', 'a_b']), ['chat.example.com'], true],
    ['an empty list', route([]), [], true],
    ['no hosts', { service: {} }, [], true],
    ['no route', undefined, [], true],
    ['a route that is no object', 'chat.example.com', [], true],
  ])('never valid before: %s', (_, routeSpec, hosts, holdsWildcards) => {
    expect(claimOf({ ...broken, route: routeSpec })).toMatchObject({ hosts, holdsWildcards });
  });

  test.each([
    ['complete hosts replace them', route('chat.example.com'), ['chat.example.com']],
    [
      'incomplete hosts are added to them',
      route(['chat.example.com', 'a_b']),
      ['chat.example.com', 'old.example.com'],
    ],
    ['unreadable hosts leave them', { hosts: 7 }, ['old.example.com']],
  ])('with hosts it had last: %s', (_, routeSpec, hosts) => {
    expect(claimOf({ ...broken, route: routeSpec }, remembered)).toMatchObject({
      hosts,
      holdsWildcards: false,
      tls: 'none',
    });
  });

  test.each([
    ['/chat', '/chat'],
    ['/chat/', '/chat'],
    ['/', '/'],
    [undefined, '/'],
    ['chat', undefined],
    ['/a b', undefined],
    ['/../', undefined],
    [7, undefined],
    [null, undefined],
  ])('path %j is read as %j', (path, expected) => {
    expect(claimOf({ ...broken, route: route('chat.example.com', { path }) })?.path).toBe(expected);
  });

  test('an unreadable path is the one it had last', () => {
    expect(claimOf({ ...broken, route: route('chat.example.com', { path: 7 }) }, remembered)?.path).toBe(
      '/old',
    );
  });
});

describe('TLS settings of a host', () => {
  const tlsOf = (spec: object) => claimOf(spec)?.tls;
  const tls = (more: object = {}) => route('chat.example.com', { tls: { secretName: 'a', ...more } });

  test.each([
    [
      'a default written out',
      { route: tls() },
      { route: tls({ redirectHTTP: true }), client: { tls: { minVersion: '1.2' } } },
    ],
    ['client.tls of a plain site', {}, { client: { tls: { minVersion: '1.3' } } }],
  ])('are the same for %s', (_, one, other) => {
    expect(tlsOf(one)).toBe(tlsOf(other));
  });

  test.each([
    ['another Secret', { route: tls() }, { route: tls({ secretName: 'b' }) }],
    ['another redirect', { route: tls() }, { route: tls({ redirectHTTP: false }) }],
    ['another version', { route: tls() }, { route: tls(), client: { tls: { minVersion: '1.3' } } }],
    ['plain HTTP', { route: tls() }, {}],
  ])('differ for %s', (_, one, other) => {
    expect(tlsOf(one)).not.toBe(tlsOf(other));
  });
});
