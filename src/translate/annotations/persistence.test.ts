// Affinity in annotations.
import { describe, expect, test } from 'vitest';
import type { SessionPersistence } from '../../api/policy.ts';
import { saidOf, settingsOf } from './test-reading.ts';

type Values = Readonly<Record<string, string>>;

describe('what is read', () => {
  test.each<readonly [Values, SessionPersistence]>([
    [{ affinity: 'cookie' }, { type: 'Cookie' }],
    [{ affinity: 'Cookie', 'affinity-mode': 'persistent' }, { type: 'Cookie' }],
    [
      { affinity: 'cookie', 'session-cookie-name': 'route' },
      { type: 'Cookie', cookie: { name: 'route' } },
    ],
    [{ 'session-cookie-name': 'INGRESSCOOKIE' }, { type: 'Cookie', cookie: { name: 'INGRESSCOOKIE' } }],
    [{ 'session-cookie-path': '/' }, { type: 'Cookie', cookie: { path: '/' } }],
    [{ 'session-cookie-path': '/chat/' }, { type: 'Cookie', cookie: { path: '/chat' } }],
    [{ 'session-cookie-samesite': 'none' }, { type: 'Cookie', cookie: { sameSite: 'None' } }],
    [
      { 'session-cookie-max-age': '172800', 'session-cookie-expires': '60' },
      { type: 'Cookie', cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '48h' },
    ],
    [
      { 'session-cookie-expires': '172800s' },
      { type: 'Cookie', cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '48h' },
    ],
    [
      { 'session-cookie-expires': '3600' },
      { type: 'Cookie', cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '3600s' },
    ],
    [{ affinity: 'cookie', 'session-cookie-max-age': '0' }, { type: 'Cookie' }],
    [{ 'upstream-hash-by': '$remote_addr' }, { type: 'SourceAddress' }],
    [{ 'upstream-hash-by': '$binary_remote_addr' }, { type: 'SourceAddress' }],
    [{ 'upstream-hash-by': '${remote_addr}', 'session-cookie-name': 'route' }, { type: 'SourceAddress' }],
    [{ 'upstream-hash-by': '${binary_remote_addr}', affinity: 'cookie' }, { type: 'Cookie' }],
  ])('%j', (values, sessionPersistence) => {
    const settings = settingsOf(values);
    expect(settings.spec).toEqual({ sessionPersistence });
    expect(saidOf(settings)).toEqual([]);
  });
});

describe('what is left to the defaults', () => {
  test.each<Values>([
    { affinity: 'ip' },
    { affinity: '' },
    { 'session-cookie-name': 'MMAUTHTOKEN' },
    { 'session-cookie-name': '__Host-a' },
    { 'session-cookie-name': 'a;b' },
    { 'session-cookie-name': `a${'b'.repeat(64)}` },
    { 'session-cookie-path': 'chat' },
    { 'session-cookie-path': '/; Domain=example.com' },
    { 'session-cookie-path': '/Chat' },
    { 'session-cookie-samesite': 'Loose' },
    { 'session-cookie-max-age': '1d' },
    { 'session-cookie-expires': '-1' },
  ])('%j', (values) => {
    const settings = settingsOf(values);
    expect(settings.spec).toEqual({});
    expect(saidOf(settings)).toEqual(Object.keys(values).map((name) => `AnnotationInvalid ${name}`));
  });

  test.each(['$http_x_forwarded_for', '$remote_addr$request_uri', '$cookie_MMUSERID', ''])(
    'a hash by %j is not supported',
    (value) => {
      const settings = settingsOf({ 'upstream-hash-by': value });
      expect(settings.spec).toEqual({});
      expect(saidOf(settings)).toEqual(['AnnotationUnsupported upstream-hash-by']);
    },
  );

  test.each([
    ['30', '60s'],
    ['999999999', '9600h'],
  ])('a lifetime of %s seconds becomes %s, and is said', (value, absoluteTimeout) => {
    const settings = settingsOf({ 'session-cookie-max-age': value });
    expect(settings.spec.sessionPersistence?.absoluteTimeout).toBe(absoluteTimeout);
    expect(saidOf(settings)).toEqual(['AnnotationInvalid session-cookie-max-age']);
  });
});
