// A certificate authority asks for its proof: what cert-manager puts beside a closed site is answered, and nothing else.
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { service, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Draft } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { isServedByAll } from './harness/served.ts';
import { sharedCluster } from './harness/shared.ts';
import { governing, ingress, pathTo } from './ingress-manifests.ts';
import { createClass, type OwnClass } from './own-class.ts';
import { warns } from './telling.ts';

const CHALLENGES = '/.well-known/acme-challenge/';
const SOLVER = 'cm-acme-http-solver-x7k2p';
const SOLVER_PORT = 8089;
const SOLVER_ADDRESS = '10.244.253.1';
const AUTH_URL = { 'nginx.ingress.kubernetes.io/auth-url': 'https://auth.example.com' };
const DENY = { admission: { defaultAction: 'Deny' } };

const scene = new Scene();
let cluster: Cluster;
let own: OwnClass;
let controller: ControllerProcess;
let namespace: Namespace;
/** Of every host here. */
let pair: Pair;
const HOSTS = ['policy', 'restricted', 'required', 'legacy', 'stolen'].map((name) => hostOf(name));

beforeAll(async () => {
  cluster = sharedCluster();
  own = await createClass(cluster, 'acme');
  scene.add(own);
  namespace = await createNamespace();
  pair = await makeCertificate(...HOSTS);
  await namespace.apply(tlsSecret('site-tls', pair));
  await startSolver();
  controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() }, flags: own.flags });
});

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

/** Not to be met in other tests. */
function hostOf(name: string): string {
  return `${name}.acme.example.com`;
}

async function createNamespace(): Promise<Namespace> {
  const created = await cluster.namespace('acme');
  scene.add({ stop: () => created.remove() });
  return created;
}

/** Answers with the host and the token, as far as the real one it knows its own challenge only. */
async function startSolver(): Promise<void> {
  const server = createServer(({ headers, url = '' }, response) => {
    response.end(`proof of ${headers.host} for ${url.slice(CHALLENGES.length)}`);
  });
  await new Promise<void>((resolve) => server.listen(SOLVER_PORT, SOLVER_ADDRESS, resolve));
  scene.add({
    stop: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

type SolverParts = { readonly host: string; readonly token: string; readonly pathType: string };

/** What cert-manager makes for one challenge; the pod behind it as a slice. */
function solver({ host, token, pathType }: SolverParts, isLegacy: boolean): readonly Draft[] {
  const labels = { 'acme.cert-manager.io/http01-solver': 'true' };
  const shared = { labels, name: SOLVER };
  const annotations = {
    'nginx.ingress.kubernetes.io/whitelist-source-range': '0.0.0.0/0,::/0',
    ...(isLegacy ? { 'kubernetes.io/ingress.class': own.name } : {}),
  };
  const paths = [pathTo(SOLVER, `${CHALLENGES}${token}`, pathType, SOLVER_PORT)];
  const made = ingress(SOLVER, { host, className: isLegacy ? undefined : own.name, annotations, paths });
  const ports = [{ name: 'http', port: SOLVER_PORT, protocol: 'TCP' }];
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: shared, spec: { type: 'NodePort', ports } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...shared, labels: { 'kubernetes.io/service-name': SOLVER } },
      addressType: 'IPv4',
      ports,
      endpoints: [{ addresses: [SOLVER_ADDRESS], conditions: { ready: true } }],
    },
    { ...made, metadata: { ...shared, annotations } },
  ];
}

async function plain(host: string, path: string) {
  const { status, body, headers } = await controller.get(host, path);
  return { status, body: body.toString(), location: headers.location };
}

async function secureStatus(host: string, path: string): Promise<number> {
  return (await controller.get(host, path, { ca: pair.certificate })).status;
}

/** What a site is like while its certificate is waited for, and the status of all that is not the proof. */
const sites: readonly {
  readonly name: string;
  readonly pathType: string;
  readonly closed: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly policy?: Readonly<Record<string, unknown>>;
}[] = [
  { name: 'policy', pathType: 'ImplementationSpecific', closed: 403, policy: DENY },
  { name: 'legacy', pathType: 'Exact', closed: 403, policy: DENY },
  { name: 'restricted', pathType: 'Exact', closed: 503, annotations: AUTH_URL },
  {
    name: 'required',
    pathType: 'ImplementationSpecific',
    closed: 503,
    annotations: { 'mattermost-ingress.io/require-policy': 'true' },
  },
];

describe.each(sites)('a site that is closed: $name', ({ name, pathType, closed, annotations, policy }) => {
  const host = hostOf(name);
  const token = 'Zm9v-bar_4';
  const proof = `${CHALLENGES}${token}`;

  test('the proof is read over plain HTTP, and nothing else is open', async () => {
    const site = ingress(name, {
      host,
      className: own.name,
      tls: 'site-tls',
      annotations: annotations ?? {},
    });
    await namespace.apply(service(name), site, ...(policy === undefined ? [] : [governing(name, policy)]));
    await eventually(async () => expect(await secureStatus(host, '/')).toBe(closed));
    // Before there is a solver, the path is like any other.
    const before = await plain(host, proof);
    expect([308, 503]).toContain(before.status);
    await namespace.apply(...solver({ host, token, pathType }, name === 'legacy'));
    await eventually(async () =>
      expect(await plain(host, proof)).toMatchObject({ status: 200, body: `proof of ${host} for ${token}` }),
    );
    await isServedByAll(controller);
    for (const path of [
      '/',
      `${proof}/more`,
      `${proof}x`,
      CHALLENGES,
      `${CHALLENGES}other`,
      '/api/v4/users',
    ]) {
      const { status, body } = await plain(host, path);
      expect([path, status, body.includes('proof')]).toEqual([path, before.status, false]);
      expect([path, await secureStatus(host, path)]).toEqual([path, closed]);
    }
  });

  test('when the solver is gone, the path is like any other again', async () => {
    const { status } = await plain(host, '/');
    await namespace.delete('Ingress', SOLVER);
    await eventually(async () => expect((await plain(host, proof)).status).toBe(status));
  });
});

test('a solver of another namespace proves nothing for a host that is not its own', async () => {
  const host = hostOf('stolen');
  const [applied] = await namespace.apply(
    ingress('stolen', { host, className: own.name }),
    service('stolen'),
  );
  // The API server counts the age of objects in seconds.
  const created = Date.parse(String(applied?.metadata.creationTimestamp));
  await eventually(() => expect(Date.now() - created).toBeGreaterThan(1_000));
  const thief = await createNamespace();
  await thief.apply(...solver({ host, token: 'stolen', pathType: 'Exact' }, false));
  const { controllerName } = own;
  expect(await warns(thief, SOLVER, { controllerName, reason: 'HostOwnedElsewhere' })).toContain(host);
  expect(await plain(host, `${CHALLENGES}stolen`)).not.toMatchObject({ status: 200 });
});
