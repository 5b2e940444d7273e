// The deletion of the definition takes its time, since one policy cannot go yet: the sites of all others stay too.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hostOf } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';

const CATCH_UP = { timeout: 90_000, interval: 50 };
/** Longer than the controller takes to confirm a deletion by a list (2 s). */
const REQUESTS = 400;
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

test('sites stay while their definition is going', async () => {
  const { cluster } = own;
  const namespace = await cluster.namespace('going');
  for (const name of ['held', 'free']) await applySite(scene, namespace, name);
  await namespace.patch('MattermostIngressPolicy', 'held', {
    metadata: { finalizers: ['example.com/held'] },
  });
  const controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() } });
  const traffic = await SteadyTraffic.start(controller, hostOf('free'));
  await cluster.deleteCrd();
  await vi.waitFor(
    () => expect(namespace.read('MattermostIngressPolicy', 'free')).rejects.toThrow('404'),
    CATCH_UP,
  );
  await traffic.more(REQUESTS);
  expect(await cluster.hasCrd()).toBe(true);
  expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
  await namespace.patch('MattermostIngressPolicy', 'held', { metadata: { finalizers: [] } });
});
