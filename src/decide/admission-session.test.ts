// Rules that ask Mattermost for the session: when they ask, and what each answer means.
import { describe, expect, test } from 'vitest';
import type { AdmissionRule } from '../model/configuration.ts';
import type { SessionAnswer } from '../model/decision.ts';
import { admit } from './admission.ts';
import { cookieLine } from './cookies.ts';
import { decide } from './decide.ts';
import {
  address,
  admission,
  client,
  DIGEST_KEY,
  openSite,
  outcomeOf,
  ranges,
  request,
  rule,
  serving,
  SETTINGS,
  site,
  webSocket,
} from './test-objects.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';
const LINES = [`Cookie: MMAUTHTOKEN=${ID}`];
const STRICT = { cacheTtlMs: 60_000, onError: 'Deny' } as const;
const signedIn = rule('signed-in', {
  request: 'WebSocket',
  cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }],
  verifySession: STRICT,
});
const office = rule('office', { sources: ranges('10.0.0.0-10.255.255.255') });

function judge(rules: readonly AdmissionRule[], session: SessionAnswer | undefined, from = '203.0.113.9') {
  const head = webSocket('/api/v4/websocket', LINES);
  const applicant = { head, address: address(from), cookies: cookieLine(head), sitePath: '/', session };
  return admit(admission(rules), applicant, DIGEST_KEY);
}

describe('a rule', () => {
  test.each<[SessionAnswer, 'Allow' | 'Deny', string, boolean]>([
    ['valid', 'Deny', 'signed-in', false],
    ['invalid', 'Deny', 'default', false],
    ['unknown', 'Deny', 'default', false],
    ['invalid', 'Allow', 'default', false],
    // Without an answer it is still the shape alone that speaks for the client.
    ['unknown', 'Allow', 'signed-in', true],
  ])('%s with onError %s: %s', (session, onError, name, shapeOnly) => {
    const verdict = judge([{ ...signedIn, verifySession: { ...STRICT, onError } }], session);
    expect(verdict).toMatchObject({ rule: name, shapeOnly });
  });

  test('asks only when all its other conditions hold, and no earlier rule has decided', () => {
    expect(judge([signedIn], undefined)).toBe(STRICT);
    expect(judge([office, signedIn], undefined, '10.1.1.1')).toMatchObject({ rule: 'office' });
    expect(judge([{ ...signedIn, request: 'HTTP' }], undefined)).toMatchObject({ rule: 'default' });
    expect(judge([{ ...signedIn, never: true }], undefined)).toMatchObject({ rule: 'default' });
  });

  test('that refuses leaves the word to those behind it', () => {
    const shape = rule('shape', { request: 'WebSocket', cookies: signedIn.cookies });
    expect(judge([signedIn, shape], 'invalid')).toMatchObject({ rule: 'shape', shapeOnly: true });
  });
});

describe('a decision', () => {
  const given = serving([site('chat.example.com', openSite({ admission: admission([signedIn]) }))]);
  const head = webSocket('/api/v4/websocket', LINES);

  test('waits for the answer, and says where to ask', () => {
    const decision = decide(given, head, client(), SETTINGS);
    expect(decision).toMatchObject({ kind: 'verify', rule: STRICT });
    expect(decision.context.admission).toBeUndefined();
  });

  test.each<[SessionAnswer, string]>([
    ['valid', 'forward chat.example.com'],
    ['invalid', 'admission'],
    ['unknown', 'admission'],
  ])('follows the answer %s', (session, outcome) => {
    expect(outcomeOf(given, head, client(), { ...SETTINGS, session })).toBe(outcome);
  });

  test('nobody is asked where nobody is', () => {
    const empty = serving([site('chat.example.com', openSite({ admission: admission([signedIn]) }))], []);
    expect(outcomeOf(empty, head)).toBe('no-endpoints');
    expect(outcomeOf(given, request('GET /'))).toBe('admission');
  });

  test('is not counted twice by limits', () => {
    const judged: string[] = [];
    const sources = {
      judge: () => {
        judged.push('once');
        return { result: 'allowed', waitMs: 0 } as const;
      },
      release: () => undefined,
    };
    const limits = { requestsPerSecond: 1, burst: 0, connections: 0, webSockets: 0, exempt: undefined };
    const limited = serving([
      site('chat.example.com', openSite({ limits, admission: admission([signedIn]) })),
    ]);
    decide(limited, head, client(), { ...SETTINGS, sources });
    decide(limited, head, client(), { ...SETTINGS, sources, session: 'valid' });
    expect(judged).toEqual(['once']);
  });
});
