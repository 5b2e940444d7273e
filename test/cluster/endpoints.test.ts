// Pods, slices and Endpoints as the real controllers make and move them, followed by a running controller.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, policy, secret, service, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import { Kubelet } from './harness/kubelet.ts';
import { deployment, endpoints, selectingService } from './harness/manifests.ts';
import { isServedByAll } from './harness/served.ts';
import { sharedCluster } from './harness/shared.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';

const PING = '/api/v4/system/ping';
/** Values of headers have at least 16 bytes. */
const [ONE, TWO] = ['one-one-one-one-one', 'two-two-two-two-two'] as const;
/** Every endpoint gets its turn. */
/** A node that comes has its whole share at once: who is reached shows whom the controller knows. */
const SPREAD = {
  sessionPersistence: { type: 'None' },
  backend: { loadBalancing: 'RoundRobin', slowStart: '0s' },
};
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const scene = new Scene();
let cluster: Cluster;
let controller: ControllerProcess;

beforeAll(async () => {
  cluster = sharedCluster();
  controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() } });
});

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

/** A namespace whose name is also that of its site, with pods behind it that serve. */
async function siteOfPods(word: string, replicas: number) {
  const namespace = await cluster.namespace(word);
  scene.add({ stop: () => namespace.remove() });
  const kubelet = await Kubelet.start(namespace, { beforeStop: leavesAlone });
  scene.add(kubelet);
  const { name } = namespace;
  await namespace.apply(policy(name, SPREAD), selectingService(name), deployment(name, replicas));
  await namespace.hasReadyAddresses(name, replicas);
  await reaches(name, replicas);
  return { namespace, kubelet };
}

/** Resolves when no worker of the controller sends anybody new to a pod. */
async function leavesAlone(endpoint: string): Promise<void> {
  await controller.expectMetrics((metrics) =>
    expect(metrics.sum('endpoint_state', { endpoint, state: 'ready' })).toBe(0),
  );
  await isServedByAll(controller);
}

/** Names of the nodes that answer so many requests of new clients. */
async function nodesOf(name: string, requests = 24): Promise<ReadonlySet<string>> {
  const replies = Array.from({ length: requests }, () => controller.get(hostOf(name), PING));
  return new Set(
    (await Promise.all(replies)).map(({ status, node }) => (status === 200 ? node : `${status}`)),
  );
}

/** Resolves when exactly so many nodes are reached. */
function reaches(name: string, count: number): Promise<ReadonlySet<string>> {
  return eventually(async () => {
    const nodes = await nodesOf(name);
    expect(nodes.size).toBe(count);
    expect([...nodes].every((node) => node.startsWith(name))).toBe(true);
    return nodes;
  });
}

test('a Deployment is scaled, a pod is deleted: nobody is refused, an open WebSocket stays', async () => {
  const { namespace } = await siteOfPods('scaled', 2);
  const { name } = namespace;
  const traffic = await SteadyTraffic.start(controller, hostOf(name));
  // The real ReplicaSet controller ends the cheapest pods first.
  await namespace.patch('Pod', traffic.node, { metadata: { annotations: { [DELETION_COST]: '100' } } });
  await namespace.patch('Deployment', name, { spec: { replicas: 5 } });
  await namespace.hasReadyAddresses(name, 5);
  const five = await reaches(name, 5);
  const victim = [...five].find((node) => node !== traffic.node) ?? '';
  await namespace.delete('Pod', victim);
  await namespace.hasReadyAddresses(name, 5);
  await eventually(async () => expect(await nodesOf(name)).not.toContain(victim));
  await reaches(name, 5);
  await namespace.patch('Deployment', name, { spec: { replicas: 1 } });
  expect(await reaches(name, 1)).toEqual(new Set([traffic.node]));
  expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
});

test('a pod that is not ready gets no new clients until it is', async () => {
  const { namespace, kubelet } = await siteOfPods('unready', 2);
  const { name } = namespace;
  const [sick = '', well = ''] = await reaches(name, 2);
  await kubelet.setReady(sick, false);
  expect(await reaches(name, 1)).toEqual(new Set([well]));
  await kubelet.setReady(sick, true);
  await reaches(name, 2);
});

test('Endpoints written by hand arrive through the real mirroring controller', async () => {
  const namespace = await cluster.namespace('mirrored');
  scene.add({ stop: () => namespace.remove() });
  const { name } = namespace;
  const [first, second] = await Promise.all(
    ['10.244.255.1', '10.244.255.2'].map((address) =>
      scene.node(`${name}-${address}`, { address, port: 8065 }),
    ),
  );
  await namespace.apply(policy(name, SPREAD), service(name), endpoints(name, [first?.address ?? '']));
  expect(await reaches(name, 1)).toEqual(new Set([first?.name]));
  await namespace.apply(endpoints(name, [first?.address ?? '', second?.address ?? '']));
  await reaches(name, 2);
  await namespace.apply(endpoints(name, [second?.address ?? '']));
  expect(await reaches(name, 1)).toEqual(new Set([second?.name]));
  await namespace.delete('Endpoints', name);
  await eventually(async () => expect(await nodesOf(name, 1)).toEqual(new Set(['503'])));
});

test('a certificate is served from its Secret, and its successor as soon as the Secret changes', async () => {
  const { namespace } = await siteOfPods('tls', 1);
  const { name } = namespace;
  const [old, renewed] = await Promise.all([makeCertificate(hostOf(name)), makeCertificate(hostOf(name))]);
  const status = async (ca: string) => (await controller.get(hostOf(name), PING, { ca })).status;
  await namespace.apply(
    tlsSecret('chat-tls', old),
    policy(name, { route: { tls: { secretName: 'chat-tls' } } }),
  );
  await eventually(async () => expect(await status(old.certificate)).toBe(200));
  await expect(status(renewed.certificate)).rejects.toThrow();
  await namespace.apply(tlsSecret('chat-tls', renewed));
  await eventually(async () => expect(await status(renewed.certificate)).toBe(200));
  await isServedByAll(controller);
  await namespace.delete('Secret', 'chat-tls');
  await controller.logged(
    ({ msg, reason }) => reason === 'SecretNotFound' || String(msg).includes('chat-tls'),
  );
  expect(await status(renewed.certificate)).toBe(200);
});

test('a header Secret admits, and a changed one admits those who know the new value', async () => {
  const { namespace } = await siteOfPods('preauth', 1);
  const { name } = namespace;
  const header = 'X-Mattermost-Preauth-Secret';
  const rules = [
    { name: 'app', headers: [{ name: header, secretRef: { name: 'preauth' } }], action: 'Allow' },
  ];
  const status = async (value: string) =>
    (await controller.get(hostOf(name), PING, { headers: { [header]: value } })).status;
  await namespace.apply(
    secret('preauth', { current: ONE }),
    policy(name, { admission: { rules, defaultAction: 'Deny' } }),
  );
  await eventually(async () => expect([await status(ONE), await status(TWO)]).toEqual([200, 403]));
  await namespace.apply(secret('preauth', { current: TWO }));
  await eventually(async () => expect([await status(ONE), await status(TWO)]).toEqual([403, 200]));
});
