// What a controller tells a real API server about its objects: statuses, Events, and who of several does the telling.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, policy } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Fields } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { ownCluster } from './harness/shared.ts';
import { applySite } from './harness/site.ts';

/**
 * A new leader waits two seconds, and an object is written at most every five; a leader that was paused for too long is
 * replaced after seventeen.
 */
const WRITTEN = { timeout: 60_000, interval: 100 };
const MANAGER = 'mattermost-ingress.io/controller';

type Condition = { readonly type: string; readonly status: string; readonly reason: string };
type ManagedEntry = { readonly manager: string; readonly operation: string; readonly subresource?: string };

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;
let namespace: Namespace;
let first: ControllerProcess;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
  namespace = await own.cluster.namespace('status');
  first = await scene.controller({ source: { kubeconfig: own.cluster.kubeconfig() } });
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

/** Conditions of a policy as TYPE=STATUS REASON. */
async function conditionsOf(name: string): Promise<readonly string[]> {
  const { status } = await namespace.read('MattermostIngressPolicy', name);
  const conditions = (status?.['conditions'] ?? []) as readonly Condition[];
  return conditions.map((each) => `${each.type}=${each.status} ${each.reason}`).toSorted();
}

function says(name: string, ...conditions: readonly string[]): Promise<void> {
  return vi.waitFor(
    async () => expect(await conditionsOf(name)).toEqual(expect.arrayContaining([...conditions])),
    WRITTEN,
  );
}

async function row(name: string): Promise<readonly string[]> {
  const text = await own.cluster.mustKubectl('get', 'mmip', name, '--no-headers', '-n', namespace.name);
  return text.trim().split(/\s{2,}/u);
}

test('a policy that is served says so to whoever asks kubectl', async () => {
  await applySite(scene, namespace, 'chat');
  await says(
    'chat',
    'Accepted=True Accepted',
    'Programmed=True Programmed',
    'ResolvedRefs=True ResolvedRefs',
  );
  // Endpoints are counted when their slice has come, which is told apart from the Service.
  await vi.waitFor(async () => {
    const shown = (await row('chat')).slice(0, -1);
    expect(shown).toEqual(['chat', hostOf('chat'), '1', 'True', 'Accepted', 'True']);
  }, WRITTEN);
  const { metadata, status } = await namespace.read('MattermostIngressPolicy', 'chat');
  const conditions = (status?.['conditions'] ?? []) as readonly Fields[];
  const { generation } = metadata as Fields;
  expect(conditions.map((each) => each['observedGeneration'])).toEqual(conditions.map(() => generation));
});

test('the status is applied by the name of the controller, once', async () => {
  const before = await namespace.read('MattermostIngressPolicy', 'chat');
  const entries = (before.metadata as Fields)['managedFields'] as readonly ManagedEntry[];
  const ours = entries.filter(({ subresource }) => subresource === 'status');
  expect(ours).toMatchObject([{ manager: MANAGER, operation: 'Apply' }]);
  // Until another one is written, this one had every chance to be written again.
  await applySite(scene, namespace, 'other');
  await says('other', 'Programmed=True Programmed');
  const after = await namespace.read('MattermostIngressPolicy', 'chat');
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

test('what is wrong is said by conditions and by an Event', async () => {
  await namespace.apply(policy('twin', { route: { hosts: [hostOf('chat')] } }));
  await says('twin', 'Accepted=False Conflicted');
  expect(await row('twin')).toEqual(expect.arrayContaining(['False', 'Conflicted']));
  await namespace.apply(policy('chat', { route: { tls: { secretName: 'missing' } } }));
  await says('chat', 'ResolvedRefs=False SecretNotFound', 'Accepted=True Accepted');
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace.name}/events`;
  const about = await vi.waitFor(async () => {
    const events = await own.cluster.api.list(path);
    const found = events.find((event) => event['reason'] === 'SecretNotFound');
    expect(found).toBeDefined();
    return found;
  }, WRITTEN);
  expect(about).toMatchObject({
    type: 'Warning',
    regarding: { kind: 'MattermostIngressPolicy', name: 'chat', namespace: namespace.name },
    reportingController: MANAGER,
    note: expect.stringContaining('missing'),
  });
});

test('the API server is no endpoint of a site', async () => {
  const { address } = await applySite(scene, namespace, 'sly');
  await says('sly', 'ResolvedRefs=True ResolvedRefs');
  // What the API server of a usual cluster says of itself.
  await own.cluster.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: 6443 }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  });
  await says('sly', 'ResolvedRefs=False EndpointForbidden');
  expect((await first.get(hostOf('sly'), '/')).status).toBe(503);
});

test('a second controller is silent until the first one leaves, then it speaks', async () => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const holder = async () => (await own.cluster.api.list(leases)).map(({ spec }) => spec?.['holderIdentity']);
  const [leader] = await holder();
  expect(leader).toMatch(/\S/u);
  const second = await scene.controller({ source: { kubeconfig: own.cluster.kubeconfig() } });
  await namespace.apply(policy('chat'));
  await says('chat', 'ResolvedRefs=True ResolvedRefs');
  expect(await holder()).toEqual([leader]);
  first.signal('SIGTERM');
  await first.exit;
  // What the first one has seen, the second one may see later.
  await eventually(async () => expect((await second.get(hostOf('chat'), '/')).status).toBe(200));
  await namespace.apply(policy('late'));
  await says('late', 'ResolvedRefs=False ServiceNotFound');
  const [heir] = await holder();
  expect([heir === leader, heir]).toEqual([false, expect.stringMatching(/\S/u)]);
});
