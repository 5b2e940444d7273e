// Every row: rules at the handshake, rules of now, and whether the WebSocket may stay.
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../model/address.ts';
import type { Admission, AdmissionRule, HeaderCondition } from '../model/configuration.ts';
import { admit } from './admission.ts';
import { type Admitted, Recheck } from './recheck.ts';
import { address, admission, DIGEST_KEY, ranges, request, rule, secretHeader } from './test-objects.ts';

const OFFICE = rule('office', { sources: ranges('192.0.2.0', '192.0.2.255') });
const APP = rule('app', { headers: [secretHeader('x-secret', { current: 'one', next: 'two' })] });
const SIGNED_IN = rule('signed-in', { request: 'WebSocket', cookies: [{ name: 'T', shape: 'Any' }] });
const BEFORE = admission([OFFICE, APP, SIGNED_IN]);

type Handshake = { readonly rule?: string; readonly secretKey?: string; readonly from?: string };

function admitted({ rule: name = 'office', secretKey, from = '192.0.2.7' }: Handshake = {}): Admitted {
  const address = parseAddress(from);
  if (address === undefined) throw new Error('The test names no address');
  const proof = new Recheck(BEFORE, '/').proofOf({
    rule: name,
    secretKeys: secretKey === undefined ? undefined : [secretKey],
  });
  return { ...proof, path: '/api/v4/websocket', address };
}
const byApp = admitted({ rule: 'app', secretKey: 'current', from: '198.51.100.1' });
const byCookie = admitted({ rule: 'signed-in', from: '198.51.100.1' });

function renamed(before: AdmissionRule, name: string): AdmissionRule {
  return { ...before, name };
}

function withSecrets(values: Readonly<Record<string, string>>): AdmissionRule {
  return { ...APP, never: Object.keys(values).length === 0, headers: [secretHeader('x-secret', values)] };
}

describe('who may stay', () => {
  type Row = readonly [string, Admitted, Admission, boolean];
  test.each<Row>([
    ['the same rules', admitted(), BEFORE, true],
    ['the network is still there', admitted(), admission([OFFICE]), true],
    [
      'the network is another one',
      admitted(),
      admission([{ ...OFFICE, sources: ranges('192.0.2.8', '192.0.2.15') }]),
      false,
    ],
    ['another rule allows the address', admitted(), admission([renamed(OFFICE, 'all')]), true],
    [
      'a refusal stands before it',
      admitted(),
      admission([{ ...OFFICE, name: 'no', action: 'Reset' }, OFFICE]),
      false,
    ],
    [
      'a refusal of another network',
      admitted(),
      admission([rule('no', { action: 'Deny', sources: ranges('203.0.113.0', '203.0.113.255') }), OFFICE]),
      true,
    ],
    [
      'a refusal of another path',
      admitted(),
      admission([rule('no', { action: 'Deny', paths: [{ type: 'Prefix', value: '/admin' }] }), OFFICE]),
      true,
    ],
    [
      'a refusal of WebSockets',
      admitted(),
      admission([rule('no', { action: 'Deny', request: 'WebSocket' }), OFFICE]),
      false,
    ],
    [
      'a refusal of other requests',
      admitted(),
      admission([rule('no', { action: 'Deny', request: 'HTTP' }), OFFICE]),
      true,
    ],
    ['a rule for other methods', admitted(), admission([{ ...OFFICE, methods: ['POST'] }]), false],
    ['the default lets everybody in', admitted(), admission([], { defaultAction: 'Allow' }), true],
    ['the default lets nobody in', admitted(), admission([]), false],
    ['nothing is enforced', admitted(), admission([], { mode: 'Observe' }), true],
    ['the secret is still accepted', byApp, BEFORE, true],
    ['under another data key', byApp, admission([withSecrets({ renamed: 'one' })]), true],
    ['it is gone', byApp, admission([withSecrets({ next: 'two' })]), false],
    ['it has another value', byApp, admission([withSecrets({ current: 'three', next: 'two' })]), false],
    ['all are gone', byApp, admission([withSecrets({})]), false],
    ['its rule is gone', byApp, admission([OFFICE, SIGNED_IN]), false],
    ['its rule has another name', byApp, admission([renamed(APP, 'mobile')]), false],
    ['its rule asks for more', byApp, admission([{ ...APP, bearerToken: true }]), false],
    [
      'its rule asks for an address besides',
      byApp,
      admission([{ ...APP, sources: ranges('198.51.100.0', '198.51.100.255') }]),
      true,
    ],
    ['the cookie counts while its rule is the same', byCookie, admission([SIGNED_IN]), true],
    [
      'another cookie is asked for',
      byCookie,
      admission([{ ...SIGNED_IN, cookies: [{ name: 'U', shape: 'Any' }] }]),
      false,
    ],
    ['for another kind of request', byCookie, admission([{ ...SIGNED_IN, request: 'HTTP' }]), false],
  ])('%s', (_, who, after, expected) => {
    expect(new Recheck(after, '/').admits(who)).toBe(expected);
  });

  test('the place of the WebSocket is that of the site', () => {
    const who = { ...byCookie, path: '/chat/api/v4/websocket' };
    const after = admission([SIGNED_IN]);
    expect(new Recheck(after, '/chat').admits(who)).toBe(true);
    expect(new Recheck(after, '/').admits(who)).toBe(false);
  });
});

describe('whose secret is gone', () => {
  test.each<readonly [string, Admitted, Admission, boolean]>([
    ['nobody who showed none', admitted(), admission([]), false],
    ['nobody while the value is accepted', byApp, admission([withSecrets({ other: 'one' })]), false],
    ['who showed a value that was removed', byApp, admission([withSecrets({ next: 'two' })]), true],
    ['who showed a value that was replaced', byApp, admission([withSecrets({ current: 'other' })]), true],
    ['whose Secret is missing', byApp, admission([withSecrets({})]), true],
    ['whose rule is gone', byApp, admission([]), true],
    [
      'nobody who showed the value that stays',
      admitted({ rule: 'app', secretKey: 'next' }),
      admission([withSecrets({ next: 'two' })]),
      false,
    ],
  ])('%s', (_, who, after, expected) => {
    expect(new Recheck(after, '/').hasLostSecret(who)).toBe(expected);
  });
});

describe('where a rule asks for two secrets each of them counts', () => {
  const one = secretHeader('x-one', { secret: 'first', old: 'older' });
  const two = secretHeader('x-two', { secret: 'second' });
  const both = (...headers: readonly HeaderCondition[]) => admission([rule('both', { headers })]);
  const head = request('GET /api/v4/websocket', ['X-One: first', 'X-Two: second']);
  const before = both(one, two);
  const verdict = admit(
    before,
    { head, address: address('198.51.100.1'), cookies: '', sitePath: '/' },
    DIGEST_KEY,
  );
  if (!('rule' in verdict)) throw new Error('A session is asked for');
  const who = {
    ...new Recheck(before, '/').proofOf(verdict),
    path: head.path,
    address: address('198.51.100.1'),
  };

  test.each<readonly [string, Admission, boolean]>([
    ['both stay', before, false],
    ['one has another data key', both(secretHeader('x-one', { new: 'first' }), two), false],
    ['one that was not shown goes', both(secretHeader('x-one', { secret: 'first' }), two), false],
    ['the first goes', both(secretHeader('x-one', { old: 'older' }), two), true],
    ['the second goes', both(one, secretHeader('x-two', { secret: 'third' })), true],
  ])('%s', (_, after, expected) => {
    expect(new Recheck(after, '/').hasLostSecret(who)).toBe(expected);
    expect(new Recheck(after, '/').admits(who)).toBe(!expected);
  });
});
