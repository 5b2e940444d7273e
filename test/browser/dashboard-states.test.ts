// The dashboard when things are not as they should be: nothing to show, nobody who answers, too much, and the wrong reader.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterceptResolutionAction } from 'puppeteer-core';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { makeCertificateUntil } from '../support/certificates.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { DashboardPage, stateOf } from '../support/dashboard-page.ts';
import { eventually } from '../support/eventually.ts';
import { policy as clusterPolicy } from '../support/kube/cluster-objects.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';
import { hostOf, policy, site, tlsSecret } from '../support/manifest-builders.ts';
import { TestBrowser } from '../support/test-browser.ts';

const browser = new TestBrowser();
let controllers: ControllerProcess[] = [];

async function start(...options: Parameters<typeof ControllerProcess.start>): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start(...options);
  controllers.push(controller);
  return controller;
}

beforeEach((context) => browser.need(context));
afterEach(async () => {
  await Promise.all(controllers.map((each) => each.destroy()));
  controllers = [];
});
afterAll(() => browser.stop());

test('without anything to show each part says what to do', async () => {
  const controller = await start();
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () => expect(await page.text('#readiness')).toBe('Serving'));
  const sentences = await page.evaluate<readonly string[]>(
    `Array.from(document.querySelectorAll('.empty'), (each) => each.innerText).filter((text) => text !== '')`,
  );
  expect(sentences).toEqual([
    expect.stringMatching(/^No site yet\. Create a MattermostIngressPolicy/),
    expect.stringMatching(/^No endpoint\. .*kubectl get endpointslices\.$/),
    expect.stringMatching(/^No request came yet/),
    'Nothing was refused and nothing failed of late.',
    expect.stringMatching(/^No certificate: .*Name a Secret/),
    'Nothing is wrong with the objects.',
    expect.stringMatching(/^Objects come from a folder/),
  ]);
  expect(await page.text('#tiles')).toContain('0 in all');
  expect(await page.rows('workers-list')).toHaveLength(2);
  await page.close();
});

test('without access log it says why no refusal is seen', async () => {
  const controller = await start({ flags: { 'log-level': 'info' } });
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () => expect(await page.text('#refusals-list')).toContain('Nothing was refused'));
  const state = await stateOf(controller);
  page.page.on('request', (request) => {
    const body = JSON.stringify({ ...state, refusals: { isLogged: false, list: [] } });
    // Asked before we could answer.
    if (request.interceptResolutionState().action === InterceptResolutionAction.Disabled) return;
    void request.respond({ status: 200, contentType: 'application/json', body });
  });
  await page.page.setRequestInterception(true);
  await eventually(async () => expect(await page.text('#refusals-list')).toContain('--log-level info'));
  await page.close();
});

test('of a cluster it shows how fresh each kind is, and what is wrong with its objects', async () => {
  const server = await FakeApiServer.start();
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, server.kubeconfig('{token: token-1}'));
  server.cluster.put('mattermostingresspolicies', clusterPolicy('lonely'));
  const controller = await start({ source: { kubeconfig } });
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () => {
    const watches = await page.rows('watches-list');
    expect(watches.length).toBeGreaterThan(3);
    expect(watches.find(([kind]) => kind === 'EndpointSlice')?.slice(1)).toEqual([
      'fresh',
      expect.stringMatching(/^\d+ s ago$/),
    ]);
  });
  const [finding] = await page.rows('findings-list');
  expect(finding?.[0]).toMatch(/^MattermostIngressPolicy\/\w+\/lonely\nspec\.route\.service/);
  expect(finding?.[3]).not.toBe('');
  expect(await page.text('#sites-list')).toContain('no endpoints');
  expect(await page.text('#attention')).toMatch(/1 error in the objects: each says below what to do\./);
  await page.close();
});

test('a controller that is gone is told in a sentence, and shown again when it is back', async () => {
  const adminPort = String(await freePort());
  const flags = { 'admin-port': adminPort };
  const controller = await start({ flags, objects: site('before', []) });
  const page = await DashboardPage.open(browser, Number(adminPort));
  await eventually(async () => expect(await page.text('#sites-list')).toContain(hostOf('before')));
  controller.signal('SIGKILL');
  await controller.exit;
  await eventually(async () =>
    expect(await page.text('#connection')).toMatch(
      /^The controller does not answer\. What is shown is from \d\d:\d\d:\d\d\. It is asked again every second/,
    ),
  );
  expect(await page.evaluate('document.getElementById("connection").getAttribute("role")')).toBe('status');
  await eventually(async () => expect(await page.text('#updated')).toMatch(/^stale: \d+ s old$/));
  expect(await page.text('#sites-list')).toContain(hostOf('before'));
  expect(browser.takeTroubles().every((each) => each.includes('ERR_'))).toBe(true);

  await start({ flags, objects: site('after', []) });
  await eventually(async () => expect(await page.text('#sites-list')).toContain(hostOf('after')));
  expect([await page.text('#connection'), await page.text('#sites-list')]).toEqual([
    '',
    expect.not.stringContaining(hostOf('before')),
  ]);
  expect(await page.text('#updated')).toMatch(/^live/);
  await page.close();
  browser.takeTroubles();
});

test('a controller that is told to stop says so as long as it answers', async () => {
  const controller = await start({ flags: { 'shutdown-delay': '60s' } });
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () => expect(await page.text('#readiness')).toBe('Serving'));
  controller.signal('SIGTERM');
  await eventually(async () => expect(await page.text('#readiness')).toBe('Stopping'));
  expect(await page.text('#attention')).toMatch(/^This controller was told to stop/);
  await page.close();
});

test('nodes that die are unhealthy, and what their checks said is shown', async () => {
  const dead = await freePort();
  const healthCheck = { interval: '1s', timeout: '300ms', unhealthyThreshold: 1 };
  const controller = await start({
    objects: site('dead', [{ name: 'dead-0', port: dead }], { backend: { healthCheck, slowStart: '0s' } }),
  });
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () => {
    const [row] = await page.rows('endpoints-list');
    expect([row?.[1], row?.[2]]).toEqual([
      'unhealthy',
      expect.stringMatching(/^its health checks fail: [\w-]+\n\d+ s ago/),
    ]);
  });
  expect(await page.text('#attention')).toMatch(/1 site has no endpoint that takes new users\./);
  expect(await page.text('#attention')).toMatch(/1 endpoint gets no users: 1 unhealthy, 0 ejected\./);
  expect(await page.text('#sites-list')).toContain('0 of 1 endpoint takes users');
  expect((await controller.get(hostOf('dead'), '/')).status).toBe(502);
  await eventually(async () => expect(await page.text('#refusals-list')).toContain('502'));
  await page.close();
});

test('certificates that ran out or soon will are told of, whatever the filter leaves', async () => {
  const objects = await Promise.all(
    [-1, 3, 60].map(async (days) => {
      const name = `ends-in-${days + 1}`;
      const pair = await makeCertificateUntil(new Date(Date.now() + days * 86_400_000), hostOf(name));
      return [...site(name, [], { route: { tls: { secretName: name } } }), tlsSecret(name, pair)];
    }),
  );
  const controller = await start({ objects: objects.flat() });
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () =>
    expect((await page.rows('certificates-list')).map(([, , state]) => state?.split('\n')[0])).toEqual([
      'expired',
      'expires soon',
      'valid',
    ]),
  );
  await page.filter('nothing of that name');
  const concerns = await page.text('#attention');
  expect(concerns).toContain('1 certificate has expired.');
  expect(concerns).toContain('1 certificate expires within 14 days.');
  await page.close();
});

test('a page that never got an answer says so, too', async () => {
  const controller = await start();
  const page = await DashboardPage.open(browser, controller.adminPort);
  await page.page.setRequestInterception(true);
  page.page.on('request', (request) => {
    if (request.url().includes('/api/state')) void request.respond({ status: 403, body: 'Not you' });
    else void request.continue();
  });
  await page.page.reload();
  await eventually(async () =>
    expect(await page.text('#connection')).toBe('The controller answered 403: Not you'),
  );
  await page.close();
  browser.takeTroubles();
});

describe('who asks under another name', () => {
  test('is told how to come, and sees nothing', async () => {
    const controller = await start();
    const page = await browser.page();
    const answer = await page.goto(`http://rebound.example.com:${controller.adminPort}/`);
    expect(answer?.status()).toBe(403);
    expect(await page.evaluate('document.body.innerText')).toContain('kubectl port-forward');
    await page.close();
    browser.takeTroubles();
  });

  test('is shown it with --admin-ui true', async () => {
    const controller = await start({ flags: { 'admin-ui': 'true' } });
    const page = await browser.page();
    await page.goto(`http://replica.example.com:${controller.adminPort}/`);
    await eventually(async () =>
      expect(await page.evaluate('document.title')).toContain('mattermost-ingress'),
    );
    await eventually(async () =>
      expect(await page.evaluate('document.getElementById("readiness").innerText')).toBe('Serving'),
    );
    await page.close();
  });
});

test('of many sites the first ones are shown, and the filter finds the others', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `site-${String(at).padStart(3, '0')}`);
  const broken = policy('zz-broken', { admission: { defaultAction: 'Denny' } });
  const controller = await start({ objects: [...names.flatMap((name) => site(name, [])), broken] });
  const page = await DashboardPage.open(browser, controller.adminPort);
  await eventually(async () => expect(await page.rows('sites-list')).toHaveLength(15));
  // What is wrong comes first.
  expect((await page.rows('sites-list'))[0]?.[0]).toBe(hostOf('zz-broken'));
  expect(await page.text('#sites-list')).toContain('201 more sites are not shown');
  expect(await page.text('#counts')).toContain('301');
  await page.page.click('#sites-list button');
  expect(await page.rows('sites-list')).toHaveLength(100);
  await page.page.type('#filter', 'SITE-299.');
  await eventually(async () =>
    expect((await page.rows('sites-list')).map(([host]) => host)).toEqual([hostOf('site-299')]),
  );
  const { sites, lists } = await stateOf(controller, '?limit=7&filter=site-1');
  expect([sites.length, lists.sites]).toEqual([7, { total: 301, matching: 100, listed: 7 }]);
  await page.close();
});
