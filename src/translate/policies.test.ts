// The order of policies, and what an invalid one still claims.
import { describe, expect, test } from 'vitest';
import { type PolicyDraft, readPolicies, type RememberedClaim } from './policies.ts';
import { DEFAULT_CLASSES, ingressRef, objectSet, policy, route, targetPolicy } from './test-objects.ts';

function read(object: ReturnType<typeof policy>, last?: RememberedClaim): PolicyDraft | undefined {
  const remembered = new Map(last === undefined ? [] : [['chat/site', { claim: last }]]);
  return readPolicies(objectSet(object).policies, { classes: DEFAULT_CLASSES, remembered, before: [] })[0];
}

function claimOf(spec: object, last?: RememberedClaim) {
  return read(policy('chat/site', spec), last)?.claim;
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
    const source = { classes: DEFAULT_CLASSES, remembered: new Map(), before: [] };
    const [a, b] = [policy(first, {}, firstMeta), policy(second, {}, secondMeta)];
    for (const objects of [objectSet(a, b), objectSet(b, a)]) {
      expect(readPolicies(objects.policies, source).map(({ key }) => key)).toEqual([first, second]);
    }
  });
});

describe('claim of an invalid policy', () => {
  const last: RememberedClaim = { hosts: ['old.example.com'], path: '/old', tls: 'none', targets: [] };
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
    expect(claimOf({ ...broken, route: routeSpec }, last)).toMatchObject({
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

  test.each([[{ hosts: 7 }], [7], [undefined]])('route %j: the path it had last', (routeSpec) => {
    expect(claimOf({ ...broken, route: routeSpec }, last)?.path).toBe('/old');
  });

  test('an unreadable path is the one it had last', () => {
    expect(claimOf({ ...broken, route: route('chat.example.com', { path: 7 }) }, last)?.path).toBe('/old');
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
    ['another redirect, which is settled by path', { route: tls() }, { route: tls({ redirectHTTP: false }) }],
    [
      'defaults of HSTS written out',
      { route: tls(), client: { tls: { hsts: {} } } },
      { route: tls(), client: { tls: { hsts: { maxAge: '4320h', includeSubDomains: false } } } },
    ],
    ['client.tls of a plain site', {}, { client: { tls: { minVersion: '1.3' } } }],
  ])('are the same for %s', (_, one, other) => {
    expect(tlsOf(one)).toBe(tlsOf(other));
  });

  test.each([
    ['another Secret', { route: tls() }, { route: tls({ secretName: 'b' }) }],
    ['another version', { route: tls() }, { route: tls(), client: { tls: { minVersion: '1.3' } } }],
    ['HSTS', { route: tls() }, { route: tls(), client: { tls: { hsts: {} } } }],
    [
      'another HSTS',
      { route: tls(), client: { tls: { hsts: {} } } },
      { route: tls(), client: { tls: { hsts: { includeSubDomains: true } } } },
    ],
    ['plain HTTP', { route: tls() }, {}],
  ])('differ for %s', (_, one, other) => {
    expect(tlsOf(one)).not.toBe(tlsOf(other));
  });
});

describe('class of a policy with a route', () => {
  const owns = (spec: object) => read(policy('chat/site', spec)) !== undefined;

  test.each<[string, object, boolean]>([
    ['none is the default class', {}, true],
    ['ours', { ingressClassName: 'mattermost' }, true],
    ['of another controller', { ingressClassName: 'nginx' }, false],
    ['of another controller, and invalid', { ingressClassName: 'nginx', admission: {} }, false],
    ['unreadable counts as none', { ingressClassName: 7 }, true],
  ])('%s', (_, spec, expected) => {
    expect(owns(spec)).toBe(expected);
  });

  test('a policy that lost its class to a slip is not foreign while it names targets', () => {
    const slip = { ingressClassName: 7, route: {}, targetRefs: [ingressRef('mattermost')] };
    const classes = { ownsRoute: (name: string | undefined) => name === 'chat' };
    const objects = objectSet(policy('chat/site', slip));
    const [draft] = readPolicies(objects.policies, { classes, remembered: new Map(), before: [] });
    expect(draft?.targets).toEqual(['mattermost']);
  });
});

test('a policy that was ours stays ours while its class cannot be read', () => {
  const classes = { ownsRoute: (name: string | undefined) => name === 'chat' };
  const slip = policy('chat/site', { ingressClassName: 7 });
  const claim = { hosts: ['chat.example.com'], path: '/', tls: 'none', targets: [] };
  const drafts = (remembered: ReadonlyMap<string, { claim: RememberedClaim }>) =>
    readPolicies(objectSet(slip).policies, { classes, remembered, before: [] });
  expect(drafts(new Map([['chat/site', { claim }]]))).toMatchObject([{ policy: undefined }]);
  expect(drafts(new Map())).toEqual([]);
});

describe('targets', () => {
  const refs = (...names: readonly string[]) => names.map((name) => ingressRef(name));
  const last: RememberedClaim = { hosts: [], path: undefined, tls: undefined, targets: ['old'] };
  const broken = (targetRefs: unknown) => targetPolicy('chat/site', [], { targetRefs, admission: {} });

  test('a valid policy governs what it names and claims no host', () => {
    expect(read(targetPolicy('chat/site', ['a', 'b']))).toMatchObject({
      claim: undefined,
      place: undefined,
      targets: ['a', 'b'],
      holdsIngresses: false,
    });
  });

  test('an invalid one still governs them', () => {
    expect(read(broken(refs('a', 'b')))).toMatchObject({ targets: ['a', 'b'], holdsIngresses: false });
    expect(read(broken(refs('a')), last)).toMatchObject({ targets: ['a'], holdsIngresses: false });
  });

  test.each<[string, unknown, readonly string[]]>([
    ['no list', 7, []],
    ['an empty list', [], []],
    ['an entry without a name', [...refs('a'), { kind: 'Ingress' }], ['a']],
    ['names that are no text', [{ name: 7 }], []],
    ['nothing', undefined, []],
  ])('unreadable ones, %s: those it had last are added, without any it could be all', (_, written, names) => {
    expect(read(broken(written), last)).toMatchObject({ targets: [...names, 'old'], holdsIngresses: false });
    expect(read(broken(written))).toMatchObject({ targets: names, holdsIngresses: true });
  });
});

test('a valid policy that has not changed is the same draft, an invalid one is read again', () => {
  const [valid, invalid] = [policy('chat/a'), policy('chat/b', { admission: {} })];
  const { policies } = objectSet(valid, invalid);
  const before = readPolicies(policies, { classes: DEFAULT_CLASSES, remembered: new Map(), before: [] });
  const after = readPolicies(policies, { classes: DEFAULT_CLASSES, remembered: new Map(), before });
  expect(after.map((draft, at) => draft === before[at])).toEqual([true, false]);
  expect(after).toEqual(before);
});
