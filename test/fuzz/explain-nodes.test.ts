// Explanations of the choice of nodes against reality: random healths, keys and settings, one request after another.
// FUZZ_RUNS asks for more runs, FUZZ_SEED for those of a failure that was reported.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backend, COOKIE, endpoint, HEALTH, openSite, site } from '../../src/decide/test-objects.ts';
import { request } from '../../src/demo/mattermost/session.ts';
import { explain } from '../../src/explain/explain.ts';
import type { Explanation } from '../../src/explain/explanation.ts';
import type { Knowledge } from '../../src/explain/knowledge.ts';
import type { Backend, Endpoint, Persistence } from '../../src/model/configuration.ts';
import { HEALTH_STATES, type HealthState } from '../../src/model/health-board.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { always, answer, RecordingBackend } from '../support/recording-backend.ts';
import { describedOf, knowledgeOf } from './explaining.ts';
import { assertReaching, Tally } from './judging.ts';
import { HOST, ID, OTHER_ID } from './words.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 1500) / 10);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 300);
const NODES = ['node-0', 'node-1', 'node-2'];
const FROM = '127.0.0.1';

let plane: TestPlane;
let origin: RecordingBackend;

beforeAll(async () => {
  origin = await RecordingBackend.start(always(answer('a page')));
  plane = await TestPlane.start(configuration([], []));
});
afterAll(async () => {
  await plane.close();
  await origin.stop();
});

const pick = fc.constantFrom;
const persistences: fc.Arbitrary<Partial<Persistence>> = fc.record({
  type: pick('Cookie', 'Cookie', 'SourceAddress', 'None'),
  fallback: fc.subarray(['UserIdentity', 'SourceAddress'] as const),
  drain: fc.record({ mode: pick('Fenced', 'Fenced', 'Immediate'), timeoutMs: pick(0, 60_000, 60_000) }),
});
const backends: fc.Arbitrary<Partial<Backend>> = fc.record({
  loadBalancing: pick('LeastConnections', 'RoundRobin', 'Random'),
  maxConnectionsPerEndpoint: pick(0, 0, 1),
  health: pick('Serve', 'Refuse').map((whenAllUnhealthy) => ({ ...HEALTH, whenAllUnhealthy }) as const),
});
const places = fc.array(
  fc.record({ state: pick('ready', 'draining'), health: pick(...HEALTH_STATES) } as const),
  {
    minLength: 3,
    maxLength: 3,
  },
);
const token = fc
  .tuple(pick(...NODES), pick('new', 'new', 'old'))
  .map((parts) => `MMSTICKY=${parts.join('-')}`);
const cookies = fc.array(
  fc.oneof(
    { arbitrary: token, weight: 2 },
    pick('MMSTICKY=nobody', `MMUSERID=${ID}`, `MMUSERID=${OTHER_ID}`, 'a=b'),
  ),
  { maxLength: 3 },
);

type Drawn = {
  readonly kept: Partial<Persistence>;
  readonly more: Partial<Backend>;
  readonly states: readonly { readonly state: Endpoint['state']; readonly health: HealthState }[];
  readonly lists: readonly (readonly string[])[];
};
const drawn: fc.Arbitrary<Drawn> = fc.record({
  kept: persistences,
  more: backends,
  states: places,
  lists: fc.array(cookies, { minLength: 1, maxLength: 4 }),
});

/** Served from here on. */
function apply({ kept, more, states }: Drawn): Knowledge {
  const endpoints = NODES.map((name, at) =>
    endpoint(name, { address: FROM, port: origin.port, state: states[at]?.state ?? 'ready' }),
  );
  const sites = [site(HOST, openSite({ persistence: { ...COOKIE, ...kept } }))];
  const wanted = configuration(sites, [backend(endpoints, more)]);
  plane.apply(wanted);
  states.forEach(({ health }, slot) => {
    plane.setDraining(slot);
    plane.setHealth(slot, health);
  });
  return knowledgeOf(
    wanted,
    states.map(({ health }) => health),
  );
}

function explained(cookie: string, knowledge: Knowledge): Explanation {
  const lines = [['Host', HOST] as const, ['Cookie', cookie] as const];
  const asked = { method: 'GET', target: '/', lines, peer: FROM, isTrusted: false, isTls: false };
  return explain(describedOf({ asked, number: 0, word: 'page' }, '1.1'), knowledge);
}

/** What happened, in the words of an explanation. */
async function happened(cookie: string) {
  plane.records.length = 0;
  const connectTo = { address: FROM, port: plane.httpPort };
  const { status, headers } = await request({ url: `http://${HOST}/`, connectTo, headers: { cookie } });
  const [record] = plane.records;
  return {
    status,
    reason: record?.reason,
    node: record?.endpoint,
    result: record?.persistence,
    setsCookie: headers['set-cookie'] !== undefined,
  };
}

/** @returns the word for what was explained */
async function compare(cookie: string, knowledge: Knowledge): Promise<string> {
  const { outcome, answer, persistence, endpoints } = explained(cookie, knowledge);
  const found = await happened(cookie);
  if (outcome === 'answer') {
    expect([found.status, found.reason]).toEqual([answer.status, answer.reason]);
    return answer.reason ?? '';
  }
  expect(endpoints?.all.filter(({ isChosen }) => isChosen).map(({ name }) => name)).toContain(found.node);
  expect([found.status, found.result]).toEqual([200, persistence?.result]);
  if (persistence?.setsCookie !== undefined) expect(found.setsCookie).toBe(persistence.setsCookie);
  return persistence?.result ?? '';
}

test('the node that was explained is the one that is asked, by the key that was explained', {
  timeout: TIMEOUT_MS,
}, async () => {
  const tally = new Tally();
  const property = fc.asyncProperty(drawn, async (each) => {
    const knowledge = apply(each);
    for (const pairs of each.lists) tally.add(await compare(pairs.join('; '), knowledge));
  });
  const all = { cookie: 1, 'cookie-draining': 1, user: 1, source: 1, balanced: 1, 'no-endpoints': 1 };
  const wanted = RUNS < 100 ? {} : all;
  await assertReaching(property, { numRuns: RUNS, seed: SEED, tally, wanted });
});
