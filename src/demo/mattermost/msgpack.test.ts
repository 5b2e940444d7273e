// MessagePack as Mattermost's clients write it, and what is no MessagePack.
import { expect, test } from 'vitest';
import { decodeMsgpack } from './msgpack.ts';

test.each([
  ['00', 0],
  ['7f', 127],
  ['ff', -1],
  ['cc80', 128],
  ['cd0100', 256],
  ['ce00010000', 65_536],
  ['cf0000000100000000', 4_294_967_296],
  ['d080', -128],
  ['d1ff00', -256],
  ['d2ffff0000', -65_536],
  ['d3ffffffff00000000', -4_294_967_296],
  ['ca3fc00000', 1.5],
  ['cb3ff8000000000000', 1.5],
  ['c0', null],
  ['c2', false],
  ['c3', true],
  ['a3616263', 'abc'],
  ['d903616263', 'abc'],
  ['da0003616263', 'abc'],
  ['db00000003616263', 'abc'],
  ['c403010203', Buffer.from([1, 2, 3])],
  ['93010203', [1, 2, 3]],
  ['dc000101', [1]],
  ['dd0000000101', [1]],
  ['82a3736571 01 a6616374696f6e a470696e67', { seq: 1, action: 'ping' }],
  ['de0001a16101', { a: 1 }],
  ['df00000001a16101', { a: 1 }],
])('%s', (hex, expected) => {
  expect(decodeMsgpack(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toEqual(expected);
});

test.each(['', 'a3', 'a36162', '92', 'cd01', 'c7', 'df7fffffff'])('%j is refused', (hex) => {
  expect(() => decodeMsgpack(Buffer.from(hex, 'hex'))).toThrow();
});
