// The API server goes away in every way it can: clients notice nothing, and what changed meanwhile is caught up.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, policy } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import type { ControlPlane } from './harness/control-plane.ts';
import type { Namespace } from './harness/namespace.ts';
import { PausingProxy } from './harness/pausing-proxy.ts';
import { isServedByAll } from './harness/served.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';

/** After an outage the next attempt may be drawn late. */
const CATCH_UP = { timeout: 90_000, interval: 50 };
/** Requests that are served between two steps: long enough for a fault to be felt. */
const A_WHILE = 100;

const scene = new Scene();
let own: { readonly plane: ControlPlane; readonly cluster: Cluster; readonly stop: () => Promise<void> };
let namespace: Namespace;
let controller: ControllerProcess;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
  namespace = await own.cluster.namespace('outages');
  await applySite(scene, namespace, 'steady');
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

function status(name: string): Promise<number> {
  return controller.get(hostOf(name), '/').then((reply) => reply.status);
}

/** Resolves when a site that is new, and one that is gone, are seen. */
async function catchesUp(added: string, removed: string): Promise<void> {
  await vi.waitFor(
    async () => expect([await status(added), await status(removed)]).toEqual([200, 404]),
    CATCH_UP,
  );
}

/** What no outage may change, asked while the traffic ends. */
async function expectUnnoticed(traffic: SteadyTraffic): Promise<void> {
  expect((await controller.admin('/readyz')).status).toBe(200);
  expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
  expect((await controller.metrics()).sum('watch_missed_events_total')).toBe(0);
}

describe('asked directly', () => {
  beforeAll(async () => {
    controller = await scene.controller({ source: { kubeconfig: own.cluster.kubeconfig() } });
  });

  test('it stops and starts again', async () => {
    await applySite(scene, namespace, 'before-outage');
    await vi.waitFor(async () => expect(await status('before-outage')).toBe(200), CATCH_UP);
    const traffic = await SteadyTraffic.start(controller, hostOf('steady'));
    await own.plane.stopApiServer();
    await controller.logged(
      ({ msg, reason }) => String(msg).startsWith('watch failed') && reason === 'connection',
    );
    await traffic.more(A_WHILE);
    await own.plane.startApiServer();
    await namespace.delete('MattermostIngressPolicy', 'before-outage');
    await applySite(scene, namespace, 'after-outage');
    await catchesUp('after-outage', 'before-outage');
    await expectUnnoticed(traffic);
  });

  test('it hangs with all connections open, and goes on', async () => {
    await applySite(scene, namespace, 'before-pause');
    await vi.waitFor(async () => expect(await status('before-pause')).toBe(200), CATCH_UP);
    const traffic = await SteadyTraffic.start(controller, hostOf('steady'));
    own.plane.pauseApiServer();
    await traffic.more(A_WHILE);
    own.plane.resumeApiServer();
    await namespace.delete('MattermostIngressPolicy', 'before-pause');
    await applySite(scene, namespace, 'after-pause');
    await catchesUp('after-pause', 'before-pause');
    await expectUnnoticed(traffic);
  });
});

describe('behind a proxy', () => {
  let proxy: PausingProxy;

  beforeAll(async () => {
    proxy = await PausingProxy.start(own.plane.access.server);
    scene.add(proxy);
    const kubeconfig = own.cluster.kubeconfig({ server: proxy.url });
    controller = await scene.controller({ source: { kubeconfig } });
  });

  beforeEach(() => vi.waitFor(async () => expect(await status('steady')).toBe(200), CATCH_UP));

  test('the way falls silent; what changed meanwhile comes with its first word', async () => {
    await applySite(scene, namespace, 'before-silence');
    await vi.waitFor(async () => expect(await status('before-silence')).toBe(200), CATCH_UP);
    await isServedByAll(controller);
    const traffic = await SteadyTraffic.start(controller, hostOf('steady'));
    proxy.pause();
    await namespace.delete('MattermostIngressPolicy', 'before-silence');
    await applySite(scene, namespace, 'after-silence');
    await traffic.more(A_WHILE);
    expect([await status('before-silence'), await status('after-silence')]).toEqual([200, 404]);
    proxy.resume();
    await catchesUp('after-silence', 'before-silence');
    await expectUnnoticed(traffic);
  });

  test('the way is cut, and new connections hang', async () => {
    await applySite(scene, namespace, 'before-cut');
    await vi.waitFor(async () => expect(await status('before-cut')).toBe(200), CATCH_UP);
    const traffic = await SteadyTraffic.start(controller, hostOf('steady'));
    const lines = controller.log.all.length;
    proxy.pause();
    expect(proxy.cut()).toBeGreaterThan(0);
    await controller.logged(({ msg }) => String(msg).startsWith('watch failed'), lines);
    await namespace.delete('MattermostIngressPolicy', 'before-cut');
    await applySite(scene, namespace, 'after-cut');
    await traffic.more(A_WHILE);
    proxy.resume();
    await catchesUp('after-cut', 'before-cut');
    await expectUnnoticed(traffic);
  });

  test('it comes back with a compacted etcd: no watch can go on from where it was', async () => {
    await applySite(scene, namespace, 'before-compaction');
    await vi.waitFor(async () => expect(await status('before-compaction')).toBe(200), CATCH_UP);
    const traffic = await SteadyTraffic.start(controller, hostOf('steady'));
    proxy.pause();
    await namespace.delete('MattermostIngressPolicy', 'before-compaction');
    await applySite(scene, namespace, 'after-compaction');
    await namespace.apply(policy('steady', { limits: { requestBody: '1Mi' } }));
    await own.plane.stopApiServer();
    await own.plane.compactEtcd();
    await own.plane.startApiServer();
    proxy.cut();
    proxy.resume();
    await catchesUp('after-compaction', 'before-compaction');
    await isServedByAll(controller);
    const expired = (await controller.metrics()).sum('watch_errors_total', { reason: 'expired' });
    expect(expired).toBeGreaterThan(0);
    const tooLarge = await controller.get(hostOf('steady'), '/', {
      method: 'POST',
      headers: { 'Content-Length': String(2 ** 21) },
    });
    expect(tooLarge.status).toBe(413);
    await expectUnnoticed(traffic);
  });
});
