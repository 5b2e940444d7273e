// Field names that have a meaning for a proxy: which may stand once, which a client may never touch.
import { FORWARDING_FIELDS } from '../model/field-names.ts';

/** Two lines of one of these would let two readers see two requests (row F7). The numbers are places in SingleFields. */
export const SINGLE = {
  host: 0,
  'content-length': 1,
  'transfer-encoding': 2,
  authorization: 3,
  'content-type': 4,
  expect: 5,
  upgrade: 6,
  cookie: 7,
  origin: 8,
  'sec-websocket-key': 9,
  'sec-websocket-version': 10,
  'sec-websocket-protocol': 11,
  'sec-websocket-extensions': 12,
} as const;

/** Place of a field that may stand once; undefined for others. */
export const SINGLETONS: ReadonlyMap<string, number> = new Map(Object.entries(SINGLE));

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
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
  ...FORWARDING_FIELDS,
  'x-csrf-token',
  'x-requested-with',
  'x-mattermost-preauth-secret',
]);

const UNDERSCORE = 0x5f;
const DOT = 0x2e;

/** Names only connection handling knows; nominating them removes what is removed anyway. */
const FRAMING_LOOKALIKES: ReadonlySet<string> = new Set(['connection', 'upgrade', 'te', 'trailer']);

/** `X_Forwarded_For` and the like: some servers read `_` and `.` as `-` (row F6). */
export function isDisguised(name: string): boolean {
  if (!hasStandIn(name)) return false;
  const plain = name.replace(/[_.]/g, '-');
  return PROTECTED.has(plain) || FRAMING_LOOKALIKES.has(plain);
}

function hasStandIn(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === UNDERSCORE || code === DOT) return true;
  }
  return false;
}
