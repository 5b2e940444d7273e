// What is asked for in each mode, and what a source tells beside its objects: status, staleness, server addresses.
import { expect, test } from 'vitest';
import { ingress, policy, service, slice } from '../../test/support/kube/cluster-objects.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { applyAll, openSource, type VirtualOptions } from '../../test/support/kube/virtual-source.ts';
import { failureOfStatus } from './api-failure.ts';

/** Paths and selectors of the lists that a source asks for at its start. */
async function listsOf(options: VirtualOptions): Promise<readonly string[]> {
  const { api, source, start } = openSource(options);
  const lists: string[] = [];
  const get = api.get.bind(api);
  api.get = (path, query) => {
    const selector = query['fieldSelector'] ?? query['labelSelector'];
    if ('limit' in query) lists.push(`${path}${selector === undefined ? '' : ` ${selector}`}`);
    return get(path, query);
  };
  await start();
  await source.close();
  return lists.toSorted();
}

const SECRET_SELECTOR = 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token';
const NETWORKING = '/apis/networking.k8s.io/v1';

test('all namespaces: every kind once, and ConfigMaps not at all', async () => {
  expect(await listsOf({})).toEqual([
    `/api/v1/secrets ${SECRET_SELECTOR}`,
    '/api/v1/services',
    '/apis/discovery.k8s.io/v1/endpointslices',
    '/apis/mattermost-ingress.io/v1alpha1/mattermostingresspolicies',
    `${NETWORKING}/ingressclasses`,
    `${NETWORKING}/ingresses`,
  ]);
});

test.each([
  ['cluster', [`/api/v1/namespaces/a/secrets ${SECRET_SELECTOR}`]],
  ['namespaces', [`/api/v1/namespaces/a/secrets ${SECRET_SELECTOR}`]],
  ['named', []],
] as const)(
  'one namespace, Secrets %s: nothing of the cluster but what is needed',
  async (secretsMode, own) => {
    const reading = { kind: 'named', name: 'mine', controllerName: 'x' } as const;
    expect(await listsOf({ namespaces: ['a'], secretsMode, ingressClassReading: reading })).toEqual([
      ...own,
      '/api/v1/namespaces/a/services',
      '/apis/discovery.k8s.io/v1/namespaces/a/endpointslices',
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices kubernetes.io/service-name=kubernetes',
      '/apis/mattermost-ingress.io/v1alpha1/namespaces/a/mattermostingresspolicies',
      `${NETWORKING}/ingressclasses metadata.name=mine`,
      `${NETWORKING}/namespaces/a/ingresses`,
    ]);
  },
);

test('the namespace of the API server is not read twice', async () => {
  const lists = await listsOf({ namespaces: ['default'] });
  expect(lists.filter((path) => path.includes('endpointslices'))).toEqual([
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
  ]);
});

test('the status of policies and Ingresses is kept beside them; its change is no change', async () => {
  const { api, source, start, changes } = openSource({ namespaces: ['other', 'test'] });
  applyAll(api, 'a');
  await start();
  const before = source.objects();
  expect(source.recordOf('Ingress', 'test/a')?.status).toEqual({
    loadBalancer: { ingress: [{ ip: '192.0.2.1' }] },
  });
  expect(source.recordOf('MattermostIngressPolicy', 'test/a')?.status).toEqual({
    summary: 'written by a controller',
  });
  expect(source.recordOf('Ingress', 'test/none')?.status).toBeUndefined();
  expect(before.ingresses.get('test/a')).not.toHaveProperty('status');
  api.cluster.put('ingresses', { ...ingress('a'), metadata: { name: 'a', namespace: 'test' }, status: {} });
  api.cluster.put('mattermostingresspolicies', { ...policy('a'), status: { summary: 'new' } });
  await settled();
  // The fake raises the generation with every write, which is a change; the status alone would be none.
  expect(source.recordOf('Ingress', 'test/a')?.status).toEqual({});
  const counted = changes();
  const { metadata } = api.cluster.object('ingresses', 'a') ?? {};
  api.cluster.store('ingresses', {
    ...ingress('a'),
    metadata: metadata as { readonly name: string },
    status: { x: 1 },
  });
  await settled();
  expect([source.recordOf('Ingress', 'test/a')?.status, changes()]).toEqual([{ x: 1 }, counted]);
  await source.close();
});

test('addresses of the API server: those known, and those its slices name, as they change', async () => {
  const { api, source, start } = openSource({ namespaces: ['test'], knownServerAddresses: ['10.96.0.1'] });
  const own = (address: string) => ({
    ...slice('kubernetes', 6443, 'default'),
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  });
  api.cluster.put('endpointslices', own('192.0.2.1'));
  api.cluster.put('endpointslices', slice('other', 6443, 'default'));
  await start();
  const before = source.apiServerAddresses();
  expect(before).toEqual(['10.96.0.1', '192.0.2.1']);
  expect(source.apiServerAddresses()).toBe(before);
  expect(source.objects().endpointSlices.size).toBe(0);
  api.cluster.put('endpointslices', own('192.0.2.2'));
  await settled();
  expect(source.apiServerAddresses()).toEqual(['10.96.0.1', '192.0.2.2']);
  await source.close();
});

test('slices of the API server that may not be read are done without, which the log says once', async () => {
  const { api, timers, source, start, lines } = openSource({
    namespaces: ['test'],
    knownServerAddresses: ['10.96.0.1'],
  });
  api.cluster.denials.push({ plural: 'endpointslices', namespace: 'default' });
  await start();
  await timers.advance(120_000);
  expect(source.apiServerAddresses()).toEqual(['10.96.0.1']);
  expect(source.findings()).toEqual([]);
  expect(lines.filter(({ namespace }) => namespace === 'default')).toMatchObject([
    { level: 30, msg: 'not readable; it is done without' },
  ]);
  await source.close();
});

test('with all namespaces they are read with all other slices', async () => {
  const { api, source, start } = openSource();
  api.cluster.put('endpointslices', slice('kubernetes', 6443, 'default'));
  await start();
  expect(source.apiServerAddresses()).toEqual(['127.0.0.1']);
  await source.close();
});

test('a kind that is refused is stale until it is not; a definition without our fields is, too', async () => {
  const { api, timers, source, start, counts } = openSource();
  applyAll(api, 'a');
  await start();
  expect([source.stale(), counts.schemaOutdated]).toEqual([[], false]);
  api.break(failureOfStatus({}, 403), 'secrets');
  api.cluster.definition.lackFields('limits');
  api.break(undefined, 'mattermostingresspolicies');
  await timers.advance(5_000);
  expect(source.stale()).toEqual([
    { kind: 'MattermostIngressPolicy', reason: 'outdated-schema' },
    { kind: 'Secret', reason: 'forbidden' },
  ]);
  expect(counts.schemaOutdated).toBe(true);
  expect(source.findings()).toMatchObject([
    {
      reason: 'SchemaOutdated',
      message: expect.stringContaining('spec.limits'),
      remedy: expect.stringContaining('kubectl apply --server-side -f -'),
    },
    { reason: 'KindUnreadable' },
  ]);
  api.cluster.definition.lackFields();
  await timers.advance(60_000);
  expect([source.stale(), source.findings(), counts.schemaOutdated]).toEqual([[], [], false]);
  await source.close();
});

test('a definition without our fields at the start: the log says which, and what to do', async () => {
  const { api, timers, source, start, logged } = openSource();
  api.cluster.definition.lackFields('limits');
  const starting = start();
  await timers.advance(16_000);
  expect(logged('waiting for the API server')[0]).toMatchObject({
    kinds: { MattermostIngressPolicy: expect.stringContaining('spec.limits') },
    remedies: [expect.stringContaining('mattermost-ingress crd | kubectl apply --server-side -f -')],
  });
  api.cluster.definition.lackFields();
  await timers.advance(10_000);
  await starting;
  await source.close();
});

test('the published Service is read where nothing else of its namespace is', async () => {
  const { api, source, start } = openSource({ namespaces: ['test'], publishedService: 'front/proxy' });
  api.cluster.put('services', service('proxy', 80, 'front'));
  api.cluster.put('services', service('other', 80, 'front'));
  await start();
  expect([...source.objects().services.keys()]).toEqual(['front/proxy']);
  await source.close();
});

test('a published Service that may not be read is done without', async () => {
  const { api, source, start } = openSource({ namespaces: ['test'], publishedService: 'front/proxy' });
  api.cluster.denials.push({ plural: 'services', namespace: 'front' });
  await start();
  expect([source.objects().services.size, source.findings()]).toEqual([0, []]);
  await source.close();
});
