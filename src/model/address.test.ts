// Addresses: which spellings are read (rows M4, M5 and M7), and what networks they belong to.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkHex, parseAddress, parsePeerAddress } from './address.ts';

const octet = fc.integer({ min: 0, max: 255 });
const group = fc.integer({ min: 0, max: 0xffff });

/** Any value of that many bits, in digits. */
function digits(bits: number) {
  return fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }).map((value) => hexOf(value, bits));
}

function hexOf(value: bigint, bits: number): string {
  return value.toString(16).padStart(bits / 4, '0');
}

describe('IPv4', () => {
  test.each([
    ['0.0.0.0', '00000000'],
    ['10.1.2.3', '0a010203'],
    ['192.0.2.255', 'c00002ff'],
    ['255.255.255.255', 'ffffffff'],
  ])('%s is %s', (text, hex) => {
    expect(parseAddress(text)).toEqual({ text, hex });
  });

  test('four octets, any', () => {
    fc.assert(
      fc.property(octet, octet, octet, octet, (...octets) => {
        const hex = octets.map((value) => value.toString(16).padStart(2, '0')).join('');
        expect(parseAddress(octets.join('.'))?.hex).toBe(hex);
      }),
    );
  });
});

describe('IPv6', () => {
  test.each([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::', '20010db8000000000000000000000000'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['2001:DB8::A', '20010db800000000000000000000000a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['1::8', '00010000000000000000000000000008'],
    ['64:ff9b::192.0.2.1', '0064ff9b0000000000000000c0000201'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    // Not IPv4-mapped, though it looks alike.
    ['::1.2.3.4', '00000000000000000000000001020304'],
    ['::ffff:0:1.2.3.4', '0000000000000000ffff000001020304'],
  ])('%s is %s', (text, hex) => {
    expect(parseAddress(text)?.hex).toBe(hex);
  });

  test.each([
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:0db8:0000:0:0::a', '2001:db8::a'],
    ['2001:db8::0:0:1', '2001:db8::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['0:0:0:0:0:0:0:0', '::'],
  ])('%s is written as %s, like every other spelling of it (RFC 5952)', (text, written) => {
    expect(parseAddress(text)?.text).toBe(written);
  });

  test('eight groups, wherever zeros are left out', () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 7 }), fc.nat(7), (groups, at) => {
        const place = Math.min(at, groups.length);
        const written = groups.map((value) => value.toString(16));
        const text = `${written.slice(0, place).join(':')}::${written.slice(place).join(':')}`;
        const filled = [
          ...groups.slice(0, place),
          ...Array(8 - groups.length).fill(0),
          ...groups.slice(place),
        ];
        const hex = filled.map((value: number) => value.toString(16).padStart(4, '0')).join('');
        fc.pre(!hex.startsWith('00000000000000000000ffff'));
        expect(parseAddress(text)?.hex).toBe(hex);
      }),
    );
  });
});

describe('IPv4 in IPv6 is IPv4 (row M5)', () => {
  test.each([
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['0:0:0:0:0:ffff:0a01:0203', '10.1.2.3'],
    ['0000:0000:0000:0000:0000:ffff:192.0.2.255', '192.0.2.255'],
    ['::ffff:0.0.0.0', '0.0.0.0'],
  ])('%s is %s', (text, plain) => {
    expect(parseAddress(text)).toEqual(parseAddress(plain));
  });
});

describe('no address', () => {
  test.each([
    ['nothing', ''],
    ['a name', 'localhost'],
    ['an octal octet', '010.0.0.1'],
    ['a zero in front', '10.0.0.01'],
    ['hexadecimal', '0x7f.0.0.1'],
    ['hexadecimal, short', '0x7f.1'],
    ['three octets', '10.0.1'],
    ['two octets', '10.1'],
    ['one number', '2130706433'],
    ['an octet too high', '256.0.0.1'],
    ['five octets', '1.2.3.4.5'],
    ['a final dot', '1.2.3.4.'],
    ['a blank behind', '1.2.3.4 '],
    ['a blank in front', ' 1.2.3.4'],
    ['a line feed behind', '1.2.3.4\n'],
    ['a NUL behind', '1.2.3.4\0'],
    ['NUL and more behind', '1.2.3.4\0.evil'],
    ['a sign', '+1.2.3.4'],
    ['digits of another script', '١.2.3.4'],
    ['full-width digits', '１.2.3.4'],
    ['a port', '1.2.3.4:80'],
    ['a prefix length', '10.0.0.0/8'],
    ['brackets', '[::1]'],
    ['IPv6 with a NUL behind', '::1\0'],
    ['two gaps', '1::2::3'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['seven groups', '1:2:3:4:5:6:7'],
    ['a gap with eight groups', '1::2:3:4:5:6:7:8'],
    ['five digits', '00001::'],
    ['an octal octet in IPv6', '::ffff:010.1.2.3'],
    ['three octets in IPv6', '::ffff:1.2.3'],
    ['a zone (row M7)', 'fe80::1%eth0'],
    ['an empty zone', 'fe80::1%'],
    ['a zone behind a mapped address', '::ffff:10.1.2.3%1'],
  ])('%s: %j', (_, text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('the peer of a socket', () => {
  test.each([
    ['its zone is not part of the address', 'fe80::1%eth0', 'fe80::1'],
    ['a zone by number', 'fe80::1%2', 'fe80::1'],
    ['plain IPv4', '10.1.2.3', '10.1.2.3'],
    ['IPv4 on a dual-stack listener', '::ffff:10.1.2.3', '10.1.2.3'],
  ])('%s', (_, text, plain) => {
    expect(parsePeerAddress(text)).toEqual(parseAddress(plain));
  });

  test('that is gone has none', () => {
    expect(parsePeerAddress(undefined)).toBeUndefined();
  });
});

describe('networkHex', () => {
  test.each([
    ['c0a80117', 24, 'c0a80100'],
    ['c0a801ff', 25, 'c0a80180'],
    ['c0a801ff', 26, 'c0a801c0'],
    ['c0a801ff', 27, 'c0a801e0'],
    ['ffffffff', 1, '80000000'],
    ['ffffffff', 0, '00000000'],
    ['c0a80117', 32, 'c0a80117'],
  ])('%s/%i is %s', (hex, bits, network) => {
    expect(networkHex(hex, bits)).toBe(network);
  });

  test.each([32, 128])('keeps the first bits of %i, for every prefix length', (width) => {
    fc.assert(
      fc.property(digits(width), (hex) => {
        for (let bits = 0; bits <= width; bits++) {
          const free = BigInt(width - bits);
          const expected = (BigInt(`0x${hex}`) >> free) << free;
          expect(networkHex(hex, bits)).toBe(hexOf(expected, width));
        }
      }),
      { numRuns: 50 },
    );
  });
});
