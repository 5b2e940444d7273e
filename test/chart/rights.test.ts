// The rights of the controller, in every mode: exactly what it calls, as cluster-wide or as narrow as the values say.
import { beforeEach, describe, expect, test } from 'vitest';
import { needHelm, type Rendered, render, type Values } from './rendering.ts';

beforeEach(needHelm);

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};

const OWN = [
  'edge: get,update leases[web-mattermost-ingress]',
  'edge: get,update secrets[web-mattermost-ingress-sticky-key,web-mattermost-ingress-ticket-key]',
];
const SERVING = [
  'list,watch mattermostingresspolicies',
  'patch mattermostingresspolicies/status',
  'list,watch ingresses',
  'patch ingresses/status',
  'list,watch endpointslices',
  'list,watch services',
  'list,watch configmaps',
  'create,patch events',
];
const CLASSES = 'everywhere: list,watch ingressclasses';
const API_SERVER = 'default: list,watch endpointslices';
const PUBLISHED = 'edge: list,watch services[web-mattermost-ingress]';
const ALL_SECRETS = 'list,watch secrets';

function serving(...places: readonly string[]): readonly string[] {
  return places.flatMap((place) => SERVING.map((right) => `${place}: ${right}`));
}

const narrow = { watchNamespaces: ['chat', 'team'] };
const byName = { ingressClass: { byName: true } };

test.each<[string, Values, readonly string[]]>([
  ['everything', {}, [CLASSES, ...serving('everywhere'), `everywhere: ${ALL_SECRETS}`]],
  ['everything, classes by name', byName, [...serving('everywhere'), `everywhere: ${ALL_SECRETS}`]],
  [
    'named Secrets',
    { secrets: { mode: 'named', named: { chat: ['chat-tls', 'preauth'], team: ['tls'] } } },
    [
      CLASSES,
      ...serving('everywhere'),
      'chat: list,watch secrets[chat-tls,preauth]',
      'team: list,watch secrets[tls]',
    ],
  ],
  ['no Secrets', { secrets: { mode: 'named' } }, [CLASSES, ...serving('everywhere')]],
  [
    'namespaces',
    narrow,
    [
      CLASSES,
      ...serving('chat', 'team'),
      `chat: ${ALL_SECRETS}`,
      `team: ${ALL_SECRETS}`,
      PUBLISHED,
      API_SERVER,
    ],
  ],
  [
    'namespaces, classes by name',
    { ...narrow, ...byName },
    [...serving('chat', 'team'), `chat: ${ALL_SECRETS}`, `team: ${ALL_SECRETS}`, PUBLISHED, API_SERVER],
  ],
  [
    'namespaces, Secrets of the same',
    { ...narrow, secrets: { mode: 'namespaces' } },
    [
      CLASSES,
      ...serving('chat', 'team'),
      `chat: ${ALL_SECRETS}`,
      `team: ${ALL_SECRETS}`,
      PUBLISHED,
      API_SERVER,
    ],
  ],
  [
    'namespaces, named Secrets',
    { ...narrow, secrets: { mode: 'named', named: { chat: ['tls'] } } },
    [CLASSES, ...serving('chat', 'team'), 'chat: list,watch secrets[tls]', PUBLISHED, API_SERVER],
  ],
  [
    'its own namespace and that of the API server among the served ones',
    { watchNamespaces: ['default', 'edge'] },
    [CLASSES, ...serving('default', 'edge'), `default: ${ALL_SECRETS}`, `edge: ${ALL_SECRETS}`],
  ],
  [
    'addresses of another Service',
    { watchNamespaces: ['default'], publishService: { name: 'lb/front' } },
    [CLASSES, ...serving('default'), `default: ${ALL_SECRETS}`, 'lb: list,watch services[front]'],
  ],
  [
    'fixed addresses',
    { watchNamespaces: ['default'], publishAddress: ['192.0.2.1'] },
    [CLASSES, ...serving('default'), `default: ${ALL_SECRETS}`],
  ],
  [
    'a default certificate that is readable already',
    { defaultTlsSecret: 'edge/tls' },
    [CLASSES, ...serving('everywhere'), `everywhere: ${ALL_SECRETS}`],
  ],
  [
    'a default certificate beside named ones',
    { secrets: { mode: 'named', named: { chat: ['a'] } }, defaultTlsSecret: 'chat/tls' },
    [CLASSES, ...serving('everywhere'), 'chat: list,watch secrets[a,tls]'],
  ],
  [
    'shadow mode',
    { updateStatus: false },
    [
      CLASSES,
      ...serving('everywhere').filter((right) => !right.endsWith('ingresses/status')),
      `everywhere: ${ALL_SECRETS}`,
    ],
  ],
])('%s', (_title, values, wanted) => {
  expect(rightsOf(render(values)).toSorted()).toEqual([...OWN, ...wanted].toSorted());
});

test('with classes by name and nothing shared, no object is outside of namespaces', () => {
  const objects = render({
    ...narrow,
    ingressClass: { byName: true, enabled: false },
    crds: { enabled: false },
    rbac: { aggregate: false },
  });
  expect(objects.filter(({ metadata }) => metadata.namespace === undefined)).toEqual([]);
});

test('names of the Lease and the key Secrets follow the values', () => {
  const rights = rightsOf(render({ electionId: 'one', keys: { stickySecret: 'a', ticketSecret: 'b' } }));
  expect(rights).toEqual(
    expect.arrayContaining(['edge: get,update leases[one]', 'edge: get,update secrets[a,b]']),
  );
});

describe('people', () => {
  test.each([
    ['view', ['get', 'list', 'watch'], ['view', 'edit', 'admin']],
    ['edit', ['create', 'update', 'patch', 'delete', 'deletecollection'], ['edit', 'admin']],
  ])('who may %s everything may do so with policies', (word, verbs, roles) => {
    const role = render().find(({ metadata }) => metadata.name === `edge:web-mattermost-ingress:${word}`);
    expect(role).toMatchObject({
      kind: 'ClusterRole',
      rules: [{ apiGroups: ['mattermost-ingress.io'], resources: ['mattermostingresspolicies'], verbs }],
    });
    const aggregated = Object.entries(role?.metadata.labels ?? {}).filter(([name]) =>
      name.includes('aggregate-to'),
    );
    expect(aggregated).toEqual(
      expect.arrayContaining(roles.map((name) => [`rbac.authorization.k8s.io/aggregate-to-${name}`, 'true'])),
    );
    expect(aggregated).toHaveLength(roles.length);
  });
});

/** Every right of the controller's account: `place: verbs resource[names]`. Rights of people are left out. */
function rightsOf(objects: readonly Rendered[]): readonly string[] {
  return objects
    .filter(({ kind }) => kind.endsWith('RoleBinding') || kind === 'ClusterRoleBinding')
    .flatMap((binding) => {
      expect(binding['subjects']).toEqual([
        { kind: 'ServiceAccount', name: 'web-mattermost-ingress', namespace: 'edge' },
      ]);
      const { kind, name } = binding['roleRef'] as { readonly kind: string; readonly name: string };
      const { namespace } = binding.metadata;
      const role = objects.find(
        (each) => each.kind === kind && each.metadata.name === name && each.metadata.namespace === namespace,
      );
      return ((role?.['rules'] ?? []) as readonly Rule[]).flatMap((rule) =>
        rightsIn(rule, namespace ?? 'everywhere'),
      );
    });
}

function rightsIn({ resources, resourceNames, verbs }: Rule, place: string): readonly string[] {
  const names = resourceNames === undefined ? '' : `[${resourceNames.join(',')}]`;
  return resources.map((resource) => `${place}: ${verbs.join(',')} ${resource}${names}`);
}
