// A path added to a host with admission has that admission, or is closed; never less.
import { describe, expect, test } from 'vitest';
import type { AdmissionSpec } from '../api/policy.ts';
import { inheritAdmission } from './inheritance.ts';
import type { Claim, Place, SiteSettings } from './places.ts';
import { grantHosts } from './routes.ts';
import { brief, placeOf } from './test-objects.ts';

const HOST = 'chat.example.com';
const DENY: AdmissionSpec = { defaultAction: 'Deny' };
const spec = (settings: SiteSettings, more: object = {}) =>
  ({
    kind: 'open',
    spec: {
      namespace: 'chat',
      service: { name: 'mattermost', port: 8065 },
      tls: undefined,
      plainHttp: 'redirect-with-tls',
      settings,
      inheritsAdmission: false,
      ...more,
    },
  }) as const;
const CLOSED = { kind: 'closed', reason: 'policy-invalid', tls: undefined } as const;

/** A place with a policy, and its admission. */
function governed(
  key: string,
  path: string,
  admission: AdmissionSpec | undefined,
  claim: Partial<Claim> = {},
): Place {
  const content = admission === undefined ? CLOSED : spec({ admission });
  return placeOf(key, { claim: { hosts: [HOST], path, tls: undefined, ...claim }, content });
}

/** A place of an Ingress without policy. */
function added(key: string, path: string, more: Partial<Place> = {}): Place {
  const [namespace = '', name = ''] = key.split('/');
  return placeOf(key, {
    claim: { hosts: [HOST], path, tls: undefined },
    reference: { kind: 'Ingress', namespace, name },
    policy: undefined,
    content: spec({}),
    ...more,
  });
}

/** What became of the last place. */
function settle(...places: readonly Place[]) {
  const grants = grantHosts(places, { hostNamespaces: [], defaultBackendNamespace: undefined });
  const settled = inheritAdmission(places, grants).at(-1);
  if (settled === undefined) throw new Error('No place');
  const { content } = settled.place;
  return {
    place: settled.place,
    admission: content.kind === 'open' ? content.spec.settings.admission : content.reason,
    plainHttp: content.kind === 'open' ? content.spec.plainHttp : undefined,
    problems: brief(settled.problems),
  };
}

describe('a path of an Ingress without policy', () => {
  const two: AdmissionSpec = {
    rules: [{ name: 'a', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' }],
    defaultAction: 'Deny',
  };

  test.each<[string, readonly Place[], AdmissionSpec | undefined]>([
    ['has that of the host', [governed('chat/a', '/', DENY)], DENY],
    [
      'has that of the longest path around it',
      [governed('chat/a', '/', DENY), governed('chat/b', '/plugins', two)],
      two,
    ],
    [
      'has that of the oldest where none is around it',
      [governed('chat/a', '/x', two), governed('chat/b', '/y', DENY)],
      two,
    ],
    [
      'is not around it by half a segment',
      [governed('chat/a', '/', DENY), governed('chat/b', '/plug', two)],
      DENY,
    ],
    [
      'has none of an exact path above it, which it does not belong to',
      [governed('chat/a', '/', DENY), governed('chat/b', '/plugins', two, { pathType: 'Exact' })],
      DENY,
    ],
    [
      'has none of the same path that is exact',
      [governed('chat/a', '/', DENY), governed('chat/b', '/plugins/one', two, { pathType: 'Exact' })],
      DENY,
    ],
    ['has none of another host', [governed('chat/a', '/', DENY, { hosts: ['a.example.com'] })], undefined],
    [
      'has none of a policy that lost the host',
      [added('chat/0', '/'), governed('chat/b', '/', DENY)],
      undefined,
    ],
  ])('%s', (_, places, expected) => {
    expect(settle(...places, added('chat/z', '/plugins/one')).admission).toEqual(expected);
  });

  test('is the same place where there is nothing to inherit', () => {
    const place = added('chat/z', '/');
    expect(settle(place).place).toBe(place);
  });

  test('is closed where the policy is invalid', () => {
    expect(settle(governed('chat/a', '/', undefined), added('chat/z', '/plugins'))).toMatchObject({
      admission: 'policy-invalid',
      problems: ['PolicyInvalid spec.route.hosts'],
    });
  });

  test('is closed where it has a list of its own: two admissions cannot be added', () => {
    const own = added('chat/z', '/plugins', { content: spec({ admission: DENY }) });
    expect(settle(governed('chat/a', '/', { defaultAction: 'Allow' }), own)).toMatchObject({
      admission: 'restriction-unsupported',
      problems: ['UnsupportedRestriction metadata.annotations'],
    });
  });

  test('stays closed where it is closed for reasons of its own', () => {
    const place = added('chat/z', '/plugins', { content: { ...CLOSED, reason: 'policy-missing' } });
    expect(settle(governed('chat/a', '/', DENY), place)).toMatchObject({ place, problems: [] });
  });

  test('judges no inherited secret on plain HTTP, whatever its annotation says', () => {
    const headers = [{ name: 'X-Secret', secretRef: { name: 'preauth' } }];
    const guarded: AdmissionSpec = {
      rules: [{ name: 'app', headers, action: 'Allow' }],
      defaultAction: 'Deny',
    };
    const plain = added('chat/z', '/plugins', { content: spec({}, { plainHttp: 'serve' }) });
    expect(settle(governed('chat/a', '/', guarded), plain).plainHttp).toBe('redirect-with-tls');
    expect(settle(governed('chat/a', '/', DENY), plain).plainHttp).toBe('serve');
  });
});

test('a place with a policy of its own, and the proof for a certificate authority, inherit nothing', () => {
  const own = governed('chat/z', '/plugins', { defaultAction: 'Allow' });
  expect(settle(governed('chat/a', '/', DENY), own).place).toBe(own);
  const proof = added('chat/z', '/.well-known/acme-challenge/x', { isAcme: true });
  expect(settle(governed('chat/a', '/', undefined), proof).place).toBe(proof);
});

test('an exact host below a wildcard with admission has that admission too', () => {
  const wildcard = governed('chat/wild', '/', DENY, { hosts: ['*.example.com'] });
  expect(settle(wildcard, added('chat/exact', '/')).admission).toEqual(DENY);
  expect(settle(wildcard, added('other/exact', '/')).admission).toBeUndefined();
});

test('who takes the path of a fallback takes its admission, unless he had it first', () => {
  const fallback = governed('chat/b', '/', DENY, { isFallback: true });
  expect(settle(fallback, added('chat/z', '/')).admission).toEqual(DENY);
  const older = added('chat/a', '/');
  const grants = grantHosts([older, fallback], { hostNamespaces: [], defaultBackendNamespace: undefined });
  expect(inheritAdmission([older, fallback], grants)[0]?.place).toBe(older);
});

test('a host has the admission of what answers for any host, where nothing else did', () => {
  const pins = { hostNamespaces: [], defaultBackendNamespace: 'chat' };
  const places = [governed('chat/any', '/', DENY, { hosts: ['*'] }), added('chat/z', '/')];
  const settled = inheritAdmission(places, grantHosts(places, pins)).at(-1)?.place.content;
  expect(settled).toMatchObject({ spec: { settings: { admission: DENY } } });
});

test('an exact host that hides paths of a wildcard with other admissions is closed', () => {
  const hosts = ['*.example.com'];
  const open = governed('chat/a', '/', { defaultAction: 'Allow' }, { hosts });
  const strict = (path: string) => governed('chat/b', path, DENY, { hosts, pathType: 'Exact' });
  expect(settle(open, strict('/x'), added('chat/z', '/'))).toMatchObject({
    admission: 'host-conflicted',
    problems: ['Conflicted spec.route.hosts'],
  });
  expect(settle(open, strict('/x'), added('chat/z', '/plugins')).admission).toEqual({
    defaultAction: 'Allow',
  });
});

describe('beside an Ingress that restricts what a regular expression matches', () => {
  const LIST: AdmissionSpec = {
    rules: [{ name: 'annotation-allowlist', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' }],
    defaultAction: 'Deny',
  };
  const unsupported = { ...CLOSED, reason: 'restriction-unsupported' } as const;
  const restricting = (path: string, content: Place['content'] = spec({ admission: LIST })) =>
    added('chat/a', path, { claim: { ...added('chat/a', path).claim, hosts: [HOST], path }, content });

  test.each<[string, Place, Place, boolean]>([
    ['a path around it', restricting('/admin(/|$)(.*)'), added('chat/z', '/'), true],
    ['a path that it may match', restricting('/admin(/|$)(.*)'), added('chat/z', '/Admin/x'), true],
    ['a path that it cannot match', restricting('/admin(/|$)(.*)'), added('chat/z', '/plugins'), false],
    ['any path, with a choice', restricting('/admin|/x'), added('chat/z', '/plugins'), true],
    ['a path before a repetition', restricting('/admin?'), added('chat/z', '/admi'), true],
    ['a path in other letters', restricting('/[a-c]+/x'), added('chat/z', '/plugins'), true],
    ['a path, by what is not understood', restricting('/(.*)', unsupported), added('chat/z', '/'), true],
    ['no path without restriction', restricting('/(.*)', spec({})), added('chat/z', '/'), false],
    ['no path that has the same list', restricting('/(.*)'), restrictedAlike(LIST), false],
    ['no path of a policy', restricting('/(.*)'), governed('chat/z', '/', { defaultAction: 'Allow' }), false],
    ['no path of others', restricting('/(.*)'), added('other/z', '/'), false],
    [
      'no proof',
      restricting('/(.*)'),
      added('chat/z', '/.well-known/acme-challenge/x', { isAcme: true }),
      false,
    ],
    ['no path beside one that is a path', restricting('/admin'), added('chat/z', '/'), false],
  ])('is closed %s', (_, first, place, isClosed) => {
    expect(settle(first, place).place.content.kind).toBe(isClosed ? 'closed' : 'open');
  });

  test('says why', () => {
    const settled = settle(restricting('/admin(/|$)(.*)'), added('chat/z', '/'));
    expect(settled.problems).toEqual(['UnsupportedRestriction spec.route.hosts']);
  });
});

function restrictedAlike(list: AdmissionSpec): Place {
  return added('chat/z', '/', { content: spec({ admission: list }) });
}
