// The chart's rights on a real API server, asked as the controller's own account: what it may, and what it may not.
import { beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { policy } from '../support/manifest-builders.ts';
import { useChartCluster } from './chart-release.ts';
import type { Access } from './harness/credentials.ts';
import { KubeApi } from './harness/kube-api.ts';

const chart = useChartCluster();
const NAME = 'web';
const OWN = 'edge';
const ACCOUNT = 'web-mattermost-ingress';

const POLICIES = '/apis/mattermost-ingress.io/v1alpha1';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const named = (name: string) => `fieldSelector=metadata.name=${name}`;
const everywhere = {
  policies: `${POLICIES}/mattermostingresspolicies`,
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
  classes: '/apis/networking.k8s.io/v1/ingressclasses',
  services: '/api/v1/services',
  configMaps: '/api/v1/configmaps',
  slices: '/apis/discovery.k8s.io/v1/endpointslices',
  secrets: '/api/v1/secrets',
};

function within(namespace: string, path: string): string {
  return path.replace(/\/(?=[a-z]+$)/u, `/namespaces/${namespace}/`);
}

beforeEach(async () => {
  await chart().cluster.installCrd();
  for (const namespace of ['chat', 'team', OWN]) await chart().createNamespace(namespace);
});

/** Installs with the values; the API as the controller's account sees it. */
async function asController(values: string): Promise<KubeApi> {
  await chart().mustHelm('install', NAME, ['--namespace', OWN, '--set', `crds.enabled=false,${values}`]);
  const access: Access = await chart().cluster.accountAccess(OWN, ACCOUNT);
  return new KubeApi(access);
}

/** Whether the kind can be listed there, and watched there: one alone would be a mistake. */
async function mayRead(api: KubeApi, place: string): Promise<boolean> {
  const [path = '', selector = ''] = place.split('?');
  const query = Object.fromEntries(selector === '' ? [] : [selector.split(/=(.*)/u).slice(0, 2)]);
  const { status } = await api.ask('GET', path, { query });
  expect([place, await mayWatch(api, place)]).toEqual([place, status === 200]);
  return status === 200;
}

async function mayWatch(api: KubeApi, place: string): Promise<boolean> {
  const resourceAttributes = { verb: 'watch', ...PLACE.exec(place)?.groups };
  const answer = await api.must('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    },
  });
  return (answer as { readonly status: { readonly allowed: boolean } }).status.allowed;
}

const PLACE =
  /^\/apis?(?:\/(?<group>[a-z0-9.-]+))?\/v1(?:alpha1)?(?:\/namespaces\/(?<namespace>\w+))?\/(?<resource>\w+)(?:\?.*=(?<name>[\w-]+))?$/u;

const all = Object.values(everywhere);
const allButSecrets = all.filter((path) => path !== everywhere.secrets);
const { classes, secrets, services } = everywhere;
const inChat = all.filter((path) => path !== classes).map((path) => within('chat', path));

describe.each<[values: string, allowed: readonly string[], refused: readonly string[]]>([
  ['secrets.mode=cluster', [...all, ...inChat], []],
  ['ingressClass.byName=true', all.filter((path) => path !== classes), [classes]],
  [
    'secrets.mode=named,secrets.named.chat={tls}',
    [...allButSecrets, `${within('chat', secrets)}?${named('tls')}`],
    [
      secrets,
      within('chat', secrets),
      `${within('chat', secrets)}?${named('other')}`,
      `${within('team', secrets)}?${named('tls')}`,
    ],
  ],
  [
    'watchNamespaces={chat}',
    [...inChat, classes, `${within(OWN, services)}?${named(ACCOUNT)}`],
    [
      ...all.filter((path) => path !== classes),
      ...inChat.map((path) => path.replace('chat', 'team')),
      within(OWN, services),
    ],
  ],
  ['watchNamespaces={chat},secrets.mode=namespaces,ingressClass.byName=true', inChat, all],
  [
    'watchNamespaces={chat},secrets.mode=named,secrets.named.chat={tls},defaultTlsSecret=team/default',
    [`${within('chat', secrets)}?${named('tls')}`, `${within('team', secrets)}?${named('default')}`],
    [within('chat', secrets), within('team', secrets), secrets],
  ],
])('with %s the controller', (values, allowed, refused) => {
  test('may read what it serves, and nothing else', async () => {
    const api = await asController(values);
    // The API server follows its own roles and bindings, each kind by itself: a right may come a moment later.
    await eventually(async () => {
      for (const path of allowed) expect([path, await mayRead(api, path)]).toEqual([path, true]);
    });
    for (const path of refused) expect([path, await mayRead(api, path)]).toEqual([path, false]);
    await api.close();
  });
});

test('with watchNamespaces the API server can be known by its addresses', async () => {
  const api = await asController('watchNamespaces={chat}');
  const path = within('default', everywhere.slices);
  const query = { labelSelector: 'kubernetes.io/service-name=kubernetes' };
  await eventually(async () => expect((await api.ask('GET', path, { query })).status).toBe(200));
  await api.close();
});

test('the controller may write what is its own, and nothing else', async () => {
  const api = await asController('workers=2');
  const { cluster } = chart();
  const key = `/api/v1/namespaces/${OWN}/secrets/${ACCOUNT}-sticky-key`;
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${OWN}/leases`;
  const lease = (name: string) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: {},
  });
  await cluster.apply({ ...policy('chat'), metadata: { name: 'chat', namespace: 'chat' } });
  await cluster.apply({ ...lease('foreign'), metadata: { name: 'foreign', namespace: OWN } });
  const stored = within('chat', everywhere.policies);
  const applied = {
    query: { fieldManager: 'a', force: 'true' },
    contentType: 'application/apply-patch+yaml',
  };
  const status = {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    status: { summary: 'a' },
  };
  const event = (name: string) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reason: 'Accepted',
    action: 'Translate',
    type: 'Normal',
    reportingController: 'mattermost-ingress.io/controller',
    reportingInstance: 'pod',
    regarding: { kind: 'MattermostIngressPolicy', namespace: 'chat', name: 'chat' },
  });
  const events = '/apis/events.k8s.io/v1/namespaces/chat/events';
  const merge = { body: {}, contentType: 'application/merge-patch+json' };
  const allowed = {
    'its key': () => api.ask('PUT', key, { body: {} }),
    'its Lease': () => api.ask('PUT', `${leases}/${ACCOUNT}`, { body: lease(ACCOUNT) }),
    'an event': () => api.ask('POST', events, { body: event('one') }),
    'an event again': () => api.ask('PATCH', `${events}/one`, merge),
    'the status of a policy': () =>
      api.ask('PATCH', `${stored}/chat/status`, {
        ...applied,
        body: { ...status, metadata: { name: 'chat' } },
      }),
    'the status of an Ingress': () =>
      api.ask('PATCH', `${within('chat', everywhere.ingresses)}/a/status`, merge),
    'the served schema, to read': () => api.ask('GET', '/openapi/v3'),
  };
  const refused = {
    'a new Lease': () => api.ask('POST', leases, { body: lease('another') }),
    'the Lease of another': () => api.ask('PUT', `${leases}/foreign`, { body: lease('foreign') }),
    'its Lease away': () => api.ask('DELETE', `${leases}/${ACCOUNT}`),
    'a policy': () => api.ask('PATCH', `${stored}/chat`, merge),
    'a policy away': () => api.ask('DELETE', `${stored}/chat`),
    'a new Secret': () => api.ask('POST', `/api/v1/namespaces/${OWN}/secrets`, { body: {} }),
    'its key away': () => api.ask('DELETE', key),
    'Secrets of others': () => api.ask('PUT', '/api/v1/namespaces/chat/secrets/tls', { body: {} }),
    'an Ingress': () => api.ask('PATCH', `${within('chat', everywhere.ingresses)}/a`, merge),
    'nodes, to read': () => api.ask('GET', '/api/v1/nodes'),
    'pods, to read': () => api.ask('GET', `/api/v1/namespaces/${OWN}/pods`),
    'definitions, to read': () => api.ask('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'),
  };
  // Rights come first: whatever else is wrong with a request, 403 says that a right is missing.
  for (const [what, step] of Object.entries(allowed)) {
    // The API server follows its own roles and bindings, each kind by itself: a right may come a moment later.
    await eventually(async () => expect([what, (await step()).status]).not.toEqual([what, 403]));
  }
  for (const [what, step] of Object.entries(refused))
    expect([what, (await step()).status]).toEqual([what, 403]);
  await api.close();
});

test.each([
  ['view', { get: 'yes', list: 'yes', create: 'no', patch: 'no' }],
  ['edit', { create: 'yes', update: 'yes', patch: 'yes', delete: 'yes' }],
])("whoever has the chart's role %s may do with policies: %j", async (word, verbs) => {
  await chart().mustHelm('install', NAME, ['--namespace', OWN, '--set', 'crds.enabled=false']);
  const { cluster } = chart();
  await cluster.api.apply({
    apiVersion: RBAC.replace('/apis/', ''),
    kind: 'RoleBinding',
    metadata: { name: `people-${word}`, namespace: 'chat' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: `${OWN}:${ACCOUNT}:${word}`,
    },
    subjects: [{ kind: 'User', name: `person-${word}`, apiGroup: 'rbac.authorization.k8s.io' }],
  });
  const answers: Record<string, string> = {};
  for (const verb of Object.keys(verbs)) {
    const { stdout } = await cluster.kubectl(
      'auth',
      'can-i',
      verb,
      'mmip',
      '-n',
      'chat',
      '--as',
      `person-${word}`,
    );
    answers[verb] = stdout.trim();
  }
  expect(answers).toEqual(verbs);
});
