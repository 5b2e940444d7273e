// Who may serve what on a real API server: hosts belong to namespaces, a restriction that is not understood closes, and
// where a policy is required nothing is served without one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, policy, service, slices } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Stored } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { sharedCluster } from './harness/shared.ts';
import { governing, ingress, type IngressParts } from './ingress-manifests.ts';
import { createClass, type OwnClass } from './own-class.ts';
import { eventsAbout, says, warns } from './telling.ts';

const PORT = 8065;
const ALLOW = { admission: { defaultAction: 'Allow' } };
const AUTH_URL = 'nginx.ingress.kubernetes.io/auth-url';

const scene = new Scene();
let cluster: Cluster;
let own: OwnClass;
let controller: ControllerProcess;
let addresses = 0;

beforeAll(async () => {
  cluster = sharedCluster();
  own = await createClass(cluster, 'tenants');
  scene.add(own);
  controller = await startController(own);
});

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

function startController({ flags }: OwnClass, more: Readonly<Record<string, string>> = {}) {
  const source = { kubeconfig: cluster.kubeconfig() };
  return scene.controller({ source, flags: { ...flags, ...more } });
}

async function createNamespace(): Promise<Namespace> {
  const namespace = await cluster.namespace('tenant');
  scene.add({ stop: () => namespace.remove() });
  return namespace;
}

/** Applies an Ingress with a node behind it, named after its namespace. */
async function applyIngress(
  namespace: Namespace,
  name: string,
  parts: Partial<IngressParts> = {},
): Promise<Stored | undefined> {
  const place = { name: `${namespace.name}-${name}`, address: `10.244.252.${++addresses}`, port: PORT };
  await scene.node(place.name, place);
  await namespace.apply(service(name), ...slices(name, [place]));
  const [applied] = await namespace.apply(ingress(name, { className: own.name, ...parts }));
  return applied;
}

/** The node that answers, else the status of the answer. */
async function answerOf(host: string, by = controller): Promise<string | number> {
  const { status, node } = await by.get(host, '/api/v4/system/ping');
  return status === 200 ? node : status;
}

function answers(host: string, answer: string | number, by = controller): Promise<void> {
  return eventually(async () => expect(await answerOf(host, by)).toBe(answer));
}

test.concurrent('a host belongs to the namespace that came first, and goes over when that leaves', async () => {
  const [owner, other] = [await createNamespace(), await createNamespace()];
  const host = hostOf('owned');
  const applied = await applyIngress(owner, 'owned');
  await answers(host, `${owner.name}-owned`);
  // The API server counts the age of objects in seconds.
  const created = Date.parse(String(applied?.metadata.creationTimestamp));
  await eventually(() => expect(Date.now() - created).toBeGreaterThan(1_000));
  await applyIngress(other, 'claim', { host });
  const { controllerName } = own;
  const text = await warns(other, 'claim', { controllerName, reason: 'HostOwnedElsewhere' });
  expect(text).toContain(`Host ${host} belongs to namespace ${owner.name}`);
  expect(await answerOf(host)).toBe(`${owner.name}-owned`);
  expect(await eventsAbout(owner, 'owned', controllerName)).toEqual([]);
  await owner.delete('Ingress', 'owned');
  await answers(host, `${other.name}-claim`);
  expect(await warns(other, 'claim', { controllerName, reason: 'HostOwnerChanged' })).toContain(owner.name);
});

test.concurrent('a pin beats age', async () => {
  const pinned = await createClass(cluster, 'pinned');
  scene.add(pinned);
  const [older, younger] = [await createNamespace(), await createNamespace()];
  const [host, className] = [hostOf('pinned'), pinned.name];
  await applyIngress(older, 'older', { host, className });
  await applyIngress(younger, 'younger', { host, className });
  const by = await startController(pinned, { 'host-namespace': `${host}=${younger.name}` });
  await answers(host, `${younger.name}-younger`, by);
  const { controllerName } = pinned;
  const text = await warns(older, 'older', { controllerName, reason: 'HostOwnedElsewhere' });
  expect(text).toContain('--host-namespace');
});

test.concurrent('a restriction that is not understood closes the site until it is removed or named', async () => {
  const namespace = await createNamespace();
  const host = hostOf('restricted');
  const open = `${namespace.name}-restricted`;
  await applyIngress(namespace, 'restricted');
  await answers(host, open);
  const annotate = (annotations: Readonly<Record<string, string | null>>) =>
    namespace.patch('Ingress', 'restricted', { metadata: { annotations } });
  await annotate({ [AUTH_URL]: 'https://auth.example.com' });
  await answers(host, 503);
  const reason = 'UnsupportedRestriction';
  const text = await warns(namespace, 'restricted', { controllerName: own.controllerName, reason });
  expect(text).toContain(AUTH_URL);
  await annotate({ 'mattermost-ingress.io/ignore-annotations': 'auth-url' });
  await answers(host, open);
  await annotate({ 'mattermost-ingress.io/ignore-annotations': null });
  await answers(host, 503);
  await annotate({ [AUTH_URL]: null });
  await answers(host, open);
});

test.concurrent.each([
  ['by its annotation', {}, { 'mattermost-ingress.io/require-policy': 'true' }],
  ['by --require-policy', { 'require-policy': 'true' }, {}],
])('a site that needs a policy, %s, is closed without one', async (_title, flags, annotations) => {
  const strict = await createClass(cluster, 'strict');
  scene.add(strict);
  const { controllerName, name: className } = strict;
  const namespace = await createNamespace();
  const [host, open] = [hostOf('strict'), `${namespace.name}-strict`];
  await applyIngress(namespace, 'strict', { className, annotations });
  // Without any policy its definition might be what is gone, and the end of the last one is waited out.
  await namespace.apply({ ...policy('other', { ingressClassName: className }) });
  const by = await startController(strict, flags);
  await answers(host, 503, by);
  expect(await warns(namespace, 'strict', { controllerName, reason: 'PolicyMissing' })).toContain(
    'targetRefs',
  );
  await namespace.apply(governing('strict', ALLOW));
  await answers(host, open, by);
  await says(namespace, 'strict', 'Accepted=True Accepted');
  await namespace.delete('MattermostIngressPolicy', 'strict');
  await answers(host, 503, by);
});
