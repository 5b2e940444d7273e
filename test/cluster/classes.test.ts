// Classes on a real API server: what is another controller's is not touched, ours is told where it can be reached, and
// ingress-nginx can be shadowed while it still runs.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, policy, service, slices } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Draft, Fields, Stored } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { ownCluster } from './harness/shared.ts';
import { governing, ingress, type IngressParts } from './ingress-manifests.ts';
import { eventsAbout, TOLD, warns } from './telling.ts';

const CONTROLLER = 'mattermost-ingress.io/controller';
const SHADOW = 'example.com/shadow';
const NGINX = 'k8s.io/ingress-nginx';
const CLASSES = '/apis/networking.k8s.io/v1/ingressclasses';
const LEGACY = 'kubernetes.io/ingress.class';
const ADDRESS = '10.244.251.1';
const PORT = 8065;
/** What is unsupported and restricts: worth an Event wherever it is ours. */
const TROUBLE = { 'nginx.ingress.kubernetes.io/auth-url': 'https://auth.example.com' };

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;
let namespace: Namespace;
let controller: ControllerProcess;
/** Beside ingress-nginx, before its Service moves. */
let shadow: ControllerProcess;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  const { cluster } = own;
  await cluster.installCrd();
  namespace = await cluster.namespace('classes');
  await scene.node('node', { address: ADDRESS, port: PORT });
  const place = { name: 'node', address: ADDRESS, port: PORT };
  await namespace.apply(service('web'), ...slices('web', [place]), published('front'));
  await cluster.apply(ingressClass('mattermost', CONTROLLER));
  await cluster.apply(ingressClass('nginx', NGINX));
  const source = { kubeconfig: cluster.kubeconfig() };
  controller = await scene.controller({ source, flags: { 'publish-service': `${namespace.name}/front` } });
  const flags = {
    'controller-name': SHADOW,
    'ingress-class': 'shadow',
    'election-id': 'shadow',
    'take-over-class': 'nginx',
    'publish-address': '192.0.2.66',
    'update-status': 'false',
  };
  shadow = await scene.controller({ source, flags });
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

function ingressClass(name: string, controllerName: string, more: Fields = {}, metadata: Fields = {}): Draft {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name, ...metadata },
    spec: { controller: controllerName, ...more },
  };
}

/** The Service of the controller itself. */
function published(name: string): Draft {
  const spec = { type: 'LoadBalancer', ports: [{ name: 'https', port: 443 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

/** Applies an Ingress that leads to the node. */
async function apply(name: string, parts: Partial<IngressParts>): Promise<void> {
  const backend = { service: { name: 'web', port: { number: PORT } } };
  const paths = [{ path: '/', pathType: 'Prefix', backend }];
  await namespace.apply(ingress(name, { className: 'mattermost', paths, ...parts }));
}

/** Resolves when the controller has served and told all that was applied before: the mark came last. */
async function isCaughtUp(mark: string): Promise<void> {
  await apply(mark, { annotations: TROUBLE });
  await warns(namespace, mark, { controllerName: CONTROLLER, reason: 'UnsupportedRestriction' });
}

async function statusOf(name: string, by = controller): Promise<number> {
  return (await by.get(hostOf(name), '/api/v4/system/ping')).status;
}

/** Services tell where they are reached when a load balancer was made for them. */
async function publish(...addresses: readonly Fields[]): Promise<void> {
  const path = `${await namespace.path('Service', 'front')}/status`;
  await own.cluster.api.patch(path, { status: { loadBalancer: { ingress: addresses } } });
}

async function publishedOf(name: string): Promise<unknown> {
  const { status } = await namespace.read('Ingress', name);
  return (status?.['loadBalancer'] as Fields | undefined)?.['ingress'];
}

function isPublished(name: string, ...addresses: readonly Fields[]): Promise<void> {
  return vi.waitFor(async () => expect(await publishedOf(name)).toEqual(addresses), TOLD);
}

function allEvents(): Promise<readonly Stored[]> {
  return own.cluster.api.list('/apis/events.k8s.io/v1/events');
}

test('an Ingress is told the addresses of the published Service, whatever becomes of them', async () => {
  await apply('told', {});
  await eventually(async () => expect(await statusOf('told')).toBe(200));
  expect(await publishedOf('told')).toBeUndefined();
  await publish({ ip: '192.0.2.1' });
  await isPublished('told', { ip: '192.0.2.1' });
  await publish({ ip: '192.0.2.2' }, { hostname: 'lb.example.net' });
  await isPublished('told', { ip: '192.0.2.2' }, { hostname: 'lb.example.net' });
});

test('nothing of a foreign class is touched: no status, no Event, no traffic', async () => {
  const foreign: Readonly<Record<string, Partial<IngressParts>>> = {
    other: { className: 'other' },
    nobody: { className: undefined },
    legacy: { className: undefined, annotations: { [LEGACY]: 'nginx' } },
    refused: { className: 'with-parameters' },
  };
  const parameters = { apiGroup: 'example.com', kind: 'Settings', name: 'settings' };
  await own.cluster.apply(ingressClass('other', 'example.com/other'));
  await own.cluster.apply(ingressClass('with-parameters', CONTROLLER, { parameters }));
  const names = Object.keys(foreign);
  for (const [name, parts] of Object.entries(foreign)) {
    await apply(name, { ...parts, annotations: { ...TROUBLE, ...parts.annotations } });
  }
  await namespace.apply(governing('other', { admission: { defaultAction: 'Deny' } }));
  await namespace.apply({ ...policy('routed', { ingressClassName: 'other' }) });
  const versions = async () => {
    const stored = [
      ...(await Promise.all(names.map((name) => namespace.read('Ingress', name)))),
      ...(await Promise.all(
        ['other', 'routed'].map((name) => namespace.read('MattermostIngressPolicy', name)),
      )),
    ];
    return stored.map(({ metadata }) => metadata.resourceVersion);
  };
  const before = await versions();
  await isCaughtUp('mark');
  expect(await versions()).toEqual(before);
  for (const name of names) {
    expect([name, await statusOf(name)]).toEqual([name, 404]);
    expect([name, await eventsAbout(namespace, name, CONTROLLER)]).toEqual([name, []]);
  }
});

test('a class with parameters is refused by an Event of its own', async () => {
  const about = await vi.waitFor(async () => {
    const events = await allEvents();
    const found = events.filter(({ reason }) => reason === 'ClassParametersUnsupported');
    expect(found).not.toEqual([]);
    return found;
  }, TOLD);
  expect(about).toMatchObject([
    { type: 'Warning', regarding: { kind: 'IngressClass', name: 'with-parameters' } },
  ]);
});

test('the class of ingress-nginx is served in its shadow, and no status of it is written', async () => {
  const loadBalancer = { ingress: [{ ip: '192.0.2.99' }] };
  await apply('shadowed', { className: 'nginx' });
  await apply('annotated', { className: undefined, annotations: { [LEGACY]: 'nginx' } });
  // What ingress-nginx wrote.
  await own.cluster.api.patch(`${await namespace.path('Ingress', 'shadowed')}/status`, {
    status: { loadBalancer },
  });
  const before = await namespace.read('Ingress', 'shadowed');
  for (const name of ['shadowed', 'annotated']) {
    await eventually(async () => expect(await statusOf(name, shadow)).toBe(200));
    expect([name, await statusOf(name)]).toEqual([name, 404]);
  }
  // Where it has something to say it does: it leads, and would write if it might.
  await apply('troubled', { className: 'nginx', annotations: TROUBLE });
  await warns(namespace, 'troubled', { controllerName: SHADOW, reason: 'UnsupportedRestriction' });
  expect((await namespace.read('Ingress', 'shadowed')).metadata).toEqual(before.metadata);
  expect([await publishedOf('annotated'), await publishedOf('troubled')]).toEqual([undefined, undefined]);
});

test('the default class takes what names none, when it is created and afterwards', async () => {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  await own.cluster.apply(ingressClass('mattermost', CONTROLLER, {}, { annotations }));
  // Applied before there was a default, it bears no class to this day.
  await eventually(async () => expect(await statusOf('nobody')).toBe(503));
  // The API server's own admission may hear of the default later than we do.
  const trial = {
    ...ingress('trial', { className: undefined }),
    metadata: { name: 'trial', namespace: namespace.name },
  };
  await eventually(async () => {
    const tried = await own.cluster.api.apply(trial, { dryRun: 'All' });
    expect(tried.spec).toMatchObject({ ingressClassName: 'mattermost' });
  });
  await apply('classless', { className: undefined });
  const { spec } = await namespace.read('Ingress', 'classless');
  expect(spec).toMatchObject({ ingressClassName: 'mattermost' });
  await eventually(async () => expect(await statusOf('classless')).toBe(200));
  await own.cluster.api.delete(`${CLASSES}/mattermost`);
  // The name is still ours, the default is not.
  await eventually(async () =>
    expect([await statusOf('nobody'), await statusOf('classless')]).toEqual([404, 200]),
  );
});
