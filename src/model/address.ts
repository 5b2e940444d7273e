// IP addresses in the one canonical form that CIDR tables, hashing and logs share.
import { isIPv4, isIPv6 } from 'node:net';

/**
 * An address as text for people and as fixed-width hexadecimal digits for comparison:
 * 8 digits for IPv4, 32 for IPv6, so that ordering is string ordering within a family.
 */
export type IpAddress = { readonly text: string; readonly hex: string };

/**
 * Reads a literal IPv4 or IPv6 address. IPv4-mapped IPv6 becomes IPv4 (row M5), a zone id is refused (row M7),
 * and so is every spelling of IPv4 but four plain decimal octets (row M4).
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { text, hex: ipv4Hex(text) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const hex = ipv6Hex(text);
  if (!hex.startsWith('00000000000000000000ffff')) return { text: ipv6Text(hex), hex };
  const mapped = hex.slice(24);
  return { text: dotted(mapped), hex: mapped };
}

/** The peer address of a socket: the kernel adds a zone to link-local ones, which is not part of the address. */
export function parsePeerAddress(text: string | undefined): IpAddress | undefined {
  if (text === undefined) return undefined;
  const zone = text.indexOf('%');
  return parseAddress(zone === -1 ? text : text.slice(0, zone));
}

/** The first `bits` bits of an address, the rest zero: the key under which addresses of one network meet. */
export function networkHex(hex: string, bits: number): string {
  const width = hex.length * 4;
  if (bits >= width) return hex;
  const whole = bits >> 2;
  const digit = Number.parseInt(hex.charAt(whole), 16) & (0xf0 >> (bits & 3));
  return hex.slice(0, whole) + digit.toString(16) + '0'.repeat(hex.length - whole - 1);
}

/** For people: the address with these digits. */
export function textOfHex(hex: string): string {
  return hex.length === 8 ? dotted(hex) : ipv6Text(hex);
}

/** The short spelling (RFC 5952), which is also the kernel's: one address has one name in logs and headers. */
function ipv6Text(hex: string): string {
  const groups = hex.match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function ipv4Hex(text: string): string {
  return text
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('');
}

function dotted(hex: string): string {
  return [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

function ipv6Hex(text: string): string {
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  const plain = tail.includes('.')
    ? `${text.slice(0, lastColon + 1)}${ipv4Hex(tail).slice(0, 4)}:${ipv4Hex(tail).slice(4)}`
    : text;
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const end = right === undefined || right === '' ? [] : right.split(':');
  const gap = right === undefined ? 0 : 8 - head.length - end.length;
  const groups = [...head, ...Array<string>(gap).fill('0'), ...end];
  return groups.map((group) => group.padStart(4, '0').toLowerCase()).join('');
}
