// Small worlds of policies, Ingresses and classes that get in each other's way, as fast-check draws them.
import fc from 'fast-check';
import type { ApiObject, Ingress, RawPolicy } from '../../src/api/objects.ts';
import { ANY_HOST } from '../../src/model/configuration.ts';
import {
  ingress,
  ingressClass,
  type IngressLine,
  objectSet,
  policy,
  route,
  secret,
  service,
  slice,
  targetPolicy,
} from '../../src/translate/test-objects.ts';

const NGINX = 'nginx.ingress.kubernetes.io';
const HOSTS = ['chat.example.com', 'a.example.com', '*.example.com'] as const;
const CONTROLLER = 'mattermost-ingress.io/controller';
/** Networks that rules and annotations let in; nobody else comes in by address. */
const LISTED = '192.0.2.0/24';
export const SECRET_HEADER = { name: 'X-Secret', value: '0123456789abcdef' };
export const TOKEN_PATH = '/.well-known/acme-challenge/To_ken-1';

const AGES = [undefined, '2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'];
const namespaces = fc.constantFrom('chat', 'chat', 'chat', 'team');
const paths = fc.constantFrom('/', '/', '/x', '/x/y', '=/x', TOKEN_PATH);

const header = { name: SECRET_HEADER.name, secretRef: { name: 'preauth' } };
const admissions = fc.constantFrom<object>(
  { defaultAction: 'Allow' },
  { defaultAction: 'Deny' },
  { rules: [{ name: 'office', sourceCIDRs: [LISTED], action: 'Allow' }], defaultAction: 'Deny' },
  { rules: [{ name: 'app', headers: [header], action: 'Allow' }], defaultAction: 'Deny' },
);

const age = fc.constantFrom(...AGES).map((creationTimestamp) => {
  return creationTimestamp === undefined ? {} : { creationTimestamp };
});

const policyTls = fc.option(
  fc.record({ secretName: fc.constantFrom('tls', 'gone'), redirectHTTP: fc.boolean() }),
  { nil: undefined },
);

const routePolicies = fc
  .record({
    namespace: namespaces,
    name: fc.constantFrom('p1', 'p2'),
    hosts: fc.subarray([...HOSTS], { minLength: 1 }),
    path: fc.constantFrom('/', '/x'),
    tls: policyTls,
    admission: admissions,
    className: fc.constantFrom(undefined, undefined, 'mattermost', 'other', 'foreign'),
    metadata: age,
  })
  .map(({ namespace, name, hosts, path, tls, admission, className, metadata }): RawPolicy => {
    const classed = className === undefined ? {} : { ingressClassName: className };
    const more = { path, ...(tls === undefined ? {} : { tls }) };
    const spec = { route: route(hosts, more), admission, ...classed };
    return policy(`${namespace}/${name}`, spec, metadata);
  });

const targetPolicies = fc
  .record({
    namespace: namespaces,
    name: fc.constantFrom('p3', 'p4'),
    names: fc.subarray(['i1', 'i2', 'i3'], { minLength: 1 }),
    admission: admissions,
    metadata: age,
  })
  .map(({ namespace, name, names, admission, metadata }) =>
    targetPolicy(`${namespace}/${name}`, names, { admission }, metadata),
  );

/** Any valid policy. */
export const anyPolicy: fc.Arbitrary<RawPolicy> = fc.oneof(routePolicies, targetPolicies);

const annotations = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  { [`${NGINX}/whitelist-source-range`]: LISTED },
  { [`${NGINX}/auth-url`]: 'https://auth.example.com' },
  { [`${NGINX}/ssl-redirect`]: 'false' },
  { [`${NGINX}/force-ssl-redirect`]: 'true' },
  { 'mattermost-ingress.io/require-policy': 'true' },
);

const tlsEntries = fc.constantFrom<Ingress['tls']>(
  [],
  [],
  [{ hosts: ['chat.example.com'], secretName: 'tls' }],
  [{ hosts: [], secretName: 'gone' }],
  [{ hosts: ['*.example.com'] }],
);

const lines = fc.array(
  fc.tuple(fc.constantFrom(...HOSTS, ANY_HOST), paths).map(([host, path]): IngressLine => [host, path]),
  { minLength: 1, maxLength: 3 },
);

/** Any Ingress: of our classes, of others, of none. */
export const anyIngress: fc.Arbitrary<Ingress> = fc
  .record({
    namespace: namespaces,
    name: fc.constantFrom('i1', 'i2', 'i3', 'i4'),
    rules: lines,
    annotations,
    tls: tlsEntries,
    className: fc.constantFrom('mattermost', 'mattermost', 'mattermost', 'other', 'foreign', undefined),
    hasDefault: fc.integer({ min: 0, max: 5 }),
    metadata: age,
  })
  .map(({ namespace, name, rules, className, hasDefault, metadata, ...more }) => {
    const made = ingress(`${namespace}/${name}`, rules, {
      ...more,
      metadata: { namespace, name, ...metadata },
      ...(hasDefault === 0 ? { defaultBackend: { serviceName: 'mattermost', port: 8065 } } : {}),
    });
    const { ingressClassName: _, ...unclassed } = made;
    return className === undefined ? unclassed : { ...made, ingressClassName: className };
  });

export const CLASSES = [
  ingressClass('mattermost', CONTROLLER),
  ingressClass('other', CONTROLLER, { isDefault: true }),
  ingressClass('foreign', 'k8s.io/ingress-nginx'),
];

/** Nodes and Secrets that all of them may use. */
export const SURROUNDINGS: readonly ApiObject[] = ['chat', 'team'].flatMap((namespace) => [
  service(`${namespace}/mattermost`),
  slice(`${namespace}/one`, [{ addresses: ['10.0.0.1'], conditions: {}, targetUid: `uid-${namespace}` }]),
  secret(`${namespace}/preauth`, { key: SECRET_HEADER.value }),
  secret(`${namespace}/tls`, { 'tls.crt': 'rubbish', 'tls.key': '' }),
]);

/** A world of valid objects, without two of one name. */
export const anyWorld: fc.Arbitrary<readonly ApiObject[]> = fc
  .tuple(fc.array(anyPolicy, { maxLength: 4 }), fc.array(anyIngress, { maxLength: 5 }))
  .map(([policies, ingresses]) => unique([...policies, ...ingresses, ...CLASSES, ...SURROUNDINGS]));

/** Of objects with one key the last. */
export function unique(objects: readonly ApiObject[]): readonly ApiObject[] {
  return Object.values(objectSet(...objects)).flatMap((ofKind: ReadonlyMap<string, ApiObject>) => [
    ...ofKind.values(),
  ]);
}
