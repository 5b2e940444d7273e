// CIDRs compiled to the sorted, merged ranges the request path searches: for admission rules and forbidden endpoints.
import { networkHex, parseAddress } from '../model/address.ts';
import type { AddressRanges } from '../model/configuration.ts';

type Range = { readonly first: string; readonly last: string };

/** No address at all. */
export const NO_ADDRESSES: AddressRanges = { v4: [], v6: [] };

/**
 * Compiles networks such as `192.0.2.0/24`; overlapping and adjacent ones become one range.
 * Undefined if any of them cannot be read: what half a list means is not for us to guess.
 */
export function compileRanges(cidrs: readonly string[]): AddressRanges | undefined {
  const ranges: Range[] = [];
  for (const cidr of cidrs) {
    const range = readRange(cidr);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return {
    v4: flatten(ranges.filter((range) => range.first.length === 8)),
    v6: flatten(ranges.filter((range) => range.first.length === 32)),
  };
}

function readRange(cidr: string): Range | undefined {
  const [text = '', length = '', ...rest] = cidr.split('/');
  const address = parseAddress(text);
  if (address === undefined || rest.length > 0 || !/^(0|[1-9][0-9]{0,2})$/u.test(length)) return undefined;
  const width = address.hex.length * 4;
  const bits = Number(length);
  // An IPv4-mapped network counts its prefix from another end than the IPv4 network it would become.
  if (bits > width || (text.includes(':') && width === 32)) return undefined;
  return { first: networkHex(address.hex, bits), last: lastHex(address.hex, bits) };
}

/** The highest address of the network. */
function lastHex(hex: string, bits: number): string {
  const free = (1n << BigInt(hex.length * 4 - bits)) - 1n;
  return (BigInt(`0x${hex}`) | free).toString(16).padStart(hex.length, '0');
}

function flatten(ranges: readonly Range[]): readonly string[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged: string[] = [];
  for (const { first, last } of sorted) {
    const end = merged.at(-1);
    if (end === undefined || BigInt(`0x${first}`) > BigInt(`0x${end}`) + 1n) merged.push(first, last);
    else if (last > end) merged[merged.length - 1] = last;
  }
  return merged;
}
