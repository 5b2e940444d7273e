// Sessions of logged-in users. A token proves itself (user, nonce, MAC), so that the nodes of a town accept each
// other's sessions even when they run in processes of their own, as a cluster with one database does.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from './ids.ts';
import { deriveId, isId, spell } from './ids.ts';
import type { User, Users } from './users.ts';

/** What a valid token stands for. */
export type LoginSession = {
  readonly token: string;
  readonly user: User;
  /** The value of the MMCSRF cookie that belongs to the token. */
  readonly csrf: string;
  /** Only OAuth sessions may travel in the `access_token` query. */
  readonly isOAuth: boolean;
};

const userDigits = 2;
const nonceLength = 9;
const macLength = 14;

/** Opens, recognises and ends sessions. Revocation is known to this process only. */
export class LoginSessions {
  readonly #secret: string;
  readonly #users: Users;
  readonly #random: RandomBytes;
  readonly #revoked = new Set<string>();

  constructor(secret: string, users: Users, random: RandomBytes) {
    this.#secret = secret;
    this.#users = users;
    this.#random = random;
  }

  /** Opens a session for a user of this town. */
  open(user: User, kind: 'login' | 'oauth' = 'login'): LoginSession {
    const index = this.#users.all.indexOf(user).toString(36).padStart(userDigits, '0');
    const nonce = spell(this.#random(nonceLength), nonceLength);
    const body = `${kind === 'oauth' ? 'o' : 's'}${index}${nonce}`;
    return this.#describe(body + this.#sign(body), user);
  }

  /** The session of a token; undefined when it is forged, revoked or no token at all. */
  find(token: string): LoginSession | undefined {
    if (!isId(token) || this.#revoked.has(token)) return undefined;
    const body = token.slice(0, -macLength);
    if (!timingSafeEqual(Buffer.from(token.slice(-macLength)), Buffer.from(this.#sign(body))))
      return undefined;
    const user = this.#users.all[Number.parseInt(body.slice(1, 1 + userDigits), 36)];
    return user === undefined ? undefined : this.#describe(token, user);
  }

  /** Whether a session found or opened earlier has not been ended since. */
  isLive(session: LoginSession): boolean {
    return !this.#revoked.has(session.token);
  }

  /** Ends a session: its token is refused from now on. */
  revoke(token: string): void {
    this.#revoked.add(token);
  }

  #describe(token: string, user: User): LoginSession {
    const csrf = deriveId(this.#secret, `csrf ${token}`);
    return { token, user, csrf, isOAuth: token.startsWith('o') };
  }

  #sign(body: string): string {
    return spell(createHmac('sha256', this.#secret).update(`token ${body}`).digest(), macLength);
  }
}
