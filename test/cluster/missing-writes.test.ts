// One right to write is missing: the controller says which, does all the rest, and traffic does not depend on any.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hostOf, service, slices } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Fields } from './harness/kube-api.ts';
import { Namespace } from './harness/namespace.ts';
import { ownCluster } from './harness/shared.ts';
import { governing, ingress, pathTo } from './ingress-manifests.ts';
import { installRelease, type Release } from './installed-release.ts';
import { conditionsIn, eventsAbout, TOLD } from './telling.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ADDRESS = '10.244.248.1';
const PORT = 8065;
const PUBLISHED = { ingress: [{ ip: '192.0.2.5' }] };

type Rule = { readonly resources: readonly string[]; readonly verbs: readonly string[] };
/** What was told of the site of a release; what its right is missing for is not. */
type Told = {
  readonly policy: boolean;
  readonly ingress: boolean;
  readonly event: boolean;
  readonly lease: boolean;
};

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
  await scene.node('node', { address: ADDRESS, port: PORT });
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

const ALL: Told = { policy: true, ingress: true, event: true, lease: true };
const NONE: Told = { policy: false, ingress: false, event: false, lease: false };
const rows: readonly (readonly [release: string, resource: string, told: Told])[] = [
  ['no-policy-status', 'mattermostingresspolicies/status', { ...ALL, policy: false }],
  ['no-ingress-status', 'ingresses/status', { ...ALL, ingress: false }],
  ['no-events', 'events', { ...ALL, event: false }],
  ['no-lease', 'leases', NONE],
];

/** Takes all rights on a resource from the roles of a release. */
async function forbid({ name, namespace }: Release, resource: string): Promise<void> {
  const title = `${namespace}:${name}`;
  let taken = 0;
  for (const path of [`clusterroles/${title}`, `namespaces/${namespace}/roles/${title}:own`]) {
    const role = `${RBAC}/${path}`;
    const { rules } = (await own.cluster.api.read(role)) as unknown as { readonly rules: readonly Rule[] };
    const kept = rules.map((rule) => ({
      ...rule,
      resources: rule.resources.filter((each) => each !== resource),
    }));
    taken += rules.filter((rule) => rule.resources.includes(resource)).length;
    await own.cluster.api.patch(role, { rules: kept.filter((rule) => rule.resources.length > 0) });
  }
  expect(taken).toBeGreaterThan(0);
}

/** An Ingress that is worth an Event, and a policy on top of it. */
async function applySite(namespace: Namespace, className: string): Promise<void> {
  const annotations = { 'nginx.ingress.kubernetes.io/enable-cors': 'true' };
  await namespace.apply(
    service('web'),
    ...slices('web', [{ name: 'node', address: ADDRESS, port: PORT }]),
    ingress('site', { host: hostOf(className), className, annotations, paths: [pathTo('web')] }),
    governing('site', { admission: { defaultAction: 'Allow' } }),
  );
}

async function toldOf(namespace: Namespace, release: Release): Promise<Told> {
  const { api } = own.cluster;
  const leases = await api.list(`/apis/coordination.k8s.io/v1/namespaces/${release.namespace}/leases`);
  const policy = await namespace.read('MattermostIngressPolicy', 'site');
  const { status } = await namespace.read('Ingress', 'site');
  const events = await eventsAbout(namespace, 'site', release.controllerName);
  return {
    policy: conditionsIn(policy.status).includes('Programmed=True Programmed'),
    ingress: JSON.stringify((status as Fields)['loadBalancer']) === JSON.stringify(PUBLISHED),
    event: events.some((event) => event['reason'] === 'AnnotationUnsupported'),
    lease: leases.some(({ spec }) => Boolean(spec?.['holderIdentity'])),
  };
}

test.concurrent.each(rows)('%s: without rights on %s', async (name, resource, expected) => {
  await own.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const namespace = new Namespace(own.cluster.api, name);
  await applySite(namespace, name);
  const release = await installRelease({ cluster: own.cluster, scene }, name, 'publishAddress={192.0.2.5}');
  await forbid(release, resource);
  const controller = await release.start();
  const said = new RegExp(`cannot \\w+ resource \\\\"${resource}\\\\"`, 'u');
  await controller.logged((line) => said.test(JSON.stringify(line)));
  await vi.waitFor(async () => expect(await toldOf(namespace, release)).toEqual(expected), TOLD);
  expect((await controller.get(hostOf(name), '/')).status).toBe(200);
  expect((await controller.admin('/readyz')).status).toBe(200);
  const others = controller.log.all
    .map((line) => JSON.stringify(line))
    .filter((line) => line.includes('cannot ') && line.includes(' resource ') && !said.test(line));
  expect(others).toEqual([]);
});
