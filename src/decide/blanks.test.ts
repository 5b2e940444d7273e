// Blanks around a text, and what many of them cost: a client may send as many as its head has room for.
import { expect, test } from 'vitest';
import { afterBlanks, trimmed } from './blanks.ts';
import { findOrigin } from './origin.ts';
import { address, client, NOBODY, request } from './test-objects.ts';
import { isLooping, viaValue } from './via.ts';

test.each([
  ['', ''],
  [' \t', ''],
  ['a', 'a'],
  ['\t a \tb ', 'a \tb'],
  ['\xa0a\x0b', '\xa0a\x0b'],
  ['\ufeffa\n', '\ufeffa\n'],
])('%j without blanks is %j', (text, expected) => {
  expect(trimmed(text)).toBe(expected);
});

test('a part of a text', () => {
  expect(trimmed('x= a ; b', 2, 5)).toBe('a');
  expect(afterBlanks('x=  ', 2, 4)).toBe(4);
});

// Half a million blanks, looked at from each of them, would be a hundred thousand million steps.
test.each(['x-forwarded-for', 'via'])('many blanks in the middle of %s are passed over once', (name) => {
  const value = `z, x${' '.repeat(500_000)}y`;
  const head = request('GET /', [], { names: ['host', name], fields: ['Host', 'a', name, value] });
  const peer = address('192.0.2.1');
  expect(findOrigin(head, client({ peer, trusted: true }), NOBODY).address.text).toBe('192.0.2.1');
  expect(isLooping(head)).toBe(false);
  expect(viaValue(head)).toMatch(/1\.1 mattermost-ingress$/);
});
