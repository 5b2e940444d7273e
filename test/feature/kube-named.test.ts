// `run --secrets-mode named`: each Secret is asked for by its name alone, as a Role with resourceNames allows it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { policy, secret, service, slice } from '../support/kube/cluster-objects.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';
import { Scene } from '../support/scene.ts';

const VALUE = 'the-secret-of-the-apps-0123456789';
const scene = new Scene();
let folder = '';
let server: FakeApiServer;
let controller: ControllerProcess;

/** A site that lets in who knows the Secret of its own name. */
function apply(name: string, port: number): void {
  const rules = [
    { name: 'app', headers: [{ name: 'X-App', secretRef: { name: `${name}-app` } }], action: 'Allow' },
  ];
  const { spec, ...others } = policy(name);
  const { route } = spec as { readonly route: { readonly hosts: readonly string[] } };
  server.cluster.put('services', service(name));
  server.cluster.put('endpointslices', slice(name, port));
  server.cluster.put('secrets', secret(`${name}-app`, VALUE));
  server.cluster.put('mattermostingresspolicies', {
    ...others,
    spec: { route, admission: { rules, defaultAction: 'Deny' } },
  });
}

async function status(name: string): Promise<number> {
  return (await controller.get(`${name}.example.com`, '/', { headers: { 'X-App': VALUE } })).status;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kube-named-'));
  server = await FakeApiServer.start();
  scene.add(server);
  const { port } = await scene.node('node');
  for (const name of ['known', 'refused']) apply(name, port);
  server.cluster.put('secrets', secret('stranger', VALUE));
  server.cluster.denials.push({ plural: 'secrets', name: 'refused-app' });
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, server.kubeconfig('{token: token-1}'));
  controller = await scene.controller({
    source: { kubeconfig },
    flags: { 'secrets-mode': 'named', 'deny-endpoint-cidrs': 'off' },
  });
});

afterAll(async () => {
  await scene.end();
  rmSync(folder, { recursive: true, force: true });
});

test('the first request finds the Secret read; one that may not be read lets nobody in, and is named', async () => {
  expect([await status('known'), await status('refused')]).toEqual([200, 403]);
  expect(await controller.logged({ reason: 'ObjectUnreadable' })).toMatchObject({
    object: { kind: 'Secret', namespace: 'test', name: 'refused-app' },
    remedy: expect.stringContaining('resourceNames ["refused-app"] in namespace test'),
  });
  expect((await controller.admin('/readyz')).status).toBe(200);
});

test('nothing is asked for but the names that are referred to', () => {
  const asked = server.requests.filter(({ path }) => path.endsWith('/secrets'));
  expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/api/v1/namespaces/test/secrets']));
  expect(new Set(asked.map(({ query }) => query.get('fieldSelector')))).toEqual(
    new Set(['metadata.name=known-app', 'metadata.name=refused-app']),
  );
});

test('a Secret that changes is followed, one referred to later is read', async () => {
  server.cluster.put('secrets', secret('known-app', 'another-secret-0123456789'));
  await eventually(async () => expect(await status('known')).toBe(403));
  server.cluster.put('secrets', secret('known-app', VALUE));
  await eventually(async () => expect(await status('known')).toBe(200));
  const { port } = await scene.node('later');
  apply('later', port);
  await eventually(async () => expect(await status('later')).toBe(200));
});

test('a right that is granted later is used without a new start', async () => {
  server.cluster.denials.length = 0;
  await expect.poll(() => status('refused'), { timeout: 80_000, interval: 200 }).toBe(200);
}, 100_000);
