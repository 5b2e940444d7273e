// Who gets a host and path: by namespace, by age, and never by somebody else being invalid.
import { describe, expect, test } from 'vitest';
import { type Claim, type Place, tlsText } from './places.ts';
import { byClaim, grantHosts, type HostPin } from './routes.ts';
import { brief, placeOf } from './test-objects.ts';

const OTHER_TLS = tlsText({
  certificate: 'chat/other',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
});

/** The place of a policy with the claim given; `valid` false closes it. */
function draft(key: string, claim: Partial<Claim>, valid = true): Place {
  const closed = { kind: 'closed', reason: 'policy-invalid', tls: undefined } as const;
  return placeOf(key, { claim, ...(valid ? {} : { content: closed }) });
}

/** The same of an Ingress, which no policy governs. */
function ingressPlace(key: string, claim: Partial<Claim>, more: Partial<Place> = {}): Place {
  const [namespace = '', name = ''] = key.split('/');
  const fields = { hosts: 'spec.rules[0].host', service: 'spec.rules[0]', tls: 'spec.tls' };
  const reference = { kind: 'Ingress', namespace, name };
  return placeOf(key, { claim: { tls: undefined, ...claim }, reference, policy: undefined, fields, ...more });
}

function grants(places: readonly Place[], pins: readonly HostPin[] = [], anyHost?: string) {
  const settings = { hostNamespaces: pins, defaultBackendNamespace: anyHost };
  const granted = grantHosts(places, settings);
  return Object.fromEntries(
    [...granted].map(([key, { open, closed, problems }]) => [
      key.replace(/^MattermostIngressPolicy\//u, ''),
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
      draft('chat/b', { hosts: [HOST], path: '/chat', tls: OTHER_TLS }),
    ];
    expect(grants(drafts)['chat/b']).toEqual({ ...SHUT, problems: conflicted.problems });
  });

  test('the TLS settings of an invalid one that were known hold on', () => {
    const invalid = draft('chat/a', { hosts: [HOST], tls: OTHER_TLS }, false);
    const drafts = [invalid, draft('chat/b', { hosts: [HOST], path: '/chat' })];
    expect(grants(drafts)['chat/b']).toEqual({ ...SHUT, problems: conflicted.problems });
  });

  test('the TLS settings of one that lost the host do not count', () => {
    const lost = draft('chat/b', { hosts: [HOST], tls: OTHER_TLS });
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

describe('Ingresses', () => {
  const lost = { open: [], closed: [], problems: ['Conflicted spec.rules[0].host'] };

  test('one age and one name: a policy before an Ingress', () => {
    const [ingress, route] = [ingressPlace('chat/a', { hosts: [HOST] }), draft('chat/a', { hosts: [HOST] })];
    const places = [ingress, route].toSorted(byClaim);
    expect(places.map(({ reference }) => reference.kind)).toEqual(['MattermostIngressPolicy', 'Ingress']);
  });

  test('host and path of an older object are told as lost at the field of the rule', () => {
    const places = [draft('chat/a', { hosts: [HOST] }), ingressPlace('chat/b', { hosts: [HOST] })];
    expect(grants(places)).toEqual({ 'chat/a': FREE, 'Ingress/chat/b': lost });
  });

  test('Exact and Prefix of one path are two places', () => {
    const path = '/chat';
    const places = [
      ingressPlace('chat/a', { hosts: [HOST], path, pathType: 'Prefix' }),
      ingressPlace('chat/b', { hosts: [HOST], path, pathType: 'Exact' }),
      ingressPlace('chat/c', { hosts: [HOST], path, pathType: 'Exact' }),
    ];
    expect(grants(places)).toEqual({
      'Ingress/chat/a': FREE,
      'Ingress/chat/b': FREE,
      'Ingress/chat/c': lost,
    });
  });

  test('without TLS settings of its own it has those of the host, whoever is older', () => {
    const own = draft('chat/a', { hosts: [HOST], tls: OTHER_TLS });
    const silent = ingressPlace('chat/b', { hosts: [HOST], path: '/b' });
    for (const places of [
      [own, silent],
      [silent, own],
    ]) {
      expect(grants(places)).toEqual({ 'chat/a': FREE, 'Ingress/chat/b': FREE });
    }
  });

  test('a fallback gives way to a younger rule, silently', () => {
    const fallback = ingressPlace('chat/a', { hosts: [HOST], isFallback: true });
    expect(grants([fallback, ingressPlace('chat/b', { hosts: [HOST] })])).toEqual({
      'Ingress/chat/a': { open: [], closed: [], problems: [] },
      'Ingress/chat/b': FREE,
    });
  });

  test.each([
    [undefined, [], ['AnyHostForbidden spec.rules[0].host']],
    ['other', [], ['AnyHostForbidden spec.rules[0].host']],
    ['chat', ['*'], []],
  ])('any host with --default-backend-namespace %s', (namespace, open, problems) => {
    const places = [ingressPlace('chat/a', { hosts: ['*'] })];
    expect(grants(places, [], namespace)).toEqual({ 'Ingress/chat/a': { open, closed: [], problems } });
  });

  test('an invalid policy that could mean any host closes the any-host rules of its namespace too', () => {
    const places = [
      ingressPlace('chat/a', { hosts: ['*'] }),
      draft('chat/b', { holdsWildcards: true }, false),
    ];
    expect(grants(places, [], 'chat')['Ingress/chat/a']).toMatchObject({ open: [], closed: ['*'] });
  });

  test('the proof for a certificate authority is open whatever closes the host', () => {
    const acme = ingressPlace(
      'chat/z',
      { hosts: [HOST], path: '/.well-known/acme-challenge/x' },
      { isAcme: true },
    );
    const shade = draft('chat/a', { hosts: [HOST], path: undefined }, false);
    expect(grants([shade, acme])['Ingress/chat/z']).toEqual(FREE);
    const owner = draft('old/a', { hosts: [HOST] });
    expect(grants([owner, acme])['Ingress/chat/z']).toMatchObject({ open: [], closed: [] });
  });
});
