// A real Prometheus reads a running controller: it takes every metric, and each query of the dashboard and of the alert
// rules can be evaluated. After traffic of every kind the panels have something to show.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login } from '../../src/demo/mattermost/session.ts';
import { parse } from 'yaml';
import {
  ALERTS_FILE,
  alertRules,
  GUIDE,
  guideQueries,
  panelsOf,
  readDashboard,
} from '../chart/monitoring.ts';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';
import { PrometheusProcess } from '../support/prometheus.ts';
import { ALICE, Scene } from '../support/scene.ts';

const missing = PrometheusProcess.missing();
const panels = panelsOf(readDashboard());
const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const rules = alertRules();
/** What healthy controllers have no series of. */
const MAY_BE_EMPTY =
  /watch_errors_total|source_address_failures|connections_rejected|ejections_total|endpoints_full/u;
/** Two controllers, a node and Prometheus. */
const START_TIMEOUT_MS = 60_000;
const SECRET = 'a-secret-of-the-apps';
const ADMISSION = {
  rules: [
    { name: 'apps', headers: [{ name: 'X-Preauth', secretRef: { name: 'preauth' } }], action: 'Allow' },
    { name: 'signed-in', cookies: [{ name: 'MMAUTHTOKEN' }], verifySession: {}, action: 'Allow' },
  ],
  defaultAction: 'Deny',
};

const scene = new Scene();
let controller: ControllerProcess;
let prometheus: PrometheusProcess;
/** Requests of every kind, once each. */
let visit: () => Promise<void>;

beforeAll(async () => {
  if (missing !== undefined) return;
  const node = await scene.node('node');
  const pair = await makeCertificate(hostOf('chat'));
  const place = { name: 'node', port: node.port };
  const nobody = { name: 'nobody', port: 1 };
  controller = await scene.controller({
    objects: [
      ...site('chat', [place], {
        admission: ADMISSION,
        route: { tls: { secretName: 'chat' } },
        limits: { requestsPerSecond: 1000 },
        backend: { healthCheck: { interval: '1s' } },
      }),
      tlsSecret('chat', pair),
      secret('preauth', { current: SECRET }),
      ...site('half', [place, nobody]),
      ...site('gone', [nobody]),
    ],
  });
  prometheus = await PrometheusProcess.start(configOfGuide([controller.adminPort, await clusterAdminPort()]));
  scene.add(prometheus);
  const session = await login(`http://127.0.0.1:${node.port}`, ALICE);
  visit = async () => {
    const chat = { ca: pair.certificate };
    const app = { ...chat, headers: { 'X-Preauth': SECRET } };
    expect((await controller.get(hostOf('chat'), '/api/v4/system/ping', app)).status).toBe(200);
    expect((await controller.get(hostOf('chat'), '/', chat)).status).toBe(403);
    const talk = await controller.open(hostOf('chat'), {
      ...chat,
      headers: { Cookie: session.cookieHeader },
    });
    await talk.next((message) => message.event === 'hello');
    talk.socket.close();
    await talk.closed;
    // Each client finds its node by its address; some of them meet the one that is not there first.
    for (let at = 1; at <= 16; at++) await controller.get(hostOf('half'), '/', { from: `127.0.1.${at}` });
    expect((await controller.get(hostOf('gone'), '/')).status).toBe(502);
  };
}, START_TIMEOUT_MS);
afterAll(() => scene.end());

/** Of a controller that reads an API server, for what only such a one has to tell. */
async function clusterAdminPort(): Promise<number> {
  const server = await FakeApiServer.start();
  scene.add(server);
  controller.write('kubeconfig', server.kubeconfig('{token: token-1}'));
  const { adminPort } = await scene.controller({
    source: { kubeconfig: join(controller.folder, 'kubeconfig') },
  });
  return adminPort;
}

/** The configuration that the guide gives its reader, with places of this test. */
function configOfGuide(adminPorts: readonly number[]): Readonly<Record<string, unknown>> {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/u.exec(GUIDE) ?? [];
  const placed = text
    .replace('- alert-rules.yaml', `- ${ALERTS_FILE}`)
    .replace(/targets: \[.*\]/u, `targets: ${JSON.stringify(adminPorts.map((port) => `127.0.0.1:${port}`))}`);
  return parse(placed) as Readonly<Record<string, unknown>>;
}

/** As Grafana fills it in for everything. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:job|host)\b/gu, '.*');
}

describe('Prometheus', () => {
  test('takes all that a scrape says, and keeps the labels of sites', async (context) => {
    if (missing !== undefined) return context.skip(missing);
    await visit();
    await eventually(async () => {
      const found = await prometheus.query('mattermost_ingress_requests_total{host="chat.example.com"}');
      expect(found.map(({ labels }) => labels['namespace'])).toContain('test');
    });
    // It looks at its targets one after the other: what one has said tells nothing of the next.
    await eventually(async () => expect(await prometheus.scrapeErrors()).toEqual(['', '']));
  });

  test('has an answer to every query of the dashboard', async (context) => {
    if (missing !== undefined) return context.skip(missing);
    // Rates need what has grown between two scrapes.
    await eventually(async () => {
      await visit();
      const answers = await Promise.all(queries.map(({ expr }) => prometheus.query(filledIn(expr))));
      const empty = queries.filter(({ expr }, at) => answers[at]?.length === 0 && !MAY_BE_EMPTY.test(expr));
      expect(empty).toEqual([]);
      const numbers = answers.flat().map(({ value }) => value);
      expect(numbers.some((value) => value > 0)).toBe(true);
    });
  });

  test('shows in the legend of each panel what its labels are', async (context) => {
    if (missing !== undefined) return context.skip(missing);
    const absent: string[] = [];
    for (const { legendFormat, expr } of panels.flatMap(({ targets }) => targets)) {
      const wanted = [...legendFormat.matchAll(/\{\{(\w+)\}\}/gu)].map(([, label = '']) => label);
      const [first] = await prometheus.query(filledIn(expr));
      const present = Object.keys(first?.labels ?? Object.fromEntries(wanted.map((label) => [label, ''])));
      absent.push(
        ...wanted.filter((label) => !present.includes(label)).map((label) => `${label} of ${expr}`),
      );
    }
    expect(absent).toEqual([]);
  });

  test.for(guideQueries())('answers what the guide asks: %s', async (query, context) => {
    if (missing !== undefined) return context.skip(missing);
    // No rule of this test only observes.
    if (query.includes('mode="Observe"')) return expect(await prometheus.query(query)).toEqual([]);
    // What has grown is told by two scrapes.
    await eventually(async () => {
      await visit();
      expect(await prometheus.query(query)).not.toEqual([]);
    });
  });

  test('evaluates every alert rule', async (context) => {
    if (missing !== undefined) return context.skip(missing);
    for (const { expr } of rules) await prometheus.query(expr);
    await eventually(async () => {
      const found = await prometheus.rules();
      expect(found.map(({ name, health, lastError = '' }) => [name, health, lastError])).toEqual(
        rules.map(({ alert }) => [alert, 'ok', '']),
      );
    });
  });
});
