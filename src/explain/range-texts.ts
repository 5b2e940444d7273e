// Sorted ranges of addresses as people write them: networks where they are networks.
import { textOfHex } from '../model/address.ts';
import type { AddressRanges } from '../model/configuration.ts';
import type { IpAddress } from '../model/address.ts';

/** A range as a CIDR, or as `first-last` where merging has made it no network. */
export function rangeTexts({ v4, v6 }: AddressRanges): readonly string[] {
  return [...pairsOf(v4), ...pairsOf(v6)].map(([first, last]) => rangeText(first, last));
}

/** The range that holds the address. */
export function rangeOf({ hex }: IpAddress, { v4, v6 }: AddressRanges): string | undefined {
  const found = pairsOf(hex.length === 8 ? v4 : v6).find(([first, last]) => first <= hex && hex <= last);
  return found && rangeText(...found);
}

function pairsOf(table: readonly string[]): readonly (readonly [string, string])[] {
  return table.flatMap((first, at) => (at % 2 === 0 ? [[first, table[at + 1] ?? first] as const] : []));
}

function rangeText(first: string, last: string): string {
  const start = BigInt(`0x${first}`);
  const size = BigInt(`0x${last}`) - start + 1n;
  const hostBits = size.toString(2).length - 1;
  const isNetwork = size === 1n << BigInt(hostBits) && start % size === 0n;
  const width = first.length * 4;
  if (!isNetwork) return `${textOfHex(first)}-${textOfHex(last)}`;
  return hostBits === 0 ? textOfHex(first) : `${textOfHex(first)}/${width - hostBits}`;
}
