// Hosts whose clients must show certificates: whatever serves them is held closed where the handshake does not ask.
import { describe, expect, test } from 'vitest';
import { type Claim, type Place, tlsText } from './places.ts';
import { grantHosts } from './routes.ts';
import { brief, placeOf } from './test-objects.ts';

const HOST = 'chat.example.com';
const FREE = { open: [HOST], closed: [], problems: [] };

/** The place of a policy with the claim given. */
function draft(key: string, claim: Partial<Claim>): Place {
  return placeOf(key, { claim });
}

/** The same of an Ingress, which no policy governs. */
function ingressPlace(key: string, claim: Partial<Claim>, more: Partial<Place> = {}): Place {
  const [namespace = '', name = ''] = key.split('/');
  const fields = { hosts: 'spec.rules[0].host', service: 'spec.rules[0]', tls: 'spec.tls' };
  const reference = { kind: 'Ingress', namespace, name };
  return placeOf(key, { claim: { tls: undefined, ...claim }, reference, policy: undefined, fields, ...more });
}

/** What the first of these places gets, whoever is older. */
function grantsOf(place: Place, ...others: readonly Place[]) {
  const settings = { hostNamespaces: [], defaultBackendNamespace: undefined };
  return [
    [place, ...others],
    [...others, place],
  ].map((places) => {
    const { open = [], closed = [], problems = [] } = grantHosts(places, settings).get(place.key) ?? {};
    return { open, closed, problems: brief(problems) };
  });
}

describe('certificates that clients must show', () => {
  const asking = (source: string, mode: 'Optional' | 'Require' = 'Require') =>
    tlsText({
      certificate: 'chat/tls',
      minVersion: '1.2',
      hsts: undefined,
      clientCertificate: { mode, source, authorities: undefined },
    });
  const demanding = { hosts: [HOST], demands: { source: 'Secret chat/ca' } };
  const held = { open: [], closed: [HOST], problems: ['Conflicted spec.rules[0].host'] };

  test.each<readonly [string, Partial<Claim> | undefined, boolean]>([
    ['has no TLS', undefined, false],
    ['asks for none', { tls: 'none' }, false],
    ['asks for the same', { tls: asking('Secret chat/ca') }, true],
    ['lets them be left out', { tls: asking('Secret chat/ca', 'Optional') }, false],
    ['asks for those of others', { tls: asking('Secret chat/other') }, false],
  ])('are needed, and the host %s', (_, other, isServed) => {
    const place = ingressPlace('chat/a', { ...demanding, path: '/a' });
    const neighbours = other === undefined ? [] : [draft('chat/b', { hosts: [HOST], path: '/b', ...other })];
    const expected = isServed ? FREE : held;
    expect(grantsOf(place, ...neighbours)).toEqual([expected, expected]);
  });

  test('are not asked for by a host without TLS of a policy', () => {
    const [granted] = grantsOf(draft('chat/a', demanding));
    expect(granted).toMatchObject({ open: [], closed: [HOST] });
  });

  const tls = (text: string) => ({ hosts: [HOST], path: '/b', tls: text });
  const annotated = { hosts: [HOST], path: '/a' };
  const source = 'Secret chat/ca';
  test.each<readonly [string, Place, Partial<Claim>, boolean]>([
    ['an Ingress without', ingressPlace('chat/b', tls('"x"')), {}, false],
    ['an Ingress without TLS either', ingressPlace('chat/b', { hosts: [HOST], path: '/b' }), {}, false],
    ['one that demands its own', ingressPlace('chat/b', tls(asking('Secret chat/b'))), {}, true],
    [
      'one whose TLS is that of the annotation',
      ingressPlace('chat/b', { hosts: [HOST], path: '/b' }),
      { tls: asking(source) },
      true,
    ],
    ['a policy, which says so itself', draft('chat/b', tls('none')), {}, true],
    ['a proof', ingressPlace('chat/b', { hosts: [HOST], path: '/b' }, { isAcme: true }), {}, true],
  ])('by an annotation are demanded by the whole host, beside %s', (_, other, claim, isServed) => {
    const demands = { source: claim.tls === undefined ? undefined : source, isForHost: true } as const;
    const annotatedPlace = ingressPlace('chat/a', { ...annotated, ...claim, demands });
    const expected = isServed ? [HOST] : [];
    expect(grantsOf(other, annotatedPlace).map(({ open }) => open)).toEqual([expected, expected]);
  });
});
