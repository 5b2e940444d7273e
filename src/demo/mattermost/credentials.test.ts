// Where a token is found, and what becomes of it.
import { describe, expect, test } from 'vitest';
import type { Claim } from './credentials.ts';
import { authenticate, findToken } from './credentials.ts';
import { createTown } from './town.ts';

const id = 'abcdefghijklmnopqrstuvwxyz';

describe('findToken', () => {
  test.each([
    ['nothing', {}, '', { token: '', location: 'none' }],
    ['cookie', { cookie: `a=b; MMAUTHTOKEN=${id}; c=d` }, '', { token: id, location: 'cookie' }],
    ['quoted cookie', { cookie: `MMAUTHTOKEN="${id}"` }, '', { token: id, location: 'cookie' }],
    [
      'first of two cookies',
      { cookie: `MMAUTHTOKEN=1; MMAUTHTOKEN=2` },
      '',
      { token: '1', location: 'cookie' },
    ],
    ['cookie of a longer name', { cookie: `XMMAUTHTOKEN=${id}` }, '', { token: '', location: 'none' }],
    ['Bearer', { authorization: `Bearer ${id}` }, '', { token: id, location: 'header' }],
    ['BEARER, as the apps send it', { authorization: `BEARER ${id}` }, '', { token: id, location: 'header' }],
    ['bearer', { authorization: `bearer ${id}` }, '', { token: id, location: 'header' }],
    ['Token', { authorization: `Token ${id}` }, '', { token: id, location: 'header' }],
    ['Basic', { authorization: 'Basic YTpi' }, '', { token: '', location: 'none' }],
    ['query', {}, `access_token=${id}`, { token: id, location: 'query' }],
    [
      'cookie before header',
      { cookie: 'MMAUTHTOKEN=1', authorization: 'Bearer 2' },
      'access_token=3',
      { token: '1', location: 'cookie' },
    ],
    [
      'empty cookie before header',
      { cookie: 'MMAUTHTOKEN=', authorization: 'Bearer 2' },
      '',
      { token: '', location: 'cookie' },
    ],
    [
      'header before query',
      { authorization: 'Bearer 2' },
      'access_token=3',
      { token: '2', location: 'header' },
    ],
  ] as const)('%s', (_, headers, query, expected) => {
    expect(findToken(headers, new URLSearchParams(query))).toEqual(expected);
  });
});

describe('authenticate', () => {
  const town = createTown({ users: [{ username: 'alice', password: 'a' }], secret: 's' });
  const [alice] = town.users.all;
  if (alice === undefined) throw new Error('No user');
  const { token, csrf } = town.sessions.open(alice);
  const oauth = town.sessions.open(alice, 'oauth').token;
  const cookie = `MMAUTHTOKEN=${token}`;
  const bearer = { authorization: `BEARER ${token}` };
  const claim = (changes: Partial<Claim>): Claim => ({
    method: 'GET',
    headers: {},
    query: new URLSearchParams(),
    trustsRequester: false,
    ...changes,
  });

  test.each([
    ['no token', claim({}), 'anonymous'],
    ['forged cookie', claim({ headers: { cookie: `MMAUTHTOKEN=${id}` } }), 'anonymous'],
    [
      'forged cookie, good bearer',
      claim({ headers: { cookie: `MMAUTHTOKEN=${id}`, ...bearer } }),
      'anonymous',
    ],
    ['GET by cookie', claim({ headers: { cookie } }), 'session'],
    ['POST by cookie alone', claim({ method: 'POST', headers: { cookie } }), 'refused'],
    ['DELETE by cookie alone', claim({ method: 'DELETE', headers: { cookie } }), 'refused'],
    [
      'POST with X-CSRF-Token',
      claim({ method: 'POST', headers: { cookie, 'x-csrf-token': csrf } }),
      'session',
    ],
    [
      'POST with wrong X-CSRF-Token',
      claim({ method: 'POST', headers: { cookie, 'x-csrf-token': id } }),
      'refused',
    ],
    [
      'POST with X-Requested-With',
      claim({ method: 'POST', headers: { cookie, 'x-requested-with': 'XMLHttpRequest' } }),
      'session',
    ],
    [
      'POST by cookie, trusted',
      claim({ method: 'POST', headers: { cookie }, trustsRequester: true }),
      'session',
    ],
    ['POST by bearer', claim({ method: 'POST', headers: bearer }), 'session'],
    ['query of a login session', claim({ query: new URLSearchParams({ access_token: token }) }), 'refused'],
    ['query of an OAuth session', claim({ query: new URLSearchParams({ access_token: oauth }) }), 'session'],
  ])('%s', (_, given, expected) => {
    expect(authenticate(given, town.sessions).kind).toBe(expected);
  });
});
