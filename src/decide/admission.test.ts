// Admission, sentence by sentence of "Admission semantics, exactly", and rows A1 to A4 and A7.
import { describe, expect, test } from 'vitest';
import type { AdmissionRule, HeaderCondition, PathCondition } from '../model/configuration.ts';
import type { AdmissionVerdict } from '../model/decision.ts';
import type { RequestHead } from '../model/request.ts';
import { cookieLine } from './cookies.ts';
import {
  address,
  admission,
  DIGEST_KEY,
  NOBODY,
  ranges,
  request,
  rule,
  secretHeader,
  webSocket,
} from './test-objects.ts';
import { judged } from './test-verdicts.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';
const SECRET = 'c2VjcmV0IG9mIGFwcHM=/+';
const OFFICE = ranges('10.0.0.0-10.255.255.255', '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff');

function verdictOf(
  rules: readonly AdmissionRule[],
  head: RequestHead,
  more: { readonly from?: string; readonly sitePath?: string } = {},
): AdmissionVerdict {
  const { from = '203.0.113.9', sitePath = '/' } = more;
  const applicant = { head, address: address(from), cookies: cookieLine(head), sitePath };
  return judged(admission(rules), applicant, DIGEST_KEY);
}

/** Whether one rule with these conditions matches. */
function matches(conditions: Partial<AdmissionRule>, head: RequestHead, from?: string): boolean {
  const verdict = verdictOf([rule('it', conditions)], head, from === undefined ? {} : { from });
  return verdict.rule === 'it';
}

describe('rules in order', () => {
  const office = rule('office', { sources: OFFICE });
  const block = rule('block', { sources: ranges('10.9.0.0-10.9.255.255'), action: 'Reset' });
  const gets = rule('gets', { methods: ['GET'], action: 'Deny' });
  test.each([
    ['the first match wins', [block, office], '10.9.0.1', 'block: Reset'],
    ['also where a later one says otherwise', [office, block], '10.9.0.1', 'office: Allow'],
    ['a rule that does not match is passed by', [block, office], '10.1.0.1', 'office: Allow'],
    ['no match: the default', [block, office], '203.0.113.9', 'default: Deny'],
    ['no rules: the default', [], '10.1.0.1', 'default: Deny'],
    ['a refusal by method', [office, gets], '203.0.113.9', 'gets: Deny'],
  ])('%s', (_, rules, from, expected) => {
    const verdict = verdictOf(rules, request('GET /'), { from });
    expect(`${verdict.rule}: ${verdict.action}`).toBe(expected);
  });

  test.each(['Allow', 'Deny', 'Reset'] as const)('the default may be %s', (defaultAction) => {
    const head = request('GET /');
    const applicant = { head, address: address('203.0.113.9'), cookies: '', sitePath: '/' };
    const verdict = judged(admission([office], { defaultAction, mode: 'Observe' }), applicant, DIGEST_KEY);
    expect(verdict).toEqual({
      rule: 'default',
      action: defaultAction,
      mode: 'Observe',
      secretKeys: undefined,
      shapeOnly: false,
    });
  });

  test('a rule that needs something missing matches nobody, and the next one is asked', () => {
    const broken = rule('broken', { never: true, sources: OFFICE });
    expect(verdictOf([broken, office], request('GET /'), { from: '10.1.0.1' }).rule).toBe('office');
    expect(verdictOf([broken], request('GET /'), { from: '10.1.0.1' }).rule).toBe('default');
  });

  test('a secret header without secrets matches nobody', () => {
    const headers = [secretHeader('x-secret', {})];
    expect(matches({ headers }, request('GET /', ['X-Secret: anything']))).toBe(false);
    expect(matches({ headers }, request('GET /', ['X-Secret:']))).toBe(false);
  });
});

describe('all conditions of a rule must hold', () => {
  const conditions: Partial<AdmissionRule> = {
    sources: OFFICE,
    paths: [{ type: 'Prefix', value: '/api' }],
    methods: ['POST', 'PUT'],
    headers: [
      { name: 'x-app', type: 'Exact', values: ['mobile'] },
      secretHeader('x-secret', { key: SECRET }),
    ],
    request: 'HTTP',
    cookies: [{ name: 'MMUSERID', shape: 'MattermostId' }],
    bearerToken: true,
  };
  const lines = [
    'X-App: mobile',
    `X-Secret: ${SECRET}`,
    `Cookie: MMUSERID=${ID}`,
    `Authorization: Bearer ${ID}`,
  ];
  const all = { line: 'POST /api/x', lines, from: '10.1.0.1' };
  const without = (at: number) => lines.filter((_, place) => place !== at);
  test.each([
    ['all', all, true],
    ['another of the methods', { ...all, line: 'PUT /api/x' }, true],
    ['another method', { ...all, line: 'GET /api/x' }, false],
    ['another path', { ...all, line: 'POST /x' }, false],
    ['another network', { ...all, from: '192.0.2.1' }, false],
    ['no x-app', { ...all, lines: without(0) }, false],
    ['no secret', { ...all, lines: without(1) }, false],
    ['no cookie', { ...all, lines: without(2) }, false],
    ['no token', { ...all, lines: without(3) }, false],
  ])('%s', (_, { line, lines: sent, from }, expected) => {
    expect(matches(conditions, request(line, sent), from)).toBe(expected);
  });
});

describe('sources', () => {
  test.each([
    ['inside', '10.255.0.1', OFFICE, true],
    ['outside', '11.0.0.1', OFFICE, false],
    ['IPv4 in IPv6 form', '::ffff:10.0.0.1', OFFICE, true],
    ['IPv6', '2001:db8:1::1', OFFICE, true],
    ['no network at all', '10.0.0.1', NOBODY, false],
  ])('%s', (_, from, sources, expected) => {
    expect(matches({ sources }, request('GET /'), from)).toBe(expected);
  });
});

describe('paths and methods: any of', () => {
  const paths: readonly PathCondition[] = [
    { type: 'Exact', value: '/login/desktop' },
    { type: 'Pattern', segments: ['oauth', '*', 'complete'] },
  ];
  test.each([
    ['the first path', { paths }, 'GET /login/desktop', true],
    ['the second path', { paths }, 'GET /oauth/gitlab/complete', true],
    ['the query is no part of it (row K5)', { paths }, 'GET /login/desktop?/x', true],
    ['a path in the query', { paths }, 'GET /x?/login/desktop', false],
    ['no path', { paths }, 'GET /login', false],
    ['a method', { methods: ['GET', 'POST'], paths }, 'POST /login/desktop', true],
    ['HEAD is not GET', { methods: ['GET'], paths }, 'HEAD /login/desktop', false],
    ['an empty list of paths', { paths: [] }, 'GET /login/desktop', false],
    ['an empty list of methods', { methods: [] }, 'GET /', false],
  ])('%s', (_, conditions, line, expected) => {
    expect(matches(conditions, request(line))).toBe(expected);
  });
});

describe('a header condition holds for exactly one line that is not empty (row A1)', () => {
  const contains: HeaderCondition = { name: 'x-app', type: 'Contains', values: ['Custom', 'other'] };
  const exact: HeaderCondition = { name: 'x-app', type: 'Exact', values: ['Custom Value', 'other'] };
  const prefix: HeaderCondition = { name: 'x-app', type: 'Prefix', values: ['Custom', 'other'] };
  const present: HeaderCondition = { name: 'x-app', type: 'Present' };
  const secret = secretHeader('x-app', { key: SECRET });
  test.each([
    ['Contains, at the start', contains, ['X-App: CustomValue'], true],
    ['Contains, within', contains, ['X-App: a Custom app'], true],
    ['Contains, another value', contains, ['X-App: another'], true],
    ['Contains, other case', contains, ['X-App: custom'], false],
    ['Contains, in parts', contains, ['X-App: Cus tom'], false],
    ['Contains, in another header', contains, ['X-App-2: Custom'], false],
    ['Exact', exact, ['X-App: Custom Value'], true],
    ['Exact, other case of the name', exact, ['x-APP: Custom Value'], true],
    ['Exact, other case of the value', exact, ['X-App: custom value'], false],
    ['Exact, more behind', exact, ['X-App: Custom Value2'], false],
    ['Exact, more in front', exact, ['X-App: my Custom Value'], false],
    ['Exact, the beginning of it', exact, ['X-App: Custom'], false],
    ['Exact, a list', exact, ['X-App: other, other'], false],
    ['Prefix', prefix, ['X-App: Custom/1.2'], true],
    ['Prefix, not at the start', prefix, ['X-App: my Custom'], false],
    ['Prefix, other case', prefix, ['X-App: CUSTOM'], false],
    ['Present', present, ['X-App: anything'], true],
    ['Present, of one sign', present, ['X-App: 0'], true],
    ['Present, but empty', present, ['X-App:'], false],
    ['Present, only blanks', present, ['X-App:   '], false],
    ['absent', present, [], false],
    ['Present, twice', present, ['X-App: a', 'X-App: b'], false],
    ['Present, empty and full', present, ['X-App:', 'X-App: b'], false],
    ['Contains, twice alike', contains, ['X-App: Custom', 'x-app: Custom'], false],
    ['Exact, twice, good and bad', exact, ['X-App: other', 'X-App: no'], false],
    ['nominated by Connection', exact, ['X-App: other', 'Connection: X-App'], false],
    ['nominated among others', exact, ['X-App: other', 'Connection: close, x-app'], false],
    ['Present, nominated', present, ['X-App: a', 'Connection: x-app'], false],
    ['Secret', secret, [`X-App: ${SECRET}`], true],
    ['Secret, other case of the name', secret, [`x-aPP: ${SECRET}`], true],
    ['Secret, one byte more', secret, [`X-App: ${SECRET}x`], false],
    ['Secret, one byte less', secret, [`X-App: ${SECRET.slice(1)}`], false],
    ['Secret, other case', secret, [`X-App: ${SECRET.toUpperCase()}`], false],
    ['Secret, quoted', secret, [`X-App: "${SECRET}"`], false],
    ['Secret, empty', secret, ['X-App:'], false],
    ['Secret, good and bad', secret, [`X-App: ${SECRET}`, 'X-App: wrong'], false],
    ['Secret, bad and good', secret, ['X-App: wrong', `X-App: ${SECRET}`], false],
    ['Secret, good and good', secret, [`X-App: ${SECRET}`, `X-App: ${SECRET}`], false],
    ['Secret, good and good in one line', secret, [`X-App: ${SECRET}, ${SECRET}`], false],
    ['Secret, good and empty', secret, [`X-App: ${SECRET}`, 'X-App:'], false],
    ['Secret, nominated by Connection', secret, [`X-App: ${SECRET}`, 'Connection: x-app'], false],
    ['Secret, its digest', secret, [`X-App: ${secretDigest(secret)}`], false],
    ['Secret, in a cookie', secret, [`Cookie: x-app=${SECRET}`], false],
  ])('%s', (_, condition, lines, expected) => {
    expect(matches({ headers: [condition] }, request('GET /', lines))).toBe(expected);
  });

  test('all of several headers', () => {
    const headers = [present, secretHeader('x-secret', { key: SECRET })];
    expect(matches({ headers }, request('GET /', ['X-App: a', `X-Secret: ${SECRET}`]))).toBe(true);
    expect(matches({ headers }, request('GET /', [`X-Secret: ${SECRET}`]))).toBe(false);
    expect(matches({ headers }, request('GET /', ['X-App: a']))).toBe(false);
  });
});

function secretDigest(condition: HeaderCondition): string {
  return condition.type === 'Secret' ? (condition.secrets[0]?.digest ?? '') : '';
}

describe('several secrets are good at a time, and the key that opened is told', () => {
  const headers = [
    secretHeader('x-secret', { first: 'a secret of 16 b.', second: 'another of 16 b..', third: SECRET }),
  ];
  test.each([
    ['the first', 'a secret of 16 b.', 'first'],
    ['one in the middle', 'another of 16 b..', 'second'],
    ['the last', SECRET, 'third'],
    ['none', 'a secret of 16 b,', undefined],
  ])('%s', (_, value, key) => {
    const verdict = verdictOf([rule('app', { headers })], request('GET /', [`X-Secret: ${value}`]));
    expect(verdict.secretKeys).toEqual(key === undefined ? undefined : [key]);
    expect(verdict.rule).toBe(key === undefined ? 'default' : 'app');
  });

  test('also where other headers stand behind the secret', () => {
    const both = [...headers, { name: 'x-app', type: 'Present' } as const];
    const verdict = verdictOf(
      [rule('app', { headers: both })],
      request('GET /', [`X-Secret: ${SECRET}`, 'X-App: a']),
    );
    expect(verdict).toMatchObject({ rule: 'app', secretKeys: ['third'] });
  });

  test('no key where no secret opened', () => {
    const rules = [rule('office', { sources: OFFICE }), rule('app', { headers })];
    const verdict = verdictOf(rules, request('GET /', [`X-Secret: ${SECRET}`]), { from: '10.1.0.1' });
    expect(verdict).toMatchObject({ rule: 'office', secretKeys: undefined });
  });

  test('digests of another process open nothing', () => {
    const head = request('GET /', [`X-Secret: ${SECRET}`]);
    const applicant = { head, address: address('203.0.113.9'), cookies: '', sitePath: '/' };
    const verdict = judged(admission([rule('app', { headers })]), applicant, Buffer.from('another key'));
    expect(verdict.rule).toBe('default');
  });
});

describe('each request is judged by itself (row A7)', () => {
  test('what was admitted before opens nothing', () => {
    const rules = [rule('app', { headers: [secretHeader('x-secret', { key: SECRET })] })];
    const names = [`X-Secret: ${SECRET}`, 'X-Secret: wrong', `X-Secret: ${SECRET}`].map(
      (line) => verdictOf(rules, request('GET /', [line])).rule,
    );
    expect(names).toEqual(['app', 'default', 'app']);
    expect(verdictOf(rules, webSocket('/api/v4/websocket')).rule).toBe('default');
  });
});
