// The conformance scenarios for Ingress controllers with a real API server in front and real sockets behind.
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import {
  INGRESS_SCENARIOS,
  SCENARIO_WORLDS,
  type ScenarioRequest,
  type ScenarioWorld,
} from '../support/ingress-scenarios.ts';
import { tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Draft, Fields } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { isServedByAll } from './harness/served.ts';
import { sharedCluster } from './harness/shared.ts';
import { ingress, pathTo } from './ingress-manifests.ts';
import { createClass, type OwnClass } from './own-class.ts';

type Service = ScenarioWorld['services'][number];

/** The class of the scenarios; the cluster has controllers of other tests that serve it. */
const SCENARIO_CLASS = 'mattermost';
const CONTENT = JSON.stringify({ answered: true });
const scene = new Scene();
let cluster: Cluster;
let own: OwnClass;
let controller: ControllerProcess;
/** The namespace that may answer for any host. */
let anyHost: Namespace;
let pods = 0;

beforeAll(async () => {
  cluster = sharedCluster();
  own = await createClass(cluster, 'scenarios');
  scene.add(own);
  anyHost = await createNamespace();
  const flags = { ...own.flags, 'default-backend-namespace': anyHost.name };
  controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() }, flags });
});

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

async function createNamespace(): Promise<Namespace> {
  const namespace = await cluster.namespace('scenario');
  scene.add({ stop: () => namespace.remove() });
  return namespace;
}

/** What the conformance suite has as a backend: says who was asked, with every field that it demands of a response. */
async function startPod(service: string, address: string, port: number): Promise<void> {
  const server: Server = createServer((_, response) => {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': CONTENT.length,
      Server: 'echo',
      'X-Service': service,
      'X-Pod': address,
    });
    response.end(CONTENT);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  scene.add({
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** A Service without selector, its slice, and whatever answers there. */
async function backendOf({ name, port, pods: count }: Service): Promise<readonly Draft[]> {
  const addresses = Array.from({ length: count }, () => `10.244.254.${++pods}`);
  for (const address of addresses) await startPod(name, address, port);
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
  const spec = { ports: [{ name: 'http', port }] };
  return [{ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec }, slice];
}

function ofOwnClass(object: Draft): Draft {
  const spec = object['spec'] as Fields;
  return spec['ingressClassName'] === SCENARIO_CLASS
    ? { ...object, spec: { ...spec, ingressClassName: own.name } }
    : object;
}

/** Resolves when all workers serve everything: the mark was applied last, and the Services answer. */
async function build(world: ScenarioWorld, requests: readonly ScenarioRequest[]): Promise<Pair | undefined> {
  const namespace = world.needsDefaultBackend ? anyHost : await createNamespace();
  const pair = world.tls === undefined ? undefined : await makeCertificate(...world.tls.hosts);
  if (world.tls !== undefined && pair !== undefined)
    await namespace.apply(tlsSecret(world.tls.secretName, pair));
  const mark = { name: 'mark', port: 8080, pods: 1 };
  for (const service of [...world.services, mark]) await namespace.apply(...(await backendOf(service)));
  await namespace.apply(...world.objects.map(ofOwnClass));
  const paths = [pathTo('mark', '/', 'Prefix', 8080)];
  const host = `${namespace.name}.test`;
  await namespace.apply(ingress('mark', { host, className: own.name, paths }));
  const marked: ScenarioRequest = { method: 'GET', scheme: 'http', host, path: '/', expected: 'mark' };
  const served = requests.filter(({ expected }) => typeof expected === 'string').slice(0, 20);
  for (const each of [marked, ...served]) {
    await eventually(async () => expect((await ask(each, pair)).service).toBe(each.expected));
  }
  await isServedByAll(controller);
  return pair;
}

async function ask({ method, scheme, host, path }: ScenarioRequest, pair: Pair | undefined) {
  const tls = scheme === 'https' && pair !== undefined ? { ca: pair.certificate } : {};
  const { status, headers, body } = await controller.get(host, path, { method, ...tls });
  return { status, headers, body: body.toString(), service: headers['x-service'], pod: headers['x-pod'] };
}

/** One that answers for any host leaves no host unknown: it comes last. */
const worlds = (Object.keys(SCENARIO_WORLDS) as (keyof typeof SCENARIO_WORLDS)[]).toSorted(
  (a, b) => Number(SCENARIO_WORLDS[a].needsDefaultBackend) - Number(SCENARIO_WORLDS[b].needsDefaultBackend),
);

describe.each(worlds)('%s', (name) => {
  const scenarios = INGRESS_SCENARIOS.filter(({ world }) => world === name);
  let pair: Pair | undefined;

  beforeAll(async () => {
    pair = await build(
      SCENARIO_WORLDS[name],
      scenarios.flatMap(({ requests }) => requests),
    );
  });

  test.each(scenarios)('$name', async ({ feature, requests }) => {
    const reached = new Set<unknown>();
    // Chance picks the pod: once in four thousand times, one of ten is left out of a hundred picks, but not of three hundred.
    const rounds = feature === 'load balancing' ? 3 : 1;
    for (const asked of Array.from({ length: rounds }, () => requests).flat()) {
      const { status, service, headers, body, pod } = await ask(asked, pair);
      expect([asked, service ?? status]).toEqual([asked, asked.expected]);
      for (const field of ['date', 'content-type', 'content-length']) expect(headers[field]).toBeTruthy();
      expect([headers['content-length'], pod === undefined || body === CONTENT]).toEqual([
        String(body.length),
        true,
      ]);
      if (pod !== undefined) expect(headers['server']).toBe('echo');
      reached.add(pod);
    }
    if (feature === 'load balancing') expect(reached.size).toBe(10);
  });
});
