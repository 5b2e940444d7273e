// The definition of policies is deleted under traffic, and takes all policies with it: their sites stay.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hostOf, policy } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';

const CATCH_UP = { timeout: 90_000, interval: 50 };
const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

test('sites stay without their definition, and when it and they are created anew', async () => {
  const { cluster } = own;
  const names = ['first', 'second', 'third'];
  const namespace = await cluster.namespace('undefined');
  for (const name of names) await applySite(scene, namespace, name);
  const controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() } });
  const statuses = () =>
    Promise.all(names.map(async (name) => (await controller.get(hostOf(name), '/')).status));
  const traffic = await SteadyTraffic.start(controller, hostOf('first'));
  await cluster.deleteCrd();
  await vi.waitFor(async () => expect(await cluster.hasCrd()).toBe(false), CATCH_UP);
  expect(await controller.logged({ reason: 'KindUnreadable' })).toMatchObject({ level: 50 });
  await traffic.more(100);
  expect(await statuses()).toEqual([200, 200, 200]);
  expect((await controller.admin('/readyz')).status).toBe(200);
  await cluster.installCrd();
  // Whoever restores a cluster applies one after another; this one may be seen long before the others come.
  await namespace.apply(policy('first'));
  await applySite(scene, namespace, 'fourth');
  await vi.waitFor(
    async () => expect((await controller.get(hostOf('fourth'), '/')).status).toBe(200),
    CATCH_UP,
  );
  expect(await statuses()).toEqual([200, 200, 200]);
  await namespace.apply(policy('second'), policy('third'));
  await traffic.more(100);
  expect(await statuses()).toEqual([200, 200, 200]);
  expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
});
