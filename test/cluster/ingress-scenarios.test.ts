// The conformance scenarios for Ingress controllers on a real API server: its objects, our answers over real sockets.
import { once } from 'node:events';
import { createServer } from 'node:http';
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
import type { Draft } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { sharedCluster } from './harness/shared.ts';

const scene = new Scene();
let cluster: Cluster;
let certificate: Pair;
let pods = 0;

beforeAll(async () => {
  cluster = sharedCluster();
  certificate = await makeCertificate('foo.bar.com');
});

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

/** A pod that says whose it is. */
async function startPod(service: string, port: number): Promise<string> {
  pods += 1;
  const address = `10.244.77.${pods}`;
  const server = createServer((_, response) => {
    const body = JSON.stringify({ service, address });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  }).listen(port, address);
  await once(server, 'listening');
  scene.add({
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return address;
}

async function objectsOf({ name, port, pods: count }: ScenarioWorld['services'][number]) {
  const addresses = await Promise.all(Array.from({ length: count }, () => startPod(name, port)));
  const ports = [{ name: 'http', port, protocol: 'TCP' }];
  const service: Draft = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports } };
  const slice: Draft = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports,
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
  return [service, slice];
}

/** The objects of a world in a namespace of their own, and a controller for it alone. */
async function open(name: string, world: ScenarioWorld): Promise<ControllerProcess> {
  const namespace: Namespace = await cluster.namespace(name.replaceAll(' ', '-'));
  scene.add({ stop: () => namespace.remove() });
  for (const service of world.services) await namespace.apply(...(await objectsOf(service)));
  if (world.tls !== undefined) await namespace.apply(tlsSecret(world.tls.secretName, certificate) as Draft);
  await namespace.apply(...(world.objects as readonly Draft[]));
  const more = world.needsDefaultBackend ? { 'default-backend-namespace': namespace.name } : {};
  return scene.controller({
    source: { kubeconfig: cluster.kubeconfig() },
    flags: { 'watch-namespaces': namespace.name, workers: '1', ...more },
  });
}

async function answerTo(controller: ControllerProcess, asked: ScenarioRequest) {
  const { method, scheme, host, path } = asked;
  const secure = scheme === 'https' ? { ca: certificate.certificate } : {};
  const { status, headers, body } = await controller.get(host, path, { method, ...secure });
  if (status !== 200) return { answer: status, address: '', headers };
  const { service, address } = JSON.parse(body.toString()) as { service: string; address: string };
  return { answer: service, address, headers };
}

describe.each(Object.entries(SCENARIO_WORLDS))('%s', (name, world) => {
  let controller: ControllerProcess;
  beforeAll(async () => {
    controller = await open(name, world);
  });

  test.each(INGRESS_SCENARIOS.filter((scenario) => scenario.world === name))(
    '$name',
    async ({ requests }) => {
      for (const asked of requests.slice(0, 6)) {
        const { answer, headers } = await answerTo(controller, asked);
        expect([asked.method, asked.host, asked.path, answer]).toEqual([
          asked.method,
          asked.host,
          asked.path,
          asked.expected,
        ]);
        expect(headers).toMatchObject({ date: expect.anything(), 'content-type': expect.anything() });
      }
    },
  );
});

test('a hundred requests reach each of ten pods', async () => {
  const { requests = [] } = INGRESS_SCENARIOS.find(({ feature }) => feature === 'load balancing') ?? {};
  const controller = await open('load balancing', SCENARIO_WORLDS['load balancing']);
  await eventually(async () => {
    const answers = await Promise.all(requests.map((asked) => answerTo(controller, asked)));
    expect(new Set(answers.map(({ address }) => address)).size).toBe(10);
  });
});
