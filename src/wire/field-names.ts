// Field names that have a meaning for a proxy: which may stand once, which a client may never touch.
import { FORWARDING_FIELDS } from '../model/field-names.ts';

/** Two lines of one of these would let two readers see two requests (row F7). */
export const SINGLETONS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'content-type',
  'expect',
  'upgrade',
  'cookie',
  'origin',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]);

/** Names that decide framing, routing, admission or what the backend believes of its client (rows F6 and X2). */
export const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'authorization',
  'cookie',
  'origin',
  'expect',
  ...FORWARDING_FIELDS,
  'x-csrf-token',
  'x-requested-with',
  'x-mattermost-preauth-secret',
]);

/** Names only connection handling knows; nominating them removes what is removed anyway. */
const FRAMING_LOOKALIKES: ReadonlySet<string> = new Set(['connection', 'upgrade', 'te', 'trailer']);

/** `X_Forwarded_For` and the like: some servers read `_` and `.` as `-` (row F6). */
export function isDisguised(name: string): boolean {
  if (!name.includes('_') && !name.includes('.')) return false;
  const plain = name.replace(/[_.]/g, '-');
  return PROTECTED.has(plain) || FRAMING_LOOKALIKES.has(plain);
}
