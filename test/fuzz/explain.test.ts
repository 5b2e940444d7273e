// Explanations against reality: whatever is explained of a random request under a random policy is what a running data
// plane does with it. FUZZ_RUNS asks for more runs, FUZZ_SEED for those of a failure that was reported.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../src/explain/explain.ts';
import type { Explanation } from '../../src/explain/explanation.ts';
import type { AccessRecord } from '../../src/observe/access-log.ts';
import { explanationText } from '../../src/explain/text.ts';
import { type Attack, AttackedPlane, configurationOf } from './attack.ts';
import { describedOf, knowledgeOf } from './explaining.ts';
import { assertReaching, Tally, type Wanted } from './judging.ts';
import { policySpec, shapePolicySpec } from './policies.ts';
import { anyRequest, webSocketRequest } from './requests.ts';
import type { Received, Sender } from './senders.ts';
import { http1 } from './sender-http1.ts';
import { http2 } from './sender-http2.ts';
import { SECRET_TEXTS } from './words.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 1500) / 10);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 300);

let attacked: AttackedPlane;

beforeAll(async () => {
  attacked = await AttackedPlane.start();
});
afterAll(() => attacked.end());

const requests = fc.oneof({ weight: 2, arbitrary: anyRequest }, { weight: 1, arbitrary: webSocketRequest });
const specs = fc.oneof({ weight: 3, arbitrary: policySpec }, { weight: 1, arbitrary: shapePolicySpec });

/** The backend takes handshakes, and has a page for all else. What is no name nghttp2 passes over. */
function attackOf(asked: Attack['asked'], number: number, { version, run }: Run): Attack {
  const lines = asked.lines.filter(([name]) => version === '1.1' || !name.endsWith(' '));
  const named = [...lines, ['x-request-id', idOf(run, number)] as const];
  return { asked: { ...asked, lines: named }, number, word: 'switch' };
}

type Run = { readonly version: '1.1' | '2'; readonly run: number };

/** WebSockets of an earlier run may end in a later one. */
function idOf(run: number, number: number): string {
  return `attack-${run}-${number}`;
}

type Judged = {
  readonly attack: Attack;
  readonly received: Received;
  readonly explanation: Explanation;
  readonly record: AccessRecord | undefined;
};

/** What became of it, in a word; throws where that is not what was explained. */
function judge(judged: Judged): string {
  const { attack, received, explanation, record } = judged;
  const { outcome, answer, admission } = explanation;
  expect(verdictOf(record?.admission)).toEqual(verdictOf(admission));
  if (outcome === 'forward') return judgeForwarded(judged);
  expect(attacked.arrivalsOf(attack)).toEqual([]);
  expect(received.statuses).toEqual(outcome === 'reset' ? [] : [answer.status]);
  // Who is refused by the parser has no name in the log.
  if (record !== undefined && outcome !== 'reset') expect(record.reason).toBe(answer.reason);
  return outcome === 'reset' ? outcome : `${outcome} ${answer.reason}`;
}

function verdictOf(verdict: AccessRecord['admission'] | Explanation['admission']) {
  return [verdict?.rule, verdict?.action, verdict?.mode, verdict?.secretKeys];
}

function judgeForwarded({ attack, explanation, record }: Judged): string {
  const [arrival, ...more] = attacked.arrivalsOf(attack);
  if (arrival === undefined) return expect.unreachable('What was explained to go to the backend did not');
  expect(more).toEqual([]);
  expectSent(explanation, arrival.head);
  const chosen = explanation.endpoints?.all.filter(({ isChosen }) => isChosen).map(({ name }) => name);
  expect([chosen, explanation.persistence?.result]).toEqual([[record?.endpoint], record?.persistence]);
  // The backend takes every handshake.
  const { isWebSocket } = explanation.request;
  expect(record?.status).toBe(isWebSocket ? 101 : 200);
  return isWebSocket ? 'forward as WebSocket' : 'forward';
}

/** The method, and the names of all fields in their order. */
function expectSent({ backend }: Explanation, head: string): void {
  const [line = '', ...lines] = head.split('\r\n').filter((each) => each !== '');
  const names = lines.map((each) => each.slice(0, each.indexOf(':')));
  const added = backend?.added.map(({ name }) => name) ?? [];
  expect([line.split(' ')[0], ...names]).toEqual([backend?.method, ...(backend?.kept ?? []), ...added]);
}

/** What each rule was told to be must be what its conditions amount to. */
function expectConsistent({ admission }: Explanation): void {
  for (const { result, conditions } of admission?.rules ?? []) {
    const holds = conditions.every((each) => each.holds);
    if (result === 'matched')
      expect(conditions).toEqual(conditions.map((each) => ({ ...each, holds: true })));
    if (result === 'not-matched') expect(holds).toBe(false);
  }
}

/** No value of a secret header is ever said. */
function expectSecretsKept(explanation: Explanation): void {
  const texts = [JSON.stringify(explanation), explanationText(explanation, (_, text) => text)];
  const leaked = SECRET_TEXTS.filter(
    (secret) => secret.length > 8 && texts.some((text) => text.includes(secret)),
  );
  expect(leaked).toEqual([]);
}

describe.each<[Sender, '1.1' | '2']>([
  [http1, '1.1'],
  [http2, '2'],
])('over $name', (sender, version) => {
  test('what is explained is what happens', { timeout: TIMEOUT_MS }, async () => {
    const tally = new Tally();
    let run = 0;
    const property = fc.asyncProperty(
      specs,
      fc.array(requests, { minLength: 1, maxLength: 8 }),
      async (spec, drawn) => {
        run++;
        const attacks = drawn.map((asked, at) => attackOf(sender.judged(asked), at, { version, run }));
        attacked.apply(spec, attacks);
        attacked.plane.records.length = 0;
        const received = await sender.sendAll(attacked, attacks);
        const knowledge = knowledgeOf(configurationOf(spec, attacked.backend.port));
        attacks.forEach((attack, at) => {
          const explanation = explain(describedOf(attack, version), knowledge);
          const record = attacked.plane.records.find(({ requestId }) => requestId === idOf(run, at));
          const got = received[at] ?? { statuses: [], text: '' };
          tally.add(judge({ attack, received: got, explanation, record }));
          expectConsistent(explanation);
          expectSecretsKept(explanation);
        });
      },
    );
    const wanted = RUNS < 100 ? {} : wantedOver(version);
    await assertReaching(property, { numRuns: RUNS, seed: SEED, tally, wanted });
    if (RUNS >= 100) expect(tally.counts.has('forward as WebSocket')).toBe(version === '1.1');
  });
});

/** A property that nothing ever reached would hold as well. */
function wantedOver(version: '1.1' | '2'): Wanted {
  const often = { forward: 11, 'answer admission': 11, 'answer request-malformed': 11, reset: 11 };
  const rare = { 'answer path-ambiguous': 1, 'answer policy-invalid': 1 };
  // Over HTTP/2 all but what trusted proxies say is https, and there are no WebSockets.
  const ofHttp1 = version === '1.1' ? { 'redirect undefined': 1, 'forward as WebSocket': 1 } : {};
  return { ...often, ...rare, ...ofHttp1 };
}
