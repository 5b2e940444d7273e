// Who gets a host and path: by namespace, by age, and never by somebody else being invalid.
import { describe, expect, test } from 'vitest';
import type { PolicyDraft } from './policies.ts';
import { grantHosts, type HostPin } from './routes.ts';
import { brief, policy } from './test-objects.ts';
import { readPolicies } from './policies.ts';

/** A draft as readPolicies would make it, with the claim given; `valid` false leaves the policy out. */
function draft(key: string, claim: Partial<PolicyDraft['claim']>, valid = true): PolicyDraft {
  const [made] = readPolicies(new Map([[key, policy(key)]]), new Map());
  if (made === undefined) throw new Error('No draft');
  return {
    ...made,
    policy: valid ? made.policy : undefined,
    claim: { hosts: [], path: '/', tls: 'none', holdsWildcards: false, ...claim },
  };
}

function grants(drafts: readonly PolicyDraft[], pins: readonly HostPin[] = []) {
  const granted = grantHosts(drafts, pins);
  return Object.fromEntries(
    [...granted].map(([key, { open, closed, problems }]) => [
      key,
      { open, closed, problems: brief(problems) },
    ]),
  );
}

const HOST = 'chat.example.com';
const WILDCARD = '*.example.com';
const FREE = { open: [HOST], closed: [], problems: [] };
const SHUT = { open: [], closed: [HOST], problems: [] };
const foreign = { open: [], closed: [], problems: ['HostOwnedElsewhere spec.route.hosts[0]'] };
const conflicted = { open: [], closed: [], problems: ['Conflicted spec.route.hosts[0]'] };

describe('namespaces', () => {
  const both = [draft('old/a', { hosts: [HOST] }), draft('new/a', { hosts: [HOST] })];

  test('the oldest owns a host', () => {
    expect(grants(both)).toEqual({ 'old/a': FREE, 'new/a': foreign });
  });

  test('another path is no way into a host of another namespace', () => {
    const drafts = [draft('old/a', { hosts: [HOST] }), draft('new/a', { hosts: [HOST], path: '/chat' })];
    expect(grants(drafts)).toEqual({ 'old/a': FREE, 'new/a': foreign });
  });

  test.each([
    ['an exact pin', [{ host: HOST, namespace: 'new' }]],
    ['a wildcard pin', [{ host: WILDCARD, namespace: 'new' }]],
    [
      'an exact pin before a wildcard one',
      [
        { host: WILDCARD, namespace: 'old' },
        { host: HOST, namespace: 'new' },
      ],
    ],
  ])('%s beats age', (_, pins) => {
    expect(grants(both, pins)).toEqual({ 'old/a': foreign, 'new/a': FREE });
  });

  test('a pinned host is for nobody else, even while its namespace does not claim it', () => {
    expect(grants(both, [{ host: HOST, namespace: 'third' }])).toEqual({
      'old/a': foreign,
      'new/a': foreign,
    });
  });

  test.each([['*.com'], ['example.com'], ['*.chat.example.com']])(
    'pin %s does not speak of the host',
    (host) => {
      expect(grants(both, [{ host, namespace: 'new' }])).toEqual({ 'old/a': FREE, 'new/a': foreign });
    },
  );

  test('a wildcard owner does not own exact hosts', () => {
    const drafts = [draft('old/a', { hosts: [WILDCARD] }), draft('new/a', { hosts: [HOST] })];
    expect(grants(drafts)['new/a']).toEqual(FREE);
  });

  test('unless it is pinned', () => {
    const drafts = [draft('old/a', { hosts: [WILDCARD] }), draft('new/a', { hosts: [HOST] })];
    expect(grants(drafts, [{ host: WILDCARD, namespace: 'old' }])['new/a']).toEqual(foreign);
  });

  test('a policy that loses some hosts keeps the others', () => {
    const drafts = [draft('old/a', { hosts: [HOST] }), draft('new/a', { hosts: ['a.example.com', HOST] })];
    expect(grants(drafts)['new/a']).toEqual({
      open: ['a.example.com'],
      closed: [],
      problems: ['HostOwnedElsewhere spec.route.hosts[1]'],
    });
  });
});

describe('policies of one namespace', () => {
  test('same host and path: the older wins', () => {
    const drafts = [draft('chat/a', { hosts: [HOST] }), draft('chat/b', { hosts: [HOST] })];
    expect(grants(drafts)).toEqual({ 'chat/a': FREE, 'chat/b': conflicted });
  });

  test('same host, another path: both', () => {
    const drafts = [draft('chat/a', { hosts: [HOST] }), draft('chat/b', { hosts: [HOST], path: '/chat' })];
    expect(grants(drafts)).toEqual({ 'chat/a': FREE, 'chat/b': FREE });
  });

  test('other TLS settings than those of the older one: closed at its path, which would lose its admission there', () => {
    const drafts = [
      draft('chat/a', { hosts: [HOST] }),
      draft('chat/b', { hosts: [HOST], path: '/chat', tls: 'x' }),
    ];
    expect(grants(drafts)['chat/b']).toEqual({ ...SHUT, problems: conflicted.problems });
  });

  test('the TLS settings of an invalid one that were known hold on', () => {
    const invalid = draft('chat/a', { hosts: [HOST], tls: 'x' }, false);
    const drafts = [invalid, draft('chat/b', { hosts: [HOST], path: '/chat' })];
    expect(grants(drafts)['chat/b']).toEqual({ ...SHUT, problems: conflicted.problems });
  });

  test('the TLS settings of one that lost the host do not count', () => {
    const lost = draft('chat/b', { hosts: [HOST], tls: 'x' });
    const third = draft('chat/c', { hosts: [HOST], path: '/chat' });
    expect(grants([draft('chat/a', { hosts: [HOST] }), lost, third])['chat/c']).toEqual(FREE);
  });
});

describe('invalid policies', () => {
  test('hold their hosts closed and keep them from others', () => {
    const drafts = [
      draft('chat/a', { hosts: [HOST] }, false),
      draft('chat/b', { hosts: [HOST] }),
      draft('new/c', { hosts: [HOST] }),
    ];
    expect(grants(drafts)).toEqual({ 'chat/a': SHUT, 'chat/b': conflicted, 'new/c': foreign });
  });

  test('are closed at their path only', () => {
    const drafts = [
      draft('chat/a', { hosts: [HOST] }),
      draft('chat/b', { hosts: [HOST], path: '/chat' }, false),
    ];
    expect(grants(drafts)).toEqual({ 'chat/a': FREE, 'chat/b': SHUT });
  });

  test('close the whole host if their path is not known', () => {
    const drafts = [
      draft('chat/a', { hosts: [HOST] }),
      draft('chat/b', { hosts: [HOST], path: undefined }, false),
    ];
    expect(grants(drafts)).toEqual({
      'chat/a': { ...SHUT, problems: conflicted.problems },
      'chat/b': { open: [], closed: [], problems: [] },
    });
  });

  test('close the wildcards of their namespace if their hosts are not known', () => {
    const drafts = [
      draft('chat/a', { hosts: [WILDCARD, HOST] }),
      draft('new/a', { hosts: ['*.example.org'] }),
      draft('chat/b', { holdsWildcards: true }, false),
    ];
    expect(grants(drafts)).toMatchObject({
      'chat/a': { open: [HOST], closed: [WILDCARD] },
      'new/a': { open: ['*.example.org'], closed: [] },
    });
  });

  test('do not close a wildcard that their namespace does not own', () => {
    const drafts = [draft('old/a', { hosts: [WILDCARD] }), draft('chat/b', { holdsWildcards: true }, false)];
    expect(grants(drafts)['old/a']).toMatchObject({ open: [WILDCARD], closed: [] });
  });

  test('younger than the owner take nothing from it', () => {
    const drafts = [
      draft('old/a', { hosts: [HOST] }),
      draft('new/b', { hosts: [HOST], path: undefined }, false),
    ];
    expect(grants(drafts)['old/a']).toEqual(FREE);
  });
});
