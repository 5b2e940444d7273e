// Keys of TLS session tickets (rows S4 and S5): made from what all replicas share and from the wall clock, so that all
// of them change keys together without a word. A ticket of the period before costs its client a full handshake.
import { hkdfSync } from 'node:crypto';

const PERIOD_MS = 12 * 3_600_000;
/** What OpenSSL wants: a name, a key to sign and a key to encrypt. */
const KEY_BYTES = 48;
const SALT = 'mattermost-ingress';

/** Number of the half day. */
export function ticketPeriod(epochMs: number): number {
  return Math.floor(epochMs / PERIOD_MS);
}

export function ticketKeys(secret: Uint8Array, period: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, SALT, `TLS session tickets ${period}`, KEY_BYTES));
}
