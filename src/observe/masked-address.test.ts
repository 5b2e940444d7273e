// What is left of a client's address where people look on.
import { expect, test } from 'vitest';
import { maskAddress } from './masked-address.ts';

test.each([
  ['203.0.113.7', '203.0.113.x'],
  ['127.0.0.1', '127.0.0.x'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:x'],
  ['2001:db8::7', '2001:db8:0:x'],
  ['::1', '0:0:0:x'],
  ['fe80::1:2:3:4', 'fe80:0:0:x'],
  ['unix', ''],
  ['', ''],
  ['<b>::1', ''],
])('%s is shown as %s', (text, masked) => {
  expect(maskAddress(text)).toBe(masked);
});
