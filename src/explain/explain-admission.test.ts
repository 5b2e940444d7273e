// What is told of admission: the rule, its conditions, and the session that would be asked for.
import { describe, expect, test } from 'vitest';
import { admission, ranges, rule, secretHeader } from '../decide/test-objects.ts';
import { explain } from './explain.ts';
import { described, HANDSHAKE, knowledge, outcomeOf, outcomeText, siteOf } from './test-knowledge.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';

describe('admission', () => {
  const secret = secretHeader('x-secret', { current: 'canary-value-0123' });
  const verifySession = { cacheTtlMs: 1, onError: 'Allow' } as const;
  const rules = [
    rule('office', { sources: ranges('192.0.2.0-192.0.2.255') }),
    rule('app', { headers: [secret] }),
    rule('signed-in', { cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }], verifySession }),
    rule('socket', { request: 'WebSocket', bearerToken: true }),
  ];
  const known = knowledge(siteOf({ admission: admission(rules, { secretHeaders: ['x-secret'] }) }));

  test('names the rule, the key, and why the others did not match', () => {
    const found = explain(described('GET /', ['X-Secret: canary-value-0123']), known);
    expect(found.admission).toMatchObject({
      rule: 'app',
      action: 'Allow',
      secretKeys: ['current'],
      needs101: false,
    });
    expect(found.admission?.rules.map(({ result }) => result)).toEqual([
      'not-matched',
      'matched',
      'not-reached',
      'not-reached',
    ]);
    expect(found.backend?.dropped).toContainEqual({
      name: 'x-secret',
      why: 'a secret of admission goes no further',
    });
    expect(JSON.stringify(found)).not.toContain('canary-value');
  });

  test.each([
    [
      'valid',
      'forward',
      [
        { answer: 'invalid', outcome: 'answer 403 admission' },
        { answer: 'unknown', outcome: 'forward' },
      ],
    ],
    [
      'invalid',
      'answer 403 admission',
      [
        { answer: 'valid', outcome: 'forward' },
        { answer: 'unknown', outcome: 'forward' },
      ],
    ],
  ] as const)('a session that would be asked for is taken to be %s', (session, outcome, otherwise) => {
    const found = explain(described('GET /', [`Cookie: MMAUTHTOKEN=${ID}`], { session }), known);
    expect(outcomeText(found)).toBe(outcome);
    expect(found.admission?.session).toEqual({ assumed: session, otherwise });
  });

  test('a WebSocket by mere looks needs its 101', () => {
    const lines = [...HANDSHAKE, `Authorization: Bearer ${ID}`];
    const found = explain(described('GET /api/v4/websocket', lines), known);
    expect(found).toMatchObject({ outcome: 'forward', admission: { rule: 'socket', needs101: true } });
    expect(found.notes.join()).toContain('upgrade-not-accepted');
  });

  test.each([
    ['203.0.113.9', 'reset admission'],
    ['10.0.0.1', 'answer 403 admission'],
  ])('Reset towards %s', (from, outcome) => {
    const resetting = siteOf({ admission: admission([], { defaultAction: 'Reset' }) });
    expect(outcomeOf(described('GET /', [], { from }), knowledge(resetting))).toBe(outcome);
  });

  test('Observe says what Enforce would do', () => {
    const observing = siteOf({ admission: admission([], { mode: 'Observe' }) });
    const found = explain(described('GET /'), knowledge(observing));
    expect(outcomeText(found)).toBe('forward');
    expect(found.notes.join()).toContain('with Enforce this request would meet Deny');
  });

  test('behind a trusted proxy its word counts', () => {
    const lines = ['X-Forwarded-For: 192.0.2.7'];
    const found = explain(described('GET /', lines, { from: '10.0.0.1' }), known);
    expect(found.client).toMatchObject({ address: '192.0.2.7', by: 'X-Forwarded-For', peer: '10.0.0.1' });
    expect(found.admission?.rule).toBe('office');
    expect(explain(described('GET /', lines), known).client).toMatchObject({
      address: '203.0.113.9',
      by: 'connection',
    });
  });
});
