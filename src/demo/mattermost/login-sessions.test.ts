// Tokens prove themselves: which are accepted, which are not.
import { describe, expect, test } from 'vitest';
import { createTown } from './town.ts';

const users = [
  { username: 'alice', password: 'a' },
  { username: 'bob', password: 'b' },
];

function openFor(town: ReturnType<typeof createTown>, index: number, kind?: 'login' | 'oauth') {
  const user = town.users.all[index];
  if (user === undefined) throw new Error('No such user');
  return town.sessions.open(user, kind);
}

/** The token with its character at `at` exchanged for another one. */
function tamper(token: string, at: number): string {
  return token.slice(0, at) + (token[at] === 'y' ? 'b' : 'y') + token.slice(at + 1);
}

describe('login sessions', () => {
  const town = createTown({ users, secret: 'one' });
  const { token, csrf } = openFor(town, 1);

  test('token, csrf and user id have the shape of Mattermost ids', () => {
    for (const id of [token, csrf, town.users.all[0]?.id]) expect(id).toMatch(/^[a-z0-9]{26}$/);
  });

  test('a token is recognised with its user, and each login gets its own', () => {
    expect(town.sessions.find(token)?.user.username).toBe('bob');
    expect(town.sessions.find(token)?.csrf).toBe(csrf);
    expect(openFor(town, 1).token).not.toBe(token);
  });

  test('a town with the same secret and users accepts it, as another node of a cluster does', () => {
    const twin = createTown({ users, secret: 'one' });
    expect(twin.sessions.find(token)).toMatchObject({ csrf, user: { id: town.users.all[1]?.id } });
    expect(createTown({ users, secret: 'two' }).sessions.find(token)).toBeUndefined();
    expect(createTown({ users }).sessions.find(token)).toBeUndefined();
  });

  test.each<readonly [string, string]>([
    ['empty', ''],
    ['of another shape', 'not-a-token'],
    ['forged', 'a'.repeat(26)],
    ['too long', `${token}a`],
    ...Array.from({ length: 26 }, (_, at) => [`changed at ${at}`, tamper(token, at)] as const),
  ])('a token %s is refused', (_, forged) => {
    expect(town.sessions.find(forged)).toBeUndefined();
  });

  test('a revoked token is refused, others of the user live on', () => {
    const other = openFor(town, 0).token;
    const gone = openFor(town, 0).token;
    town.sessions.revoke(gone);
    expect(town.sessions.find(gone)).toBeUndefined();
    expect(town.sessions.find(other)).toBeDefined();
  });

  test('only an OAuth session says so', () => {
    expect(openFor(town, 0).isOAuth).toBe(false);
    const { token: oauth } = openFor(town, 0, 'oauth');
    expect(town.sessions.find(oauth)?.isOAuth).toBe(true);
  });
});
