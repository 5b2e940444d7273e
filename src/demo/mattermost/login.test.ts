// Login, its cookies, the ways to carry a session, logout.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from './node.ts';
import type { Reply, Session } from './session.ts';
import { login, request } from './session.ts';
import { alice, createTownFixture, loginAlice, urlOf } from './town-fixture.ts';

const fixture = createTownFixture({ now: () => Date.UTC(2026, 0, 1) });
let node: MattermostNode;
let other: MattermostNode;

beforeAll(async () => {
  node = await fixture.start();
  other = await fixture.start({ siteUrl: 'https://chat.example.com/chat/' });
});
afterAll(() => fixture.stop());

function tryLogin(body: unknown, headers: Record<string, string> = {}, at = node): Promise<Reply> {
  const url = `${urlOf(at)}${at === other ? '/chat' : ''}/api/v4/users/login`;
  return request({ url, method: 'POST', headers, body: JSON.stringify(body) });
}

const good = { login_id: 'alice', password: alice.password };
const ajax = { 'X-Requested-With': 'XMLHttpRequest' };

describe('login', () => {
  test.each([
    ['by name', good, 200],
    ['by email', { ...good, login_id: 'Alice@example.com' }, 200],
    ['with a wrong password', { ...good, password: 'wrong' }, 401],
    ['of nobody', { ...good, login_id: 'eve' }, 401],
    ['with nothing', {}, 401],
    ['with no object', [], 401],
  ])('%s', async (_, body, status) => {
    const reply = await tryLogin(body, ajax);
    expect(reply.status).toBe(status);
    const isGood = status === 200;
    expect(reply.headers['token'] !== undefined).toBe(isGood);
    expect(reply.headers['set-cookie']?.length ?? 0).toBe(isGood ? 3 : 0);
    const expected = isGood ? { username: 'alice', roles: 'system_admin system_user' } : { status_code: 401 };
    expect(JSON.parse(reply.body.toString())).toMatchObject(expected);
    expect(reply.body.toString()).not.toContain(alice.password);
  });

  test('without X-Requested-With there is a Token header and no cookie', async () => {
    const reply = await tryLogin(good);
    expect(reply.headers['token']).toMatch(/^[a-z0-9]{26}$/);
    expect(reply.headers['set-cookie']).toBeUndefined();
  });

  test.each([
    { name: 'plain', headers: {}, path: '/', secure: '' },
    {
      name: 'X-Forwarded-Proto: https',
      headers: { 'X-Forwarded-Proto': 'https' },
      path: '/',
      secure: '; Secure',
    },
    { name: 'X-Forwarded-Proto: http', headers: { 'X-Forwarded-Proto': 'http' }, path: '/', secure: '' },
    { name: 'a subpath', headers: {}, path: '/chat', secure: '' },
  ])('cookies with $name', async ({ headers, path, secure }) => {
    const reply = await tryLogin(good, { ...ajax, ...headers }, path === '/chat' ? other : node);
    const shared = `Path=${path}; Expires=Sat, 31 Jan 2026 00:00:00 GMT; Max-Age=2592000`;
    const id = '[a-z0-9]{26}';
    expect(reply.headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^MMAUTHTOKEN=${id}; ${shared}; HttpOnly${secure}$`)),
      expect.stringMatching(new RegExp(`^MMUSERID=${id}; ${shared}${secure}$`)),
      expect.stringMatching(new RegExp(`^MMCSRF=${id}; ${shared}${secure}$`)),
    ]);
  });

  test('a failed login of the client library says what was answered', async () => {
    await expect(login(urlOf(node), { ...alice, password: 'no' })).rejects.toThrow('answered with 401');
  });
});

describe('a session', () => {
  let session: Session;
  beforeAll(async () => {
    session = await loginAlice(node);
  });
  const me = (headers: Record<string, string>, at = node, query = ''): Promise<Reply> =>
    request({ url: `${urlOf(at)}${at === other ? '/chat' : ''}/api/v4/users/me${query}`, headers });
  const forged = 'a'.repeat(26);

  test('is known to every node of the town', async () => {
    for (const at of [node, other]) {
      expect((await me({ Cookie: session.cookieHeader }, at)).status).toBe(200);
    }
    expect(session.userId).toBe(fixture.town.users.all[0]?.id);
  });

  test.each([
    ['BEARER', (token: string) => ({ Authorization: `BEARER ${token}` }), 200],
    ['Bearer', (token: string) => ({ Authorization: `Bearer ${token}` }), 200],
    ['Token', (token: string) => ({ Authorization: `token ${token}` }), 200],
    ['a cookie', (token: string) => ({ Cookie: `MMAUTHTOKEN=${token}` }), 200],
    ['a forged Bearer', () => ({ Authorization: `Bearer ${forged}` }), 401],
    [
      'a forged cookie beside a good Bearer: the cookie wins',
      (token: string) => ({ Cookie: `MMAUTHTOKEN=${forged}`, Authorization: `Bearer ${token}` }),
      401,
    ],
    ['only MMUSERID', () => ({ Cookie: `MMUSERID=${forged}` }), 401],
  ])('by %s', async (_, headers, status) => {
    const reply = await me(headers(session.token));
    expect(reply.status).toBe(status);
    expect(reply.body.toString().includes('"alice"')).toBe(status === 200);
  });

  test('a refused cookie is taken away', async () => {
    const reply = await me({ Cookie: `MMAUTHTOKEN=${forged}` });
    expect(reply.headers['set-cookie']).toEqual(['MMAUTHTOKEN=; Path=/; Max-Age=0; HttpOnly']);
  });

  test('of a login does not travel in the query, one of OAuth does', async () => {
    const user = fixture.town.users.all[0];
    if (user === undefined) throw new Error('No user');
    const oauth = fixture.town.sessions.open(user, 'oauth').token;
    expect((await me({}, node, `?access_token=${oauth}`)).status).toBe(200);
    const refused = await me({}, node, `?access_token=${session.token}`);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ id: 'api.context.token_provided.app_error' });
  });

  test.each([
    ['cookie alone', () => ({ Cookie: session.cookieHeader }), 401],
    ['cookie and X-CSRF-Token', () => ({ Cookie: session.cookieHeader, 'X-CSRF-Token': session.csrf }), 200],
    ['cookie and X-Requested-With', () => ({ Cookie: session.cookieHeader, ...ajax }), 200],
    ['Bearer', () => ({ Authorization: `Bearer ${session.token}` }), 200],
  ])('POST with %s', async (_, headers, status) => {
    const url = `${urlOf(node)}/api/v4/notifications/ack`;
    expect((await request({ url, method: 'POST', headers: headers() })).status).toBe(status);
  });

  test('ends with the logout, on every node', async () => {
    const gone = await loginAlice(node);
    const headers = { Authorization: `Bearer ${gone.token}` };
    const reply = await request({ url: `${urlOf(node)}/api/v4/users/logout`, method: 'POST', headers });
    expect(reply.status).toBe(200);
    expect((await me(headers)).status).toBe(401);
    expect((await me(headers, other)).status).toBe(401);
    expect((await me({ Cookie: session.cookieHeader })).status).toBe(200);
  });
});
