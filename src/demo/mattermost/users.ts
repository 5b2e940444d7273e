// The accounts of the town: who may log in, and how a user looks in the API.
import { timingSafeEqual } from 'node:crypto';
import { deriveId } from './ids.ts';

/** An account as the creator of a town writes it down. `email` defaults to `<username>@example.com`. */
export type Account = { readonly username: string; readonly password: string; readonly email?: string };

/** An account with its identifier and roles. The first of a town is its administrator, as on a real server. */
export type User = {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly roles: string;
};

/** All users of a town. */
export type Users = {
  readonly all: readonly User[];
  /** The user with this identifier. */
  find(id: string): User | undefined;
  /** The user with this name or email address and this password. */
  authenticate(loginId: string, password: string): User | undefined;
};

function isSamePassword(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Builds the directory; identifiers derive from the secret, so that towns of several processes agree. */
export function createUsers(accounts: readonly Account[], secret: string): Users {
  const all = accounts.map(
    (account, index): User => ({
      id: deriveId(secret, `user ${account.username}`),
      username: account.username,
      email: account.email ?? `${account.username}@example.com`,
      password: account.password,
      roles: index === 0 ? 'system_admin system_user' : 'system_user',
    }),
  );
  const byId = new Map(all.map((user) => [user.id, user]));
  return {
    all,
    find: (id) => byId.get(id),
    authenticate(loginId, password) {
      const wanted = loginId.toLowerCase();
      const user = all.find((one) => one.username === wanted || one.email === wanted);
      return user !== undefined && isSamePassword(password, user.password) ? user : undefined;
    },
  };
}

/** The user as `/api/v4/users/me` and the login show it: never the password. */
export function describeUser(user: User): Record<string, unknown> {
  return {
    id: user.id,
    create_at: 1,
    update_at: 1,
    delete_at: 0,
    username: user.username,
    auth_data: '',
    auth_service: '',
    email: user.email,
    email_verified: true,
    nickname: '',
    first_name: '',
    last_name: '',
    position: '',
    roles: user.roles,
    notify_props: {},
    locale: 'en',
    timezone: { automaticTimezone: '', manualTimezone: '', useAutomaticTimezone: 'true' },
  };
}
