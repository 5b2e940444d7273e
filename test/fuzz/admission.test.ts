// Whatever is forwarded was let in by an independent reading of the design, for any policy and any request.
// FUZZ_RUNS asks for more runs, FUZZ_SEED for those of a failure that was reported.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPolicy } from '../../src/api/validate.ts';
import { decide, type Destination } from '../../src/decide/decide.ts';
import { forwardedRequestFields } from '../../src/decide/headers.ts';
import { parsePeerAddress } from '../../src/model/address.ts';
import type { Decision } from '../../src/model/decision.ts';
import type { RequestHead } from '../../src/model/request.ts';
import { policy } from '../../src/translate/test-objects.ts';
import { readingsOf, secretHeadersOf, Tally } from './judging.ts';
import { policySpec } from './policies.ts';
import {
  type Asked,
  cookiesOf,
  isHttps,
  networks,
  referenceVerdict,
  sourceOf,
  type World,
} from './reference.ts';
import { anyRequest } from './requests.ts';
import { clientOf, DECIDE_SETTINGS, parse, serve } from './serving.ts';
import { HOST, SECRETS, TRUSTED } from './words.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 80);
const WORLD: World = { secrets: SECRETS, trustedProxies: networks(TRUSTED) };

function runAll(
  judge: (spec: object, asked: Asked, decision: Decision<Destination>, head: RequestHead) => void,
): Tally {
  const tally = new Tally();
  const property = fc.property(
    policySpec,
    fc.array(anyRequest, { minLength: 1, maxLength: 8 }),
    (spec, requests) => {
      const serving = serve(spec);
      for (const asked of requests) {
        const head = parse(asked);
        if (head === undefined) {
          tally.add('refused by the parser');
          continue;
        }
        const decision = decide(serving, head, clientOf(asked, serving), DECIDE_SETTINGS);
        tally.add(decision.kind === 'reject' ? decision.reason : decision.kind);
        judge(spec, asked, decision, head);
      }
    },
  );
  fc.assert(property, SEED === undefined ? { numRuns: RUNS } : { numRuns: RUNS, seed: Number(SEED) });
  return tally;
}

/** Every way out must have been taken, some of them often. */
function expectVariety(tally: Tally): void {
  if (RUNS < 1000) return;
  const rare = [
    'path-ambiguous',
    'unknown-path',
    'plain-http',
    'redirect',
    'policy-invalid',
    'refused by the parser',
  ];
  for (const word of rare) expect(tally.counts.get(word) ?? 0, word).toBeGreaterThan(10);
  for (const word of ['forward', 'admission', 'reset'])
    expect(tally.counts.get(word) ?? 0, word).toBeGreaterThan(100);
}

test('what is forwarded is admitted, by the rule that the reference names, however the path is read', {
  timeout: TIMEOUT_MS,
}, () => {
  const rules = new Tally();
  const tally = runAll((spec, asked, decision) => {
    const { policy: checked } = checkPolicy(policy('chat/it', spec));
    const { admission: verdict } = decision.context;
    // No verdict: it never came to admission. Invalid policies must never come so far.
    if (verdict === undefined) return expect(decision.kind).not.toBe('forward');
    if (checked === undefined) return expect.unreachable('An invalid policy judged a request');
    const { admission, route } = checked.spec;
    if (route?.tls !== undefined) expect(isHttps(asked)).toBe(true);
    const expected = readingsOf(asked).map((path) => referenceVerdict(checked.spec, asked, path, WORLD));
    const { rule, action, shapeOnly: needs101 } = verdict;
    expect(expected).toEqual(expected.map(() => ({ rule, action, needs101 })));
    const isIn = action === 'Allow' || admission.mode === 'Observe';
    expect(decision.kind === 'forward').toBe(isIn);
    if (verdict.action === 'Allow' && verdict.rule !== 'default') rules.add(verdict.rule);
  });
  expectVariety(tally);
  if (RUNS >= 1000)
    expect([...rules.counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
});

test('what is forwarded carries no secret, no cookie of ours, and one address: the one that was judged', {
  timeout: TIMEOUT_MS,
}, () => {
  let removed = 0;
  const tally = runAll((spec, asked, decision, head) => {
    if (decision.kind !== 'forward') return;
    const { site } = decision.target;
    const fields = forwardedRequestFields(head, {
      context: decision.context,
      droppedFields: site.droppedFields,
      cookieName: site.open?.persistence.cookieName ?? '',
      requestId: 'id-1',
    });
    const lines = fields.flatMap((name, at) =>
      at % 2 === 0 ? [[name.toLowerCase(), fields[at + 1] ?? ''] as const] : [],
    );
    const valuesOf = (name: string) => lines.filter(([each]) => each === name).map(([, value]) => value);
    for (const name of secretHeadersOf(spec)) {
      expect(valuesOf(name)).toEqual([]);
      if (head.names.includes(name)) removed++;
    }
    expect(cookiesOf(valuesOf('cookie')).filter(([name]) => name === 'MMSTICKY')).toEqual([]);
    const source = parsePeerAddress(sourceOf(asked, WORLD))?.text;
    expect([valuesOf('x-forwarded-for'), valuesOf('x-real-ip')]).toEqual([[source], [source]]);
    expect(valuesOf('x-forwarded-proto')).toEqual([isHttps(asked) ? 'https' : 'http']);
    expect(valuesOf('host')).toEqual([HOST]);
    const hopByHop = ['connection', 'upgrade', 'transfer-encoding', 'content-length', 'x_forwarded_for'];
    expect(hopByHop.flatMap(valuesOf)).toEqual([]);
  });
  expectVariety(tally);
  if (RUNS >= 1000) expect(removed).toBeGreaterThan(20);
});
