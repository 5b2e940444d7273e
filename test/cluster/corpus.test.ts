// One corpus of good and bad policies goes through our check and through the API server: the same verdict on each.
import { randomInt } from 'node:crypto';
import process from 'node:process';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPolicy } from '../../src/api/validate.ts';
import { policySpec } from '../fuzz/policies.ts';
import { RULE_CASES } from '../support/policy-cases.ts';
import { policyWith } from '../support/policy-edits.ts';
import { FULL_POLICIES, KEYWORD_CASES } from '../support/policy-keyword-cases.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Answer } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { mutants } from './harness/policy-mutants.ts';
import { sharedCluster } from './harness/shared.ts';

type Verdict = 'good' | 'bad';

const AT_ONCE = 8;
const RANDOM_POLICIES = 300;
const MUTANTS = 3_000;
/** FUZZ_SEED repeats a run; it stands beside whatever the two do not agree on. */
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
let cluster: Cluster;
let namespace: Namespace;

beforeAll(async () => {
  cluster = sharedCluster();
  namespace = await cluster.namespace('corpus');
});

afterAll(async () => {
  await namespace.remove();
  await cluster.close();
});

/** What the API server says to server-side apply with strict fields; nothing is stored. */
async function serverVerdict(policy: unknown): Promise<{ verdict: Verdict; answer: Answer }> {
  const path = `/apis/mattermost-ingress.io/v1alpha1/namespaces/${namespace.name}/mattermostingresspolicies/chat`;
  const answer = await cluster.api.ask('PATCH', path, {
    query: { fieldManager: 'corpus', force: 'true', fieldValidation: 'Strict', dryRun: 'All' },
    body: { ...(policy as object), metadata: { name: 'chat' } },
    contentType: 'application/apply-patch+yaml',
  });
  // Apply answers with 500 where an object does not fit the types of its schema; what else is 500 is no verdict.
  const isVerdict = [200, 201, 400, 422].includes(answer.status) || isTypeMismatch(answer);
  if (!isVerdict) throw new Error(`No verdict: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { verdict: answer.status < 300 ? 'good' : 'bad', answer };
}

function isTypeMismatch({ status, body }: Answer): boolean {
  return status === 500 && /failed to create typed patch object/u.test(JSON.stringify(body));
}

function ourVerdict(policy: unknown): Verdict {
  return checkPolicy(policy).issues.length === 0 ? 'good' : 'bad';
}

/** All policies on which the two do not agree, with what each says. */
async function disagreements(policies: readonly unknown[]): Promise<readonly string[]> {
  const found: string[] = [];
  const queue = policies.values();
  const work = async () => {
    for (const policy of queue) {
      const { verdict, answer } = await serverVerdict(policy);
      if (verdict === ourVerdict(policy)) continue;
      const { spec } = policy as { readonly spec: unknown };
      const { message } = answer.body as { readonly message?: string };
      const ours = checkPolicy(policy).issues.map(({ field, rule }) => `${field} ${rule}`);
      found.push(
        `${JSON.stringify(spec)}\n  server: ${message ?? 'good'}\n  we: ${ours.join(', ') || 'good'}`,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function countBad(policies: readonly unknown[]): number {
  return policies.filter((policy) => ourVerdict(policy) === 'bad').length;
}

test('policies that keep or break one rule or keyword', async () => {
  const edits = [
    ...Object.values(FULL_POLICIES),
    ...RULE_CASES.flatMap(({ good, bad }) => [good, bad]),
    ...KEYWORD_CASES.map(({ bad }) => bad),
  ];
  const policies = edits.map(policyWith);
  expect(countBad(policies)).toBeGreaterThan(policies.length / 3);
  expect(await disagreements(policies)).toEqual([]);
});

test('random policies', async () => {
  const policies = fc
    .sample(policySpec, { numRuns: RANDOM_POLICIES, seed: SEED })
    .map((spec) => ({ ...(policyWith({}) as object), spec }));
  expect(await disagreements(policies), `FUZZ_SEED=${SEED}`).toEqual([]);
});

test('policies with one leaf changed, removed or added at random', async () => {
  const policies = fc.sample(mutants, { numRuns: MUTANTS, seed: SEED });
  const bad = countBad(policies);
  expect([bad > MUTANTS / 5, bad < MUTANTS], `FUZZ_SEED=${SEED}`).toEqual([true, true]);
  expect(await disagreements(policies), `FUZZ_SEED=${SEED}`).toEqual([]);
});
