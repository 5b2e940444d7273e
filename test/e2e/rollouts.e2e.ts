// Planned work on a cluster with real pods, under 200 WebSockets and 50 requests a second: no request fails, only
// WebSockets whose pod went are lost, and their clients come back at the pace of the policy. Prints a table.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Audience, type Figures } from './audience.ts';
import { apply, kubectl, valueOf } from './cluster-tools.ts';
import type { Visitor } from './entrance.ts';
import { drain, fullestNode, podsOn } from './drained-node.ts';
import { tableOf } from './figures-table.ts';
import { printFirstTrouble } from './first-trouble.ts';
import {
  clearCluster,
  controllerPods,
  expectRollout,
  RELEASE,
  restartController,
  webSocketsOf,
  withLastPod,
} from './installation.ts';
import { chatPolicy, type Manners, mattermost, RECOMMENDED, SITES } from './mattermost-objects.ts';
import { warningsSince } from './policy-view.ts';
import { createScene, expectGone, lostDuring, nodeNames, readSettings, type Settings } from './scene.ts';

/** Slow enough that a pace can be told from none. */
const PER_SECOND = 10;
const RECONNECTS = { perSecond: PER_SECOND, maxSpread: '30s' };
const GOING_AWAY = 1001;
/** What a load balancer may need to see that a node has no pod any more: less than the chart's shutdownDelaySeconds (30). */
const NOTICE_MS = 25_000;
/** What a node that stops without a pause had got, or was about to get, and what nobody may send again. */
const CUT_POST = /: POST 502 .*"ingress\.(?:closed_before_response|response_truncated)"/;
const TIMEOUT_MS = 600_000;

let settings: Settings;
let visitor: Visitor;
let audience: Audience;
const rows: Figures[] = [];

beforeAll(async () => {
  settings = readSettings(process.env);
  ({ visitor } = await createScene(settings, RECOMMENDED));
  await apply(chatPolicy({ defaultAction: 'Allow' }, { websocket: { reconnects: RECONNECTS } }));
  audience = await Audience.gather(visitor);
}, TIMEOUT_MS);

printFirstTrouble();

afterAll(async () => {
  console.log(`\n${tableOf(rows)}\n`);
  await audience.leave();
  if (process.env['E2E_KEEP'] === undefined) await clearCluster();
}, TIMEOUT_MS);

test('Mattermost is rolled with the pause that the runbook recommends', { timeout: TIMEOUT_MS }, async () => {
  const old = await nodeNames();
  const figures = await measure('Mattermost rolled, preStop 40 s', () => rollMattermost(old));
  expect(figures.failures).toEqual([]);
  expectOnlyLost(figures, old, 0);
});

test('Mattermost is rolled without a pause', { timeout: TIMEOUT_MS }, async () => {
  await replaceMattermost({ graceSeconds: 30, minReadySeconds: 10 });
  const old = await nodeNames();
  try {
    const figures = await measure('Mattermost rolled, no preStop', () => rollMattermost(old));
    expect(figures.failures.filter((failure) => !CUT_POST.test(failure))).toEqual([]);
    expectOnlyLost(figures, old, 0);
  } finally {
    await replaceMattermost(RECOMMENDED);
  }
});

test('the controller is rolled', { timeout: TIMEOUT_MS }, async () => {
  const old = (await controllerPods()).map(({ metadata }) => metadata.name);
  const figures = await measure('controller rolled', async () => {
    await restartController();
    await expectGone(RELEASE, old);
  });
  expect(figures.failures).toEqual([]);
  expectOnlyLost(figures, [], Number.POSITIVE_INFINITY);
});

test('a node is drained and given back', { timeout: TIMEOUT_MS }, async () => {
  const node = await fullestNode();
  const before = await podsOn(node);
  const open = new Map(
    await Promise.all(before.controllers.map(async (name) => [name, await webSocketsOf(name)] as const)),
  );
  let evicted: Awaited<ReturnType<typeof drain>> | undefined;
  const figures = await measure('node drained', async () => {
    evicted = await drain(node);
    await expectRollout(SITES, 'deployment/mattermost');
    await expectRollout(RELEASE, `deployment/${RELEASE}`);
    await expectGone(SITES, evicted.mattermost);
    await expectGone(RELEASE, evicted.controllers);
  });
  const { mattermost: nodes = [], controllers = [] } = evicted ?? {};
  console.log(`evicted from ${node}: ${[...nodes, ...controllers].join(', ')}`);
  const leaving = controllers.reduce((sum, name) => sum + (open.get(name) ?? 0), 0);
  expect(figures.failures).toEqual([]);
  expectOnlyLost(figures, nodes, leaving);
});

test('a node whose last pod is told to stop serves on', { timeout: TIMEOUT_MS }, async () => {
  await audience.leave();
  await withLastPod(async (pod) => {
    const lost = await lostDuring(visitor, 'last pod of a node told to stop', async () => {
      await kubectl(`delete pod ${pod} --namespace ${RELEASE} --wait=false`);
      await pause(NOTICE_MS);
    });
    expect(lost).toBe(0);
  });
});

/** Measures, and holds what is measured to what must be true whatever was done. */
async function measure(what: string, act: () => Promise<unknown>): Promise<Figures> {
  const since = new Date();
  const before = await conditions();
  const figures = await audience.during(what, act);
  rows.push(figures);
  console.log(tableOf([figures]));
  for (const failure of figures.failures.slice(0, 10)) console.log(`  ${failure}`);
  expect(figures.refusals).toBe(0);
  // With the times at which they changed last.
  expect(await conditions()).toEqual(before);
  expect(await warningsSince(SITES, since)).toEqual([]);
  return figures;
}

/** @param leaving WebSockets that controller pods which went have had */
function expectOnlyLost({ losses }: Figures, nodes: readonly string[], leaving: number): void {
  const byNode = losses.filter(({ code }) => code !== GOING_AWAY);
  expect(byNode.filter(({ node }) => !nodes.includes(node))).toEqual([]);
  expect(losses.length - byNode.length).toBeLessThanOrEqual(leaving);
}

function conditions(): Promise<string> {
  return valueOf(SITES, 'mmip/chat', '.status.conditions');
}

async function rollMattermost(old: readonly string[]): Promise<void> {
  await kubectl(`rollout restart deployment/mattermost --namespace ${SITES}`);
  await expectRollout(SITES, 'deployment/mattermost');
  await expectGone(SITES, old);
}

/** Nobody measures this. */
async function replaceMattermost(manners: Manners): Promise<void> {
  const old = await nodeNames();
  await apply(...mattermost(settings.image, 2, manners));
  await expectRollout(SITES, 'deployment/mattermost');
  await expectGone(SITES, old);
  await audience.settled();
}
