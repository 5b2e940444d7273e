// Both ends of the WebSocket handshake (RFC 6455 section 4): what a client may ask and what a backend may answer.
import { createHash } from 'node:crypto';
import type { BodyFraming, UpgradeRequest } from '../model/request.ts';
import { SINGLE } from './field-names.ts';
import type { HandshakeFault, RequestLine, SingleFields } from './request-parts.ts';
import { foldAscii, isToken, parseTokenList, trimOws } from './tokens.ts';

const KEY = /^[A-Za-z0-9+/]{22}==$/;
const KEY_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

type Attempt = {
  readonly line: RequestLine;
  readonly singles: SingleFields;
  readonly nominated: readonly string[];
  readonly framing: BodyFraming;
};

/** Rows U1 to U5: a whole handshake, none, or one that nobody should see. */
export function judgeUpgrade(attempt: Attempt): UpgradeRequest | HandshakeFault {
  const { line, singles, nominated } = attempt;
  const upgrade = singles[SINGLE.upgrade];
  if (upgrade === undefined) return { kind: 'none' };
  const protocols = upgrade.split(',').map((protocol) => foldAscii(trimOws(protocol)));
  if (!protocols.every(isProtocol)) return 'request-malformed';
  if (line.version !== '1.1' || !nominated.includes('upgrade')) return { kind: 'none' };
  if (!protocols.some((protocol) => protocol.startsWith('websocket'))) return { kind: 'none' };
  if (protocols.length !== 1 || protocols[0] !== 'websocket') return 'request-malformed';
  return line.method === 'GET' && attempt.framing.kind === 'none'
    ? readHandshake(singles)
    : 'request-malformed';
}

/** `name` or `name/version` (RFC 9110 section 7.8); nothing between two commas is none that anybody could mean. */
function isProtocol(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash === -1) return text === '' || isToken(text);
  return isToken(text.slice(0, slash)) && isToken(text.slice(slash + 1));
}

function readHandshake(singles: SingleFields): UpgradeRequest | HandshakeFault {
  if (singles[SINGLE['sec-websocket-version']] !== '13') return 'websocket-version';
  const key = singles[SINGLE['sec-websocket-key']] ?? '';
  const protocols = parseTokenList(singles[SINGLE['sec-websocket-protocol']] ?? '');
  if (!KEY.test(key) || protocols === undefined) return 'request-malformed';
  return { kind: 'websocket', key, protocols, extensions: singles[SINGLE['sec-websocket-extensions']] };
}

/** Sec-WebSocket-Accept for a key (RFC 6455 section 4.2.2). */
export function acceptValue(key: string): string {
  return createHash('sha1').update(`${key}${KEY_GUID}`, 'latin1').digest('base64');
}

/** Fields of a 101 that decide whether it is one; undefined where absent, `repeated` where ambiguous. */
export type SwitchingFields = {
  /** HTTP/1.1 without a word about a body, which a 101 cannot have (RFC 9112 section 6.1). */
  readonly canSwitch: boolean;
  readonly upgrade: string | undefined;
  readonly connection: readonly string[];
  readonly accept: string | undefined;
  readonly protocol: string | undefined;
  readonly extensions: string | undefined;
};

/** Row U8: the backend's 101 answers this very handshake and selects nothing that was not offered. */
export function isValidSwitch(request: UpgradeRequest, fields: SwitchingFields): boolean {
  if (request.kind !== 'websocket' || !fields.canSwitch) return false;
  if (foldAscii(fields.upgrade ?? '') !== 'websocket' || !fields.connection.includes('upgrade')) return false;
  if (fields.accept !== acceptValue(request.key)) return false;
  if (fields.protocol !== undefined && !request.protocols.includes(foldAscii(fields.protocol))) return false;
  return fields.extensions === undefined || areOffered(fields.extensions, request.extensions ?? '');
}

function areOffered(selected: string, offered: string): boolean {
  const names = extensionNames(offered);
  return extensionNames(selected).every((name) => name !== '' && names.includes(name));
}

function extensionNames(value: string): readonly string[] {
  return value.split(',').map((extension) => foldAscii(trimOws(extension.split(';')[0] ?? '')));
}
