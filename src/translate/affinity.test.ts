// Cookie tokens against a published vector, and what becomes of sessionPersistence.
import { describe, expect, test } from 'vitest';
import type { SessionPersistence } from '../api/policy.ts';
import { compilePersistence, stickyTokens } from './affinity.ts';

describe('stickyTokens', () => {
  // RFC 4231 section 4.3 (test case 2): key "Jefe", the first 16 bytes of HMAC-SHA-256.
  const RFC_4231_CASE_2 = Buffer.from('5bdcc146bf60754e6a042426089575c7', 'hex').toString('base64url');

  test('is HMAC-SHA256 of the identity under the key, cut to 16 bytes', () => {
    expect(stickyTokens('what do ya want for nothing?', [Buffer.from('Jefe')])).toEqual([RFC_4231_CASE_2]);
  });

  test('has one token a key, in the order of the keys', () => {
    const [a, b] = [Buffer.from('a'), Buffer.from('b')];
    expect(stickyTokens('uid-1:8065', [b, a])).toEqual(stickyTokens('uid-1:8065', [a, b]).toReversed());
    expect(stickyTokens('uid-1:8065', [])).toEqual([]);
  });

  test('differs from endpoint to endpoint', () => {
    const key = Buffer.from('a');
    expect(stickyTokens('uid-1:8065', [key])).not.toEqual(stickyTokens('uid-1:8066', [key]));
  });
});

describe('compilePersistence', () => {
  const attributes: readonly (readonly [string, SessionPersistence | undefined, string])[] = [
    ['default', undefined, '; Path=/chat; HttpOnly; SameSite=Lax'],
    ['own path', { cookie: { path: '/' } }, '; Path=/; HttpOnly; SameSite=Lax'],
    ['same site', { cookie: { sameSite: 'Strict' } }, '; Path=/chat; HttpOnly; SameSite=Strict'],
    [
      'lifetime in whole seconds',
      { cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '1m1500ms' },
      '; Path=/chat; Max-Age=61; HttpOnly; SameSite=Lax',
    ],
  ];
  test.each(attributes)('cookie attributes: %s', (_, spec, expected) => {
    expect(compilePersistence(spec, '/chat').cookieAttributes).toBe(expected);
  });

  test.each([
    [undefined, ['UserIdentity', 'SourceAddress']],
    [{ fallback: ['SourceAddress'] }, ['SourceAddress']],
    [{ type: 'SourceAddress' }, ['SourceAddress']],
    [{ type: 'None' }, []],
  ] as const)('keys of %j', (spec, expected) => {
    expect(compilePersistence(spec, '/').fallback).toEqual(expected);
  });
});
