// Several replicas, one of which leads: it hands over when it leaves and is replaced when it dies, and nobody who looks
// at an object notices.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Namespace } from './harness/namespace.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';
import { governing, ingress } from './ingress-manifests.ts';
import { says, TOLD } from './telling.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/replicas';
const FLAGS = { 'election-id': 'replicas', 'publish-address': '192.0.2.8' };
/** A follower looks every two seconds. */
const HANDED_OVER_MS = 3_000;
/** And a Lease is nobody's after fifteen more. */
const TAKEN_OVER_MS = 17_000;
/** For the requests by which this test looks, on a machine that has much else to do. */
const LOOKS_MS = 500;
const PUBLISHED = { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } };

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;
let namespace: Namespace;
let replicas: ControllerProcess[];

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
  namespace = await own.cluster.namespace('replicas');
  await applySite(scene, namespace, 'routed');
  await applySite(scene, namespace, 'target');
  await namespace.delete('MattermostIngressPolicy', 'target');
  await namespace.apply(
    ingress('target', { className: 'mattermost' }),
    governing('target', { admission: { defaultAction: 'Allow' } }),
  );
  replicas = [await startReplica(), await startReplica()];
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

function startReplica(): Promise<ControllerProcess> {
  return scene.controller({ source: { kubeconfig: own.cluster.kubeconfig() }, flags: FLAGS });
}

async function isLeader(replica: ControllerProcess): Promise<boolean> {
  const leads = (await replica.metrics()).matching('leader').map(({ value }) => value);
  expect(leads).toHaveLength(1);
  return leads[0] === 1;
}

/** The one that leads, and the others. */
async function roles() {
  const leads = await Promise.all(replicas.map(isLeader));
  const leaders = replicas.filter((_, at) => leads[at]);
  const [leader] = leaders;
  if (leaders.length !== 1 || leader === undefined) throw new Error(`${leaders.length} replicas lead`);
  return { leader, others: replicas.filter((each) => each !== leader) };
}

/** What is told of everything, and the versions that only a write changes. */
async function told() {
  const stored = await Promise.all([
    namespace.read('MattermostIngressPolicy', 'routed'),
    namespace.read('MattermostIngressPolicy', 'target'),
    namespace.read('Ingress', 'target'),
  ]);
  return stored.map(({ metadata, status }) => ({ version: metadata.resourceVersion, status }));
}

/** Resolves when the one that leads now has written something new. */
async function isWriting(name: string): Promise<void> {
  await namespace.apply(ingress(name, { className: 'mattermost' }));
  await vi.waitFor(
    async () => expect((await namespace.read('Ingress', name)).status).toEqual(PUBLISHED),
    TOLD,
  );
}

/** Milliseconds from a signal to a leader until another one leads. */
async function handover(signal: NodeJS.Signals, timeout: number): Promise<number> {
  const { leader, others } = await roles();
  const holder = (await own.cluster.api.read(LEASE)).spec?.['holderIdentity'];
  const startedMs = performance.now();
  leader.signal(signal);
  const heir = await vi.waitFor(
    async () => {
      const leads = await Promise.all(others.map(isLeader));
      expect(leads.filter(Boolean)).toHaveLength(1);
      return others[leads.indexOf(true)];
    },
    { timeout, interval: 20 },
  );
  const elapsedMs = performance.now() - startedMs;
  await leader.exit;
  replicas = others;
  expect(await isLeader(heir ?? leader)).toBe(true);
  const after = (await own.cluster.api.read(LEASE)).spec?.['holderIdentity'];
  expect([typeof after, after === holder, after === '']).toEqual(['string', false, false]);
  return elapsedMs;
}

test('of two replicas one leads and both serve', async () => {
  await says(namespace, 'routed', 'Programmed=True Programmed');
  await says(namespace, 'target', 'Programmed=True Programmed');
  await isWriting('first');
  expect((await roles()).others).toHaveLength(1);
  for (const replica of replicas) expect((await replica.get(hostOf('target'), '/')).status).toBe(200);
});

test.each([
  ['leaves', 'SIGTERM', HANDED_OVER_MS],
  ['dies', 'SIGKILL', TAKEN_OVER_MS],
] as const)(
  'a leader that %s is replaced in time, and nothing is written anew',
  async (_what, signal, limitMs) => {
    if (replicas.length < 2) replicas.push(await startReplica());
    const before = await told();
    const { others } = await roles();
    expect(await handover(signal, 2 * limitMs)).toBeLessThan(limitMs + LOOKS_MS);
    await isWriting(signal.toLowerCase());
    expect(await told()).toEqual(before);
    for (const replica of others) expect((await replica.get(hostOf('routed'), '/')).status).toBe(200);
  },
);
