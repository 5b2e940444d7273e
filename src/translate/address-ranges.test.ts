// CIDRs to ranges: merging, what is refused, and membership against plain arithmetic.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCanonicalCidr } from '../api/cidr.ts';
import { parseAddress } from '../model/address.ts';
import { isInRanges } from '../model/ranges.ts';
import { compileRanges, NO_ADDRESSES } from './address-ranges.ts';

const ipv4Cidr = fc
  .tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 }))
  .map(([address, bits]) => `${dotted(bits === 0 ? 0 : (address & (-1 << (32 - bits))) >>> 0)}/${bits}`);

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function contains(cidr: string, address: number): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const first = network.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
  return address >= first && address < first + 2 ** (32 - Number(length));
}

describe('compileRanges', () => {
  test.each([
    ['one address', ['192.0.2.7/32'], { v4: ['c0000207', 'c0000207'], v6: [] }],
    [
      'adjacent networks become one',
      ['192.0.2.128/25', '192.0.2.0/25'],
      { v4: ['c0000200', 'c00002ff'], v6: [] },
    ],
    [
      'a network inside another vanishes',
      ['10.0.0.0/8', '10.1.0.0/16'],
      { v4: ['0a000000', '0affffff'], v6: [] },
    ],
    [
      'gaps stay',
      ['10.0.0.0/32', '10.0.0.2/32'],
      { v4: ['0a000000', '0a000000', '0a000002', '0a000002'], v6: [] },
    ],
    [
      'everything',
      ['0.0.0.0/0', '::/0'],
      { v4: ['00000000', 'ffffffff'], v6: ['0'.repeat(32), 'f'.repeat(32)] },
    ],
    ['nothing', [], NO_ADDRESSES],
  ] as const)('%s', (_, cidrs, expected) => {
    expect(compileRanges(cidrs)).toEqual(expected);
  });

  test.each([
    ['10.0.0.0'],
    ['10.0.0.0/33'],
    ['10.0.0.0/08'],
    ['10.0.0.0/8/8'],
    ['010.0.0.0/8'],
    ['::ffff:10.0.0.0/104'],
    ['office'],
    [''],
  ])('one that cannot be read makes the list unreadable: %s', (cidr) => {
    expect(compileRanges(['192.0.2.0/24', cidr])).toBeUndefined();
  });

  test('every network the policy check lets through can be compiled', () => {
    const ipv6Cidr = fc
      .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
      .map(([address, bits]) => `${address}/${bits}`);
    fc.assert(
      fc.property(fc.oneof(ipv4Cidr, ipv6Cidr), (cidr) => {
        if (isCanonicalCidr(cidr)) expect(compileRanges([cidr])).toBeDefined();
      }),
    );
  });

  test('an address is within exactly when one of the networks holds it', () => {
    fc.assert(
      fc.property(fc.array(ipv4Cidr, { maxLength: 6 }), fc.nat(0xffffffff), (cidrs, number) => {
        const ranges = compileRanges(cidrs) ?? NO_ADDRESSES;
        for (const value of [number, ...cidrs.map((cidr) => startOf(cidr))]) {
          const address = parseAddress(dotted(value)) ?? { text: '', hex: '' };
          expect(isInRanges(address, ranges)).toBe(cidrs.some((cidr) => contains(cidr, value)));
        }
      }),
    );
  });
});

function startOf(cidr: string): number {
  return (
    cidr
      .split('/')[0]
      ?.split('.')
      .reduce((value, octet) => value * 256 + Number(octet), 0) ?? 0
  );
}
