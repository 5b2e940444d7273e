// The cast of the demo: the site's name, its users, and the loopback addresses that play its networks.
import type { Account } from './mattermost/users.ts';

/** Host of the one site; must be that of manifests/policy.yaml, as must the networks below. */
export const SITE_HOST = 'chat.example.com';

/** What browsers on this machine ask for: they know such names by themselves. Each has cookies of its own. */
export const BROWSER_DOMAIN = 'localhost';

/** The first one is the administrator. */
export const USERS = {
  alice: { username: 'alice', password: 'wonderland-in-the-demo' },
  bob: { username: 'bob', password: 'builder-in-the-demo' },
} as const satisfies Readonly<Record<string, Account>>;

export type UserName = keyof typeof USERS;

/** The header in which Mattermost's apps send the pre-authentication secret. */
export const SECRET_HEADER = 'X-Mattermost-Preauth-Secret';

/** Where everything listens. */
export const LOOPBACK = '127.0.0.1';

export const OFFICE = '127.1.0.1';
/** What a client comes from that names no source address. */
export const INTERNET = '127.0.0.1';
export const ATTACKER = '127.3.0.1';
/** Three more places of the Internet. */
export const HOMES = ['127.2.0.1', '127.2.0.2', '127.2.0.3'] as const;

/** The addresses that the tour's clients come from, beside the loopback address itself. */
export const CLIENT_ADDRESSES: readonly string[] = [OFFICE, ATTACKER, ...HOMES];

/** What an address plays. */
export function placeOf(address: string): string {
  if (address === OFFICE) return 'office';
  return address === ATTACKER ? 'blocked network' : 'Internet';
}
