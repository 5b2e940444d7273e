// Events as people see them with kubectl: one Warning for one problem, however often it comes back.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { service } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Fields, Stored } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { PausingProxy } from './harness/pausing-proxy.ts';
import { sharedCluster } from './harness/shared.ts';
import { ingress } from './ingress-manifests.ts';
import { createClass, type OwnClass } from './own-class.ts';
import { eventsAbout, TOLD } from './telling.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
const AUTH_URL = `${PREFIX}auth-url`;

const scene = new Scene();
let cluster: Cluster;
let own: OwnClass;
let namespace: Namespace;
/** What the controller sees of the cluster. */
let view: PausingProxy;

beforeAll(async () => {
  cluster = sharedCluster();
  own = await createClass(cluster, 'events');
  scene.add(own);
  namespace = await cluster.namespace('events');
  scene.add({ stop: () => namespace.remove() });
  await namespace.apply(service('web'), ingress('web', { className: own.name }));
  view = await PausingProxy.start(cluster.access.server);
  scene.add(view);
  const kubeconfig = cluster.kubeconfig({ server: view.url });
  await scene.controller({ source: { kubeconfig }, flags: own.flags });
});

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

function annotate(annotations: Readonly<Record<string, string | null>>): Promise<void> {
  return namespace.patch('Ingress', 'web', { metadata: { annotations } });
}

/** The one Event whose text has the word; undefined where there is none yet. */
async function eventOf(word: string): Promise<Stored | undefined> {
  const events = await eventsAbout(namespace, 'web', own.controllerName);
  const found = events.filter((event) => String(event['note']).includes(word));
  expect(found.length).toBeLessThan(2);
  return found[0];
}

/** @param count how often it was told; undefined for an Event without series */
function isTold(word: string, count?: number): Promise<Stored> {
  return vi.waitFor(async () => {
    const event = await eventOf(word);
    if (event === undefined) throw new Error(`No Event tells of ${word}`);
    expect((event['series'] as Fields | undefined)?.['count']).toBe(count);
    return event;
  }, TOLD);
}

/** Rows of `kubectl get events` about the Ingress. */
async function rows(): Promise<readonly string[]> {
  const columns = 'TYPE:.type,REASON:.reason,OBJECT:.involvedObject.name,COUNT:.count,MESSAGE:.message';
  const options = ['-n', namespace.name, '--no-headers', '-o', `custom-columns=${columns}`];
  return (await cluster.mustKubectl('get', 'events', ...options)).trim().split('\n');
}

test('each problem of an object is told once, by one Warning that names it', async () => {
  await annotate({ [AUTH_URL]: 'https://auth.example.com', [`${PREFIX}enable-cors`]: 'true' });
  for (const word of ['auth-url', 'enable-cors']) await isTold(word);
  const told = (await rows()).filter((row) => /\sweb\s/u.test(row));
  expect(told).toHaveLength(2);
  expect(told.find((row) => row.includes('UnsupportedRestriction'))).toMatch(/^Warning.*auth-url/u);
  expect(told.find((row) => row.includes('AnnotationUnsupported'))).toMatch(/^Warning.*enable-cors/u);
  const listed = await cluster.mustKubectl('events', '-n', namespace.name, '--for', 'ingress/web');
  expect(listed).toMatch(/Warning\s+UnsupportedRestriction\s+Ingress\/web/u);
});

test('a problem that comes back is counted, and one that stays is told no more', async () => {
  const before = await eventOf('enable-cors');
  for (const count of [2, 3]) {
    // That another one is told says that the absence of the first was noticed.
    await annotate({ [AUTH_URL]: null, [`${PREFIX}mark-${count}`]: 'true' });
    await isTold(`mark-${count}`);
    await annotate({ [AUTH_URL]: 'https://auth.example.com' });
    await isTold('auth-url', count);
  }
  expect(await eventOf('enable-cors')).toEqual(before);
});

test('what is over before anybody could look is no Event', async () => {
  // However long these take, the controller sees the second as soon as the first.
  view.pause();
  await annotate({ [`${PREFIX}passing`]: 'true' });
  await annotate({ [`${PREFIX}passing`]: null, [`${PREFIX}lasting`]: 'true' });
  view.resume();
  await isTold('lasting');
  expect(await eventOf('passing')).toBeUndefined();
});
