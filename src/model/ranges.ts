// Membership of an address in sorted, merged ranges: a binary search over strings, no parsing and no allocation.
import type { IpAddress } from './address.ts';
import type { AddressRanges } from './configuration.ts';

const IPV4_DIGITS = 8;

/** IPv4 and IPv6 ranges are apart: `::/0` holds no IPv4 address (row M5). */
export function isInRanges(address: IpAddress, ranges: AddressRanges): boolean {
  const table = address.hex.length === IPV4_DIGITS ? ranges.v4 : ranges.v6;
  let low = 0;
  let high = table.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((table[2 * middle] ?? '') <= address.hex) low = middle + 1;
    else high = middle;
  }
  return low > 0 && address.hex <= (table[2 * low - 1] ?? '');
}
