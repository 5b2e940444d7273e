// Admission under attack, through a running data plane: whatever reached the backend was admitted by the reference,
// and whoever came in by nothing but the shape of a cookie saw nothing of the backend but a 101.
// FUZZ_RUNS asks for more runs, FUZZ_SEED for those of a failure that was reported.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPolicy } from '../../src/api/validate.ts';
import { parsePeerAddress } from '../../src/model/address.ts';
import { policy } from '../../src/translate/test-objects.ts';
import { type Attack, AttackedPlane, BACKEND_MARK, BACKEND_WORDS } from './attack.ts';
import { assertReaching, readingsOf, secretHeadersOf, Tally } from './judging.ts';
import { policySpec, shapePolicySpec } from './policies.ts';
import { type Asked, isHttps, networks, referenceVerdict, sourceOf, type World } from './reference.ts';
import { anyRequest, webSocketRequest } from './requests.ts';
import type { Received, Sender } from './senders.ts';
import { http1 } from './sender-http1.ts';
import { http2 } from './sender-http2.ts';
import { SECRETS, TRUSTED } from './words.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 1500) / 5);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 300);
const WORLD: World = { secrets: SECRETS, trustedProxies: networks(TRUSTED) };
const SENDERS: readonly Sender[] = [http1, http2];

let attacked: AttackedPlane;

beforeAll(async () => {
  attacked = await AttackedPlane.start();
});
afterAll(() => attacked.end());

const words = fc.constantFrom(...BACKEND_WORDS);
const attacksOf = (requests: fc.Arbitrary<Asked>) =>
  fc.array(fc.tuple(requests, words), { minLength: 1, maxLength: 8 });
const mixed = fc.oneof({ weight: 1, arbitrary: anyRequest }, { weight: 3, arbitrary: webSocketRequest });
/** A policy and what comes its way; half of them are about sessions that are only looked at. */
const sieges = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(policySpec, attacksOf(anyRequest)) },
  { weight: 1, arbitrary: fc.tuple(shapePolicySpec, attacksOf(mixed)) },
);

type Judged = {
  readonly spec: object;
  readonly attack: Attack;
  readonly asked: Asked;
  readonly received: Received;
};

/** What became of one attack, in a word. */
function judge(judged: Judged): string {
  return attacked.arrivalsOf(judged.attack).length === 0 ? judgeRefused(judged) : judgePassed(judged);
}

function judgeRefused({ spec, asked, received: { statuses, text } }: Judged): string {
  expect(text).not.toContain(BACKEND_MARK);
  if (/ingress\.admission|\(admission\)/.test(text)) expectDenied(spec, asked);
  return statuses.length === 0 ? 'ended without a word' : `answered here with ${statuses.join()}`;
}

function judgePassed({ spec, attack, asked, received }: Judged): string {
  const { policy: checked } = checkPolicy(policy('chat/it', spec));
  if (checked === undefined) return expect.unreachable('An invalid policy let a request pass');
  const { admission, route } = checked.spec;
  if (route?.tls !== undefined) expect(isHttps(asked)).toBe(true);
  const verdicts = readingsOf(asked).map((path) => referenceVerdict(checked.spec, asked, path, WORLD));
  const [verdict] = verdicts;
  expect(verdicts).toEqual(verdicts.map(() => verdict));
  expect(verdict?.action === 'Allow' || admission.mode === 'Observe').toBe(true);
  for (const { head } of attacked.arrivalsOf(attack)) expectForwarded(spec, asked, head);
  if (verdict?.needs101 === true && admission.mode !== 'Observe') return judgeShape(attack, received);
  return `passed with ${received.statuses.join()}`;
}

/** And whom it admits is not kept out. */
function expectDenied(spec: object, asked: Asked): void {
  const { policy: checked } = checkPolicy(policy('chat/it', spec));
  if (checked === undefined) return expect.unreachable('An invalid policy judged a request');
  const [path = ''] = readingsOf(asked, 0);
  expect(referenceVerdict(checked.spec, asked, path, WORLD).action).toBe('Deny');
}

/** Anybody can shape a cookie. */
function judgeShape({ word }: Attack, { statuses, text }: Received): string {
  if (statuses.includes(101)) {
    expect([word, statuses]).toEqual(['switch', [101]]);
    return 'a mere shape got its 101';
  }
  expect(text).not.toContain(BACKEND_MARK);
  expect(statuses.filter((status) => status < 400)).toEqual([]);
  return 'a mere shape got nothing else';
}

/** No secret, no cookie of ours, one address: the one that was judged. */
function expectForwarded(spec: object, asked: Asked, head: string): void {
  const lines = head.split('\r\n').map((line) => /^([^:]*): ?(.*)$/.exec(line)?.slice(1) ?? []);
  const valuesOf = (name: string) =>
    lines.filter(([each]) => each?.toLowerCase() === name).map(([, value]) => value);
  const stripped = secretHeadersOf(spec);
  expect(stripped.flatMap(valuesOf)).toEqual([]);
  const isSecret = (name: string) => stripped.includes(name.toLowerCase());
  const others = asked.lines.filter(([name]) => !isSecret(name)).map(([, value]) => value);
  for (const [name, value] of asked.lines) {
    const secret = value.trim();
    const isAlone = secret.length > 8 && !others.join('\n').includes(secret);
    if (isSecret(name) && isAlone) expect(head).not.toContain(secret);
  }
  expect(valuesOf('cookie').join()).not.toMatch(/(^|;)\s*MMSTICKY\s*=/);
  const source = parsePeerAddress(sourceOf(asked, WORLD))?.text;
  expect([valuesOf('x-forwarded-for'), valuesOf('x-real-ip')]).toEqual([[source], [source]]);
  expect(valuesOf('x-forwarded-proto')).toEqual([isHttps(asked) ? 'https' : 'http']);
  expect(['te', 'keep-alive', 'x_forwarded_for', 'forwarded'].flatMap(valuesOf)).toEqual([]);
}

describe.each(SENDERS)('over $name', (sender) => {
  test('nothing that the reference refuses reaches the backend', { timeout: TIMEOUT_MS }, async () => {
    const tally = new Tally();
    const property = fc.asyncProperty(sieges, async ([spec, drawn]) => {
      const list = drawn.map(
        ([asked, word], number): Attack => ({ asked: sender.judged(asked), number, word }),
      );
      attacked.apply(spec, list);
      const received = await sender.sendAll(attacked, list);
      attacked.expectWhole();
      list.forEach((attack, at) => {
        const got = received[at];
        if (got === undefined) throw new Error('An attack without an outcome');
        tally.add(judge({ spec, attack, asked: attack.asked, received: got }));
      });
    });
    const rare = { 'a mere shape got its 101': 1, 'a mere shape got nothing else': 1 };
    const wanted = RUNS >= 100 && sender.opensWebSockets ? rare : {};
    await assertReaching(property, { numRuns: RUNS, seed: SEED, tally, wanted });
    expectVariety(tally, sender);
  });
});

/** A property that nothing ever reached would hold as well. */
function expectVariety({ counts }: Tally, { opensWebSockets }: Sender): void {
  if (RUNS < 100) return;
  const passed = [...counts].filter(([word]) => word.startsWith('passed'));
  expect(passed.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(RUNS / 4);
  for (const word of ['answered here with 403', 'answered here with 400', 'ended without a word'])
    expect(counts.get(word) ?? 0, word).toBeGreaterThan(RUNS / 20);
  for (const word of ['a mere shape got its 101', 'a mere shape got nothing else'])
    expect(counts.has(word), word).toBe(opensWebSockets);
}
