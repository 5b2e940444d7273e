// What the API server's refusals mean to us.
import { describe, expect, test } from 'vitest';
import { ApiFailure, failureOf, failureOfStatus } from './api-failure.ts';

describe('a refusal', () => {
  const tooNew = { details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 } };
  test.each<[string, object | undefined, number | undefined, object]>([
    ['gone, as an answer', { reason: 'Gone' }, 410, { reason: 'expired', status: 410 }],
    ['expired, as an event', { code: 410, reason: 'Expired' }, undefined, { reason: 'expired', status: 410 }],
    ['expired by its reason alone', { reason: 'Expired', code: 500 }, undefined, { reason: 'expired' }],
    ['a version from the future', tooNew, 504, { reason: 'too-new', retryAfterMs: 1000 }],
    ['another 504', {}, 504, { reason: 'server' }],
    ['an event without a code', {}, undefined, { reason: 'server', status: 500 }],
    ['no Status at all', undefined, 502, { reason: 'server', message: 'The API server answered 502' }],
    [
      'a bad request',
      { message: 'no' },
      400,
      { reason: 'refused', message: 'The API server answered 400: no' },
    ],
    ['a redirect', undefined, 302, { reason: 'refused' }],
    ['401', undefined, 401, { reason: 'unauthorized' }],
    ['403', undefined, 403, { reason: 'forbidden' }],
    [
      'a namespace that is about to go',
      { reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
      403,
      { reason: 'not-found', status: 403 },
    ],
    ['404', undefined, 404, { reason: 'not-found' }],
    ['429', { details: { retryAfterSeconds: 2 } }, 429, { reason: 'throttled', retryAfterMs: 2000 }],
  ])('%s', (_, body, code, wanted) => {
    expect(failureOfStatus(body, code)).toMatchObject(wanted);
  });

  test('the wait of the head goes before that of the body, and long messages are cut', () => {
    const body = { message: 'x'.repeat(1000), details: { retryAfterSeconds: 2 } };
    const failure = failureOfStatus(body, 429, 5000);
    expect(failure.retryAfterMs).toBe(5000);
    expect(failure.message.length).toBeLessThan(350);
  });
});

test('what nobody foresaw is a mistake of ours', () => {
  const known = new ApiFailure('stalled', 'x');
  const error = new TypeError('undefined is not a function');
  expect(failureOf(known)).toBe(known);
  expect(failureOf(error)).toMatchObject({ reason: 'internal', message: error.message, cause: error });
  expect(failureOf('text')).toMatchObject({ reason: 'internal', message: 'text' });
});
