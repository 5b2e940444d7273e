// The hosts of policies that may be broken in any way.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyWith } from '../../test/support/policy-edits.ts';
import { readHosts } from './hosts.ts';
import { checkPolicy } from './validate.ts';

test.each<[string, unknown, readonly string[] | undefined]>([
  ['a valid list', ['chat.example.com', '*.example.net'], ['chat.example.com', '*.example.net']],
  ['a single text', 'chat.example.com', ['chat.example.com']],
  ['upper case and blanks', [' Chat.Example.COM '], ['chat.example.com']],
  [
    'some of a list',
    ['a.example.com', 42, null, 'no host', '192.0.2.1', ['b.example.com']],
    ['a.example.com'],
  ],
  ['the same twice', ['a.example.com', 'A.example.com'], ['a.example.com']],
  ['a wildcard in the middle', ['a.*.example.com'], undefined],
  ['a bare star', ['*'], undefined],
  ['an empty list', [], undefined],
  ['null', null, undefined],
  ['an object', { 0: 'chat.example.com' }, undefined],
  ['nothing', undefined, undefined],
  ['a name that is too long', [`${'a.'.repeat(127)}example.com`], undefined],
])('%s', (_, hosts, expected) => {
  expect(readHosts(policyWith({ 'route.hosts': hosts }))).toEqual(expected);
});

test('more hosts than a policy may have are all read, so that none stays open', () => {
  const hosts = Array.from({ length: 40 }, (_, index) => `h${index}.example.com`);
  expect(readHosts(policyWith({ 'route.hosts': hosts }))).toEqual(hosts);
});

test('any value at all can be read', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, hosts) => {
      expect(() => readHosts(value)).not.toThrow();
      const read = readHosts({ spec: { route: { hosts } } });
      expect(read === undefined || read.length > 0).toBe(true);
    }),
  );
});

test('what is read is what a valid policy may hold', () => {
  fc.assert(
    fc.property(fc.array(fc.domain(), { minLength: 1, maxLength: 16 }), (domains) => {
      const hosts = readHosts(policyWith({ 'route.hosts': domains }));
      expect(checkPolicy(policyWith({ 'route.hosts': hosts })).issues).toEqual([]);
    }),
  );
});
