// Membership in ranges: edges, families, and any table at all against counting.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInRanges } from './ranges.ts';
import { address, NOBODY, ranges } from '../decide/test-objects.ts';

const OFFICES = ranges(
  '10.0.0.0-10.255.255.255',
  '192.0.2.7-192.0.2.7',
  '198.51.100.0-198.51.100.255',
  '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
);

describe('edges', () => {
  test.each([
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['9.255.255.255', false],
    ['11.0.0.0', false],
    ['192.0.2.7', true],
    ['192.0.2.6', false],
    ['192.0.2.8', false],
    ['198.51.100.128', true],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['2001:db8::', true],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['2001:db9::', false],
    ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ])('%s: %s', (text, expected) => {
    expect(isInRanges(address(text), OFFICES)).toBe(expected);
  });
});

describe('families are apart (row M5)', () => {
  const everyIpv4 = ranges('0.0.0.0-255.255.255.255');
  const everyIpv6 = ranges('::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');

  test.each([
    ['0.0.0.0/0 holds IPv4', '192.0.2.1', everyIpv4, true],
    ['0.0.0.0/0 holds no IPv6', '2001:db8::1', everyIpv4, false],
    ['::/0 holds IPv6', '2001:db8::1', everyIpv6, true],
    ['::/0 holds no IPv4', '192.0.2.1', everyIpv6, false],
    ['::/0 holds no IPv4 in IPv6 form', '::ffff:192.0.2.1', everyIpv6, false],
    ['0.0.0.0/0 holds IPv4 in IPv6 form', '::ffff:192.0.2.1', everyIpv4, true],
    ['an empty table holds nobody', '192.0.2.1', NOBODY, false],
  ])('%s', (_, text, table, expected) => {
    expect(isInRanges(address(text), table)).toBe(expected);
  });
});

test.each([8, 32])('any table of %i digits agrees with looking at each range', (width) => {
  const top = (1n << BigInt(width * 4)) - 1n;
  // Small numbers too, so that addresses meet the ends of ranges.
  const number = fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: top }));
  const ends = fc.uniqueArray(number, { maxLength: 20 });
  fc.assert(
    fc.property(ends, number, (values, wanted) => {
      const sorted = values.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, values.length & ~1);
      const hexOf = (value: bigint) => value.toString(16).padStart(width, '0');
      const table = sorted.map(hexOf);
      const pairs = sorted.flatMap((first, at) =>
        at % 2 === 0 ? [{ first, last: sorted[at + 1] ?? first }] : [],
      );
      const expected = pairs.some(({ first, last }) => first <= wanted && wanted <= last);
      const found = isInRanges(
        { text: '', hex: hexOf(wanted) },
        width === 8 ? { v4: table, v6: [] } : { v4: [], v6: table },
      );
      expect(found).toBe(expected);
    }),
  );
});
