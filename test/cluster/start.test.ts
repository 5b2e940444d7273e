// A controller that starts before what it needs is there: it waits, says for what, and serves as soon as it comes.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hostOf } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';
import { StartingController } from './harness/starting-controller.ts';

const CATCH_UP = { timeout: 90_000, interval: 50 };
const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

test('the definition of policies is not there yet', async () => {
  const controller = new StartingController(own.cluster.kubeconfig());
  scene.add(controller);
  const line = await controller.log.wait(
    ({ kind, reason }) => kind === 'MattermostIngressPolicy' && reason === 'not-found',
  );
  expect(line).toMatchObject({ level: 40 });
  expect(await controller.readiness()).toBe(503);
  await own.cluster.installCrd();
  const namespace = await own.cluster.namespace('late-definition');
  await applySite(scene, namespace, 'late-definition');
  await vi.waitFor(async () => expect(await controller.readiness()).toBe(200), CATCH_UP);
  await vi.waitFor(
    async () => expect((await controller.get(hostOf('late-definition'), '/')).status).toBe(200),
    CATCH_UP,
  );
});

test('the API server is not there yet', async () => {
  const namespace = await own.cluster.namespace('late-server');
  await applySite(scene, namespace, 'late-server');
  await own.plane.stopApiServer();
  const controller = new StartingController(own.cluster.kubeconfig());
  scene.add(controller);
  await controller.log.wait(
    ({ msg, reason }) => String(msg).startsWith('watch failed') && reason === 'connection',
  );
  expect(await controller.readiness()).toBe(503);
  await own.plane.startApiServer();
  await vi.waitFor(async () => expect(await controller.readiness()).toBe(200), CATCH_UP);
  expect(controller.isRunning).toBe(true);
  expect((await controller.get(hostOf('late-server'), '/')).status).toBe(200);
});

test('the account may not read anything yet: nothing is taken for empty', async () => {
  const access = await own.cluster.accountAccess('default', 'newcomer');
  const controller = new StartingController(own.cluster.kubeconfig(access));
  scene.add(controller);
  for (const kind of ['MattermostIngressPolicy', 'Service', 'EndpointSlice', 'Secret']) {
    const line = await controller.log.wait((each) => each['kind'] === kind && each['reason'] === 'forbidden');
    expect(String(line['msg'])).toMatch(/^watch failed/u);
  }
  expect(await controller.readiness()).toBe(503);
});
