// CIDR notation as a policy may write it: the one spelling of each network.
// Twin of CEL's `isCIDR(self) && string(cidr(self).masked()) == self`; used by policy-rules.ts.
import { isIPv4, isIPv6 } from 'node:net';

/**
 * Whether the text is a network in canonical form: strict dotted quad or RFC 5952 spelling, a plain prefix length,
 * no bits behind the prefix, no zone, no IPv4-mapped IPv6.
 */
export function isCanonicalCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^(0|[1-9][0-9]{0,2})$/u.test(length)) return false;
  return isIPv4(address)
    ? isCanonicalIpv4(address, Number(length))
    : isCanonicalIpv6(address, Number(length));
}

function isCanonicalIpv4(address: string, bits: number): boolean {
  return bits <= 32 && isMasked(address.split('.').map(Number), 8, bits);
}

function isCanonicalIpv6(address: string, bits: number): boolean {
  if (!isIPv6(address) || /[%.]/u.test(address) || bits > 128) return false;
  const groups = ipv6Groups(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return !isMapped && isMasked(groups, 16, bits) && compressIpv6(groups) === address;
}

/** Whether all bits behind the first `bits` are zero; every part holds `width` bits. */
function isMasked(parts: readonly number[], width: number, bits: number): boolean {
  return parts.every((part, index) => {
    const free = Math.min(width, Math.max(0, (index + 1) * width - bits));
    return part % 2 ** free === 0;
  });
}

function ipv6Groups(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...gap, ...right].map((group) => Number.parseInt(group, 16));
}

/** RFC 5952 section 4: lower case, no leading zeros, the first longest run of two zeros or more as `::`. */
function compressIpv6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let at = 0; at < groups.length; at += 1) {
    let end = at;
    while (groups[end] === 0) end += 1;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const words = groups.map((group) => group.toString(16));
  if (start === -1) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}
