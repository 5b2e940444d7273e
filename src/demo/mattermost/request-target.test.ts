// Targets as Go reads them.
import { expect, test } from 'vitest';
import { encodePath, parseTarget, withoutSubpath } from './request-target.ts';

test.each([
  ['/', '/', '/', ''],
  ['/a/b?x=1&y=/../z', '/a/b', '/a/b', '?x=1&y=/../z'],
  ['/api%2fv4/users/%6de', '/api/v4/users/me', '/api/v4/users/me', ''],
  ['/a/../b', '/a/../b', '/b', ''],
  ['/a/%2e%2e/b/', '/a/../b/', '/b/', ''],
  ['//a//b', '//a//b', '/a/b', ''],
  ['http://chat.example.com/a?b', '/a', '/a', '?b'],
  ['/%c3%a9', '/\u00c3\u00a9', '/\u00c3\u00a9', ''],
])('%s', (text, path, cleanPath, search) => {
  expect(parseTarget(text)).toMatchObject({ path, cleanPath, search });
});

test.each(['/%', '/%zz', '/a%2', '*', 'a/b'])('%s is refused', (text) => {
  expect(parseTarget(text)).toBeUndefined();
});

test.each([
  ['/a', '', '/a'],
  ['/chat', '/chat', '/'],
  ['/chat/', '/chat', '/'],
  ['/chat/api', '/chat', '/api'],
  ['/chatter', '/chat', undefined],
  ['/', '/chat', undefined],
])('%s below %j is %j', (path, subpath, expected) => {
  expect(withoutSubpath(path, subpath)).toBe(expected);
});

test('a path is encoded as it was decoded', () => {
  expect(encodePath(parseTarget('/a%20b/%c3%a9%0d%0a?')?.path ?? '')).toBe('/a%20b/%C3%A9%0D%0A');
});
