// Merged ranges as people write networks.
import { expect, test } from 'vitest';
import { address, ranges } from '../decide/test-objects.ts';
import { rangeOf, rangeTexts } from './range-texts.ts';

test.each([
  ['192.0.2.0-192.0.2.255', '192.0.2.0/24'],
  ['192.0.2.7-192.0.2.7', '192.0.2.7'],
  ['0.0.0.0-255.255.255.255', '0.0.0.0/0'],
  ['10.0.0.0-11.255.255.255', '10.0.0.0/7'],
  // Two networks that touch, and are none together.
  ['10.0.1.0-10.0.2.255', '10.0.1.0-10.0.2.255'],
  ['10.0.0.0-10.0.2.255', '10.0.0.0-10.0.2.255'],
  ['2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
])('%s', (range, text) => {
  if (text !== undefined) expect(rangeTexts(ranges(range))).toEqual([text]);
  else
    expect(rangeTexts({ v4: [], v6: [`20010db8${'0'.repeat(24)}`, `20010db8${'f'.repeat(24)}`] })).toEqual([
      '2001:db8::/32',
    ]);
});

test.each([
  ['10.0.0.7', '10.0.0.0/8'],
  ['192.0.2.0', '192.0.2.0/24'],
  ['11.0.0.0', undefined],
  ['2001:db8::1', undefined],
])('%s lies in %s', (text, range) => {
  expect(rangeOf(address(text), ranges('10.0.0.0-10.255.255.255', '192.0.2.0-192.0.2.255'))).toBe(range);
});
