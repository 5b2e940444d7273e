// Canonical CIDR notation, held against a slow but plain reading of addresses as bits.
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCanonicalCidr } from './cidr.ts';

test.each([
  '0.0.0.0/0',
  '10.0.0.0/8',
  '192.0.2.255/32',
  '192.0.2.128/25',
  '::/0',
  '::1/128',
  '2001:db8::/32',
  'fe80::/10',
  '1:2:3:4:5:6:7:8/128',
  '1:0:0:2::/64',
  '1::2:0:0:0/80',
  '0:1::/32',
  '1:0:3:4:5:6:7:8/128',
])('canonical: %s', (text) => {
  expect(isCanonicalCidr(text)).toBe(true);
});

test.each([
  '',
  '/',
  '10.0.0.0',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/ 8',
  '10.0.0.0/255.0.0.0',
  '10.0.0.1/8',
  '10.0.0/8',
  '010.0.0.0/8',
  '0x0a.0.0.0/8',
  '2001:db8::1/32',
  '2001:0db8::/32',
  '2001:DB8::/32',
  '2001:db8:0:0::/64',
  '1:2:3:4:5:6:7::/112',
  '::1:0:0:0:0:0/48',
  '1::2:0:0:0:0/64',
  '::ffff:0:0/96',
  '::ffff:192.0.2.0/120',
  '::192.0.2.0/120',
  'fe80::%eth0/64',
  '2001:db8::/129',
  '::/00',
])('refused: %s', (text) => {
  expect(isCanonicalCidr(text)).toBe(false);
});

test.each(['::ffff:10.0.0.0/8', '::ffff:10.0.0.0/104', '::ffff:a00:0/104', '::ffff:0:0/95', '10.0.0.1/8'])(
  'M6 no network that means another one elsewhere: %s',
  (text) => {
    expect(isCanonicalCidr(text)).toBe(false);
  },
);

test('an IPv4 network is canonical exactly when its address is the first one in it', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (address, bits) => {
      const [number] = [address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)];
      expect(isCanonicalCidr(`${address}/${bits}`)).toBe(number % 2 ** (32 - bits) === 0);
    }),
  );
});

test('a full-length IPv6 prefix is canonical in one spelling only', () => {
  const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const spellings = spellingsOf(groups);
      const accepted = spellings.filter((text) => isCanonicalCidr(`${text}/128`));
      const isMapped = groups.slice(0, 5).every((value) => value === 0) && groups[5] === 0xffff;
      expect(accepted).toHaveLength(isMapped ? 0 : 1);
    }),
  );
});

/** Full, and with each run of zeros shortened; without duplicates. */
function spellingsOf(groups: readonly number[]): readonly string[] {
  const words = groups.map((value) => value.toString(16));
  const texts = [words.join(':')];
  for (let start = 0; start < 8; start += 1) {
    for (let end = start + 1; end <= 8 && groups[end - 1] === 0; end += 1) {
      texts.push(`${words.slice(0, start).join(':')}::${words.slice(end).join(':')}`);
    }
  }
  const list = new BlockList();
  for (const text of texts) list.addAddress(text, 'ipv6');
  return [...new Set(texts)];
}
