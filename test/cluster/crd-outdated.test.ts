// An older definition takes the place of ours, as `helm rollback` does it: the server drops fields, the sites keep them.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, policy } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';
import { StartingController } from './harness/starting-controller.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';

const CATCH_UP = { timeout: 90_000, interval: 50 };
const LIMITED = { limits: { requestBody: '1Mi' } };
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

/** What a body over the limit of the policy is answered with. */
async function overLimit(controller: ControllerProcess): Promise<number> {
  const headers = { 'Content-Length': String(2 ** 21) };
  return (await controller.get(hostOf('limited'), '/', { method: 'POST', headers })).status;
}

test('a site keeps what its policy said, and who starts now does not begin with less', async () => {
  const { cluster } = own;
  const namespace = await cluster.namespace('outdated');
  await applySite(scene, namespace, 'limited');
  await namespace.apply(policy('limited', LIMITED));
  const controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() } });
  expect(await overLimit(controller)).toBe(413);
  const traffic = await SteadyTraffic.start(controller, hostOf('limited'));
  await cluster.installOlderCrd('limits', 'websocket');
  await vi.waitFor(async () => {
    const { spec } = await namespace.read('MattermostIngressPolicy', 'limited');
    expect(spec).not.toHaveProperty('limits');
  }, CATCH_UP);
  await vi.waitFor(
    () => expect(controller.log.all).toContainEqual(expect.objectContaining({ reason: 'SchemaOutdated' })),
    CATCH_UP,
  );
  await traffic.more(100);
  expect([await overLimit(controller), (await controller.admin('/readyz')).status]).toEqual([413, 200]);

  const late = new StartingController(cluster.kubeconfig());
  scene.add(late);
  const line = await late.log.wait(({ reason }) => reason === 'outdated-schema');
  expect(String(line['problem'])).toMatch(/lacks spec\.websocket, spec\.limits/u);
  expect(await late.readiness()).toBe(503);

  await cluster.installCrd();
  await namespace.apply(policy('limited', { limits: { requestBody: '4Mi' } }));
  await vi.waitFor(async () => expect(await overLimit(controller)).not.toBe(413), CATCH_UP);
  await vi.waitFor(async () => expect(await late.readiness()).toBe(200), CATCH_UP);
  expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
});
