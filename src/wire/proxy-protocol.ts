// PROXY protocol v1 and v2 as a push parser: rows M8 to M10. The header is mandatory where it is expected at all.
import { type IpAddress, parseAddress } from '../model/address.ts';

/** `local` means the proxy speaks for itself: the socket's own peer is the client. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'local'; readonly bytes: number }
  | {
      readonly kind: 'proxied';
      readonly bytes: number;
      readonly source: IpAddress;
      readonly sourcePort: number;
      readonly destinationPort: number;
    };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_HEADER_BYTES = 16;
const V2_MAX_BYTES = 4096;
const V1_MAX_BYTES = 107;
const V1_PREFIX = 'PROXY ';
const MAX_PORT = 65_535;
const V1 = /^PROXY TCP([46]) (\S+) (\S+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})$/;
const MALFORMED: ProxyHeader = { kind: 'malformed' };
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

/** Reads all that has come so far; `bytes` of a complete header say where the client's own bytes begin. */
export function parseProxyHeader(received: Buffer): ProxyHeader {
  if (received.length === 0) return INCOMPLETE;
  return received[0] === SIGNATURE[0] ? parseV2(received) : parseV1(received);
}

function parseV1(received: Buffer): ProxyHeader {
  const text = received.toString('latin1', 0, V1_MAX_BYTES);
  if (!text.startsWith(V1_PREFIX.slice(0, text.length))) return MALFORMED;
  const end = text.indexOf('\r\n');
  const line = end === -1 ? text : text.slice(0, end);
  // A CR that is the last byte so far may still belong to the line's end.
  if (/\n|\r./s.test(line) || (end !== -1 && line.endsWith('\r'))) return MALFORMED;
  if (end !== -1) return readV1Line(line, end + 2);
  return received.length >= V1_MAX_BYTES ? MALFORMED : INCOMPLETE;
}

function readV1Line(line: string, bytes: number): ProxyHeader {
  // Row M9: whatever addresses UNKNOWN carries are not to be believed.
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN ')) return { kind: 'local', bytes };
  const [, family = '', from = '', to = '', fromPort, toPort] = V1.exec(line) ?? [];
  const source = parseFamily(from, family);
  const sourcePort = Number(fromPort);
  const destinationPort = Number(toPort);
  if (source === undefined || parseFamily(to, family) === undefined) return MALFORMED;
  if (sourcePort > MAX_PORT || destinationPort > MAX_PORT) return MALFORMED;
  return { kind: 'proxied', bytes, source, sourcePort, destinationPort };
}

function parseFamily(text: string, family: string): IpAddress | undefined {
  return text.includes(':') === (family === '6') ? parseAddress(text) : undefined;
}

function parseV2(received: Buffer): ProxyHeader {
  const compared = Math.min(received.length, SIGNATURE.length);
  if (received.compare(SIGNATURE, 0, compared, 0, compared) !== 0) return MALFORMED;
  if (received.length < V2_HEADER_BYTES) return INCOMPLETE;
  const command = received[12] ?? 0;
  const family = received[13] ?? 0;
  const length = received.readUInt16BE(14);
  if ((command !== 0x20 && command !== 0x21) || length > V2_MAX_BYTES) return MALFORMED;
  const bytes = V2_HEADER_BYTES + length;
  if (received.length < bytes) return INCOMPLETE;
  if (command === 0x20) return { kind: 'local', bytes };
  if (family === 0x11) return readAddresses(received, bytes, 4);
  return family === 0x21 ? readAddresses(received, bytes, 16) : MALFORMED;
}

function readAddresses(received: Buffer, bytes: number, width: 4 | 16): ProxyHeader {
  const at = V2_HEADER_BYTES;
  const tlvsAt = at + 2 * width + 4;
  if (bytes < tlvsAt || !areTlvsSound(received, tlvsAt, bytes)) return MALFORMED;
  const source = parseAddress(addressText(received.subarray(at, at + width)));
  if (source === undefined) return MALFORMED;
  const sourcePort = received.readUInt16BE(at + 2 * width);
  return {
    kind: 'proxied',
    bytes,
    source,
    sourcePort,
    destinationPort: received.readUInt16BE(at + 2 * width + 2),
  };
}

function addressText(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  return Array.from({ length: 8 }, (_, group) => octets.readUInt16BE(2 * group).toString(16)).join(':');
}

function areTlvsSound(received: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    if (at + 3 > end) return false;
    at += 3 + received.readUInt16BE(at + 1);
  }
  return at === end;
}
