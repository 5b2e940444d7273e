// Steps: what the controller tells of all this, and what it must never tell.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LOOPBACK, OFFICE } from '../site.ts';
import { request } from '../mattermost/session.ts';
import type { Scene } from './scene.ts';
import { expectSame, expectThat, type Step } from './step.ts';
import { until } from './waiting.ts';

const DECISIONS = 'mattermost_ingress_admission_decisions_total';

async function adminText(scene: Scene, path: string): Promise<string> {
  const url = `http://${LOOPBACK}:${scene.world.controller.adminPort}${path}`;
  return (await request({ url })).body.toString();
}

/** Counts by rule and action. */
type Counts = Readonly<Record<string, number>>;

function countsInMetrics(metrics: string): Counts {
  const counts: Record<string, number> = {};
  for (const [, labels = '', value] of metrics.matchAll(
    new RegExp(`^${DECISIONS}\\{(.*)\\} (\\d+)$`, 'gm'),
  )) {
    const [rule, action] = ['rule', 'action'].map(
      (name) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1],
    );
    counts[`${rule}: ${action}`] = Number(value);
  }
  return sorted(counts);
}

function countsInLog(scene: Scene): Counts {
  const counts: Record<string, number> = {};
  for (const { rule, action, msg } of scene.world.stage.journal.lines) {
    if (typeof rule !== 'string' || typeof action !== 'string' || msg === 'websocket closed') continue;
    const key = `${rule}: ${action}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return sorted(counts);
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The log is written in batches, hence the wait. */
async function scrape(scene: Scene): Promise<void> {
  let metrics: Counts = {};
  await until('metrics and access log count the same decisions', async () => {
    metrics = countsInMetrics(await adminText(scene, '/metrics'));
    return JSON.stringify(metrics) === JSON.stringify(countsInLog(scene));
  });
  scene.note(`GET /metrics at the admin port: ${DECISIONS}`);
  for (const [decision, count] of Object.entries(metrics)) scene.note(`  ${decision} ${count}`);
  expectThat('every rule has decided something', Object.keys(metrics).length >= 7);
}

/** Secrets that a client writes where they do not belong, and those that Mattermost itself has put into paths. */
async function sendInPlainSight(scene: Scene): Promise<ReadonlyMap<string, string>> {
  const [queried, hook] = [randomUUID(), randomUUID()];
  for (const path of [`/api/v4/users/me?access_token=${queried}`, `/hooks/${hook}`]) {
    const { requestId } = await scene.send({ path, from: OFFICE });
    await scene.decisionOn(requestId);
  }
  return new Map([
    ['a token in a query', queried],
    ['the id of a webhook', hook],
  ]);
}

async function keepSecrets(scene: Scene): Promise<void> {
  const secrets = new Map([...(await scene.world.secrets()), ...(await sendInPlainSight(scene))]);
  const log = await readFile(scene.world.stage.logFile, 'utf8');
  const outputs = new Map([['the log', log]]);
  for (const path of ['/metrics', '/livez', '/readyz?verbose'])
    outputs.set(path, await adminText(scene, path));
  const leaks: string[] = [];
  for (const [output, text] of outputs) {
    expectThat(`${output} holds something`, text.length > 0);
    for (const [secret, value] of secrets)
      if (value === '' || text.includes(value)) leaks.push(`${secret} in ${output}`);
  }
  scene.note(`${secrets.size} secrets (${[...secrets.keys()].join(', ')})`);
  scene.note(`  looked for in ${[...outputs.keys()].join(', ')}: ${leaks.length} found`);
  expectSame('secrets found', leaks, []);
}

export const signalSteps: readonly Step<Scene>[] = [
  { name: 'The metrics count every decision that the access log tells of', run: scrape },
  { name: 'No secret is in the log or at the admin port', run: keepSecrets },
];
