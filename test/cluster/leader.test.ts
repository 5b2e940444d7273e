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
/** A follower looks every two seconds, and a Lease is nobody's after fifteen more. */
const REPLACED = { timeout: 60_000, interval: 20 };
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

async function holderOfLease(): Promise<unknown> {
  return (await own.cluster.api.read(LEASE)).spec?.['holderIdentity'];
}

/** Resolves when another one leads. @returns who held the Lease, before and when that one had ended */
async function replaceLeader(signal: NodeJS.Signals) {
  const { leader, others } = await roles();
  const before = await holderOfLease();
  leader.signal(signal);
  await leader.exit;
  const atItsEnd = await holderOfLease();
  await vi.waitFor(async () => {
    const leads = await Promise.all(others.map(isLeader));
    expect(leads.filter(Boolean)).toHaveLength(1);
  }, REPLACED);
  replicas = others;
  const after = await holderOfLease();
  expect([typeof after, after === before, after === '']).toEqual(['string', false, false]);
  return { before, atItsEnd };
}

test('of two replicas one leads and both serve', async () => {
  await says(namespace, 'routed', 'Programmed=True Programmed');
  await says(namespace, 'target', 'Programmed=True Programmed');
  await isWriting('first');
  // What is told of an object may still change while its Service and its slice come, one after the other.
  await vi.waitFor(async () => {
    const counted = { status: { endpoints: { ready: 1 } } };
    expect(await told()).toMatchObject([counted, counted, { status: PUBLISHED }]);
  }, TOLD);
  expect((await roles()).others).toHaveLength(1);
  for (const replica of replicas) expect((await replica.get(hostOf('target'), '/')).status).toBe(200);
});

test.each([
  ['leaves', 'SIGTERM'],
  ['dies', 'SIGKILL'],
] as const)('a leader that %s is replaced, and nothing is written anew', async (_what, signal) => {
  if (replicas.length < 2) replicas.push(await startReplica());
  const before = await told();
  const { others } = await roles();
  const lease = await replaceLeader(signal);
  // Whoever leaves gives the Lease back: nobody has to wait until it runs out.
  if (signal === 'SIGTERM') expect(lease.atItsEnd).not.toBe(lease.before);
  await isWriting(signal.toLowerCase());
  expect(await told()).toEqual(before);
  for (const replica of others) expect((await replica.get(hostOf('routed'), '/')).status).toBe(200);
});
