// Retries: every combination of what happened, against the rule in one sentence each.
import { describe, expect, test } from 'vitest';
import { BACKEND_FAULTS, type BackendFault } from '../model/fault.ts';
import { type Attempt, judgeRetry, type Retry } from './retry.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'];
const BOTH = [true, false];

const fresh: Attempt = {
  fault: 'connect-refused',
  earlier: 0,
  allowed: 2,
  written: false,
  reused: false,
  leaving: false,
  answered: false,
  method: 'POST',
  hasBody: true,
};
const stale: Attempt = {
  fault: 'closed-before-response',
  earlier: 0,
  allowed: 2,
  written: true,
  reused: true,
  leaving: false,
  answered: false,
  method: 'GET',
  hasBody: false,
};

describe('nothing was written: any method goes to the next endpoint', () => {
  test.each([
    ['connect-refused', 'next-endpoint'],
    ['connect-timeout', 'next-endpoint'],
    ['connect-failed', 'next-endpoint'],
    ['source-unavailable', 'next-endpoint'],
    ['tls-failed', 'next-endpoint'],
    ['closed-before-response', 'no'],
    ['response-malformed', 'no'],
    ['response-truncated', 'no'],
    ['response-timeout', 'no'],
    ['upgrade-invalid', 'no'],
  ] as const)('%s: %s', (fault, expected) => {
    expect(METHODS.map((method) => judgeRetry({ ...fresh, fault, method }))).toEqual(
      METHODS.map(() => expected),
    );
  });
});

describe('a reused connection that ended without an answer: once more on a fresh one (row R9)', () => {
  test.each([
    ['GET', 'same-endpoint'],
    ['HEAD', 'same-endpoint'],
    ['OPTIONS', 'same-endpoint'],
    ['PUT', 'same-endpoint'],
    ['DELETE', 'same-endpoint'],
    ['POST', 'no'],
    ['PATCH', 'no'],
    ['get', 'no'],
  ] as const)('%s: %s', (method, expected) => {
    expect(judgeRetry({ ...stale, method })).toBe(expected);
  });

  test.each([
    ['it had a body', { hasBody: true }],
    ['the connection was fresh', { reused: false }],
    ['an answer had begun', { answered: true }],
    ['it was silent', { fault: 'response-timeout' }],
    ['it answered rubbish', { fault: 'response-malformed' }],
  ] as const)('not if %s', (_, more) => {
    expect(judgeRetry({ ...stale, ...more })).toBe('no');
  });
});

test('an endpoint that is going away ended a connection without an answer: on to the next one, if it may be repeated', () => {
  const judged = METHODS.map((method) => judgeRetry({ ...stale, reused: false, leaving: true, method }));
  const repeatable = METHODS.map((method) => method !== 'POST' && method !== 'PATCH');
  expect(judged).toEqual(repeatable.map((may) => (may ? 'next-endpoint' : 'no')));
  expect(judgeRetry({ ...stale, leaving: true, hasBody: true })).toBe('no');
  expect(judgeRetry({ ...stale, leaving: true, answered: true })).toBe('no');
});

test.each([
  [0, 2, 'next-endpoint', 'same-endpoint'],
  [1, 2, 'next-endpoint', 'same-endpoint'],
  [2, 2, 'no', 'no'],
  [3, 2, 'no', 'no'],
  [0, 0, 'no', 'no'],
  [9, 10, 'next-endpoint', 'same-endpoint'],
])('after %i attempts of %i', (earlier, allowed, connect, closed) => {
  const attempts = [fresh, stale].map((attempt) => judgeRetry({ ...attempt, earlier, allowed }));
  expect(attempts).toEqual([connect, closed]);
});

test('every combination', () => {
  const connectFaults: readonly BackendFault[] = [
    'connect-refused',
    'connect-timeout',
    'connect-failed',
    'source-unavailable',
    'tls-failed',
  ];
  const expectedOf = (attempt: Attempt): Retry => {
    if (attempt.answered || attempt.earlier >= attempt.allowed) return 'no';
    if (!attempt.written && connectFaults.includes(attempt.fault)) return 'next-endpoint';
    const isClosed = attempt.written && attempt.fault === 'closed-before-response';
    const isRepeatable = !attempt.hasBody && attempt.method !== 'POST' && attempt.method !== 'PATCH';
    if (!isClosed || !isRepeatable) return 'no';
    return attempt.leaving ? 'next-endpoint' : attempt.reused ? 'same-endpoint' : 'no';
  };
  let attempts: readonly Attempt[] = BACKEND_FAULTS.map((fault) => ({ ...stale, fault }));
  attempts = attempts.flatMap((each) => [0, 1, 2, 3].map((earlier) => ({ ...each, earlier })));
  attempts = attempts.flatMap((each) => METHODS.map((method) => ({ ...each, method })));
  for (const key of ['written', 'reused', 'leaving', 'answered', 'hasBody'] as const) {
    attempts = attempts.flatMap((each) => BOTH.map((value) => ({ ...each, [key]: value })));
  }
  expect(attempts.filter((attempt) => judgeRetry(attempt) !== expectedOf(attempt))).toEqual([]);
  const kinds = new Set(attempts.map(judgeRetry));
  expect([...kinds].toSorted()).toEqual(['next-endpoint', 'no', 'same-endpoint']);
});
