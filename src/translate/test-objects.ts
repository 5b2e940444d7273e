// Objects for the tests of this folder: small, valid, and changed by what a test is about.
import type {
  ApiObject,
  EndpointSlice,
  Ingress,
  IngressClass,
  ObjectSet,
  RawPolicy,
  Secret,
  Service,
  SliceEndpoint,
} from '../api/objects.ts';
import { keyOf } from '../api/objects.ts';
import { ANY_HOST, type Site } from '../model/configuration.ts';
import { NO_ADDRESSES } from './address-ranges.ts';
import { type Classes, DEFAULT_CLASS } from './classes.ts';
import type { Place } from './places.ts';
import type { Problem } from './problem.ts';
import type { Translation, TranslateSettings } from './translate.ts';

export const SETTINGS: TranslateSettings = {
  hostNamespaces: [],
  deniedEndpoints: NO_ADDRESSES,
  stickyKeys: [Buffer.from('sticky')],
  secretDigestKey: Buffer.from('digest'),
  nowMs: Date.parse('2026-11-22T12:00:00Z'),
};

/** A policy by `namespace/name`; `spec` replaces whole parts of a valid, open one for chat.example.com. */
export function policy(key: string, spec: object = {}, metadata: object = {}): RawPolicy {
  const [namespace = '', name = ''] = key.split('/');
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { namespace, name, ...metadata },
    spec: { route: route('chat.example.com'), admission: { defaultAction: 'Allow' }, ...spec },
  };
}

/** `route` of a policy for these hosts. */
export function route(hosts: string | readonly string[], more: object = {}): object {
  return { hosts: [hosts].flat(), service: { name: 'mattermost', port: 8065 }, ...more };
}

/** A policy by `namespace/name` that governs these Ingresses of its namespace, and lets everybody in. */
export function targetPolicy(
  key: string,
  names: readonly string[],
  spec: object = {},
  metadata: object = {},
): RawPolicy {
  const targetRefs = names.map((name) => ingressRef(name));
  const { route: _, ...rest } = Object(policy(key)['spec']);
  return { ...policy(key, {}, metadata), spec: { ...rest, targetRefs, ...spec } };
}

export function ingressRef(name: string): object {
  return { group: 'networking.k8s.io', kind: 'Ingress', name };
}

/** A path of an Ingress as text, `/chat` for type Prefix and `=/chat` for Exact, with its Service. */
export type IngressLine = readonly [host: string, path: string, serviceName?: string];

/** An Ingress by `namespace/name` of the default class: its lines, one a rule; `*` for a rule without host. */
export function ingress(key: string, lines: readonly IngressLine[], more: Partial<Ingress> = {}): Ingress {
  const [namespace = '', name = ''] = key.split('/');
  const { metadata, ...rest } = more;
  return {
    kind: 'Ingress',
    metadata: { namespace, name, ...metadata },
    annotations: {},
    ingressClassName: DEFAULT_CLASS,
    tls: [],
    rules: lines.map(([host, path, serviceName = 'mattermost']) => ({
      ...(host === ANY_HOST ? {} : { host }),
      paths: [
        {
          path: path.replace(/^=/u, ''),
          pathType: path.startsWith('=') ? ('Exact' as const) : ('Prefix' as const),
          backend: { serviceName, port: 8065 },
        },
      ],
    })),
    ...rest,
  };
}

export function ingressClass(
  name: string,
  controller: string,
  more: Partial<IngressClass> = {},
): IngressClass {
  return { kind: 'IngressClass', metadata: { namespace: '', name }, controller, isDefault: false, ...more };
}

/** Classes as they are where no IngressClass can be read. */
export const DEFAULT_CLASSES: Pick<Classes, 'ownsRoute'> = {
  ownsRoute: (name) => name === undefined || name === DEFAULT_CLASS,
};

/** The place of a valid, open policy by `namespace/name`; the claim is completed. */
export function placeOf(
  key: string,
  { claim, ...more }: Partial<Omit<Place, 'claim'>> & { readonly claim?: Partial<Place['claim']> },
): Place {
  const [namespace = '', name = ''] = key.split('/');
  const reference = more.reference ?? { kind: 'MattermostIngressPolicy', namespace, name };
  const spec = {
    namespace,
    service: { name: 'mattermost', port: 8065 },
    tls: undefined,
    plainHttp: 'serve',
    settings: { admission: { defaultAction: 'Allow' } },
    inheritsAdmission: false,
  } as const;
  return {
    key: `${reference.kind}/${key}`,
    reference,
    policy: key,
    createdMs: Infinity,
    claim: {
      hosts: [],
      path: '/',
      pathType: 'Prefix',
      tls: 'none',
      holdsWildcards: false,
      isFallback: false,
      ...claim,
    },
    content: { kind: 'open', spec },
    isAcme: false,
    fields: {
      hosts: 'spec.route.hosts',
      service: 'spec.route.service',
      tls: 'spec.route.tls.secretName',
    },
    ...more,
  };
}

export function service(key: string, more: Partial<Service> = {}): Service {
  const [namespace = '', name = ''] = key.split('/');
  return { kind: 'Service', metadata: { namespace, name }, ports: [{ name: 'http', port: 8065 }], ...more };
}

/** A slice of Service mattermost. */
export function slice(
  key: string,
  endpoints: readonly SliceEndpoint[],
  more: Partial<EndpointSlice> = {},
): EndpointSlice {
  const [namespace = '', name = ''] = key.split('/');
  return {
    kind: 'EndpointSlice',
    metadata: { namespace, name },
    serviceName: 'mattermost',
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: 'http', port: 8065 }],
    ...more,
  };
}

/** A Secret with these texts as values. */
export function secret(key: string, texts: Readonly<Record<string, string>>): Secret {
  const [namespace = '', name = ''] = key.split('/');
  const entries = Object.entries(texts).map(([field, text]) => [
    field,
    Buffer.from(text, 'latin1').toString('base64'),
  ]);
  return { kind: 'Secret', metadata: { namespace, name }, data: Object.fromEntries(entries) };
}

/** The objects as a set, in the order given. */
export function objectSet(...objects: readonly ApiObject[]): ObjectSet {
  const ofKind = <Kind extends ApiObject['kind']>(kind: Kind) =>
    new Map(
      objects
        .filter((object): object is Extract<ApiObject, { kind: Kind }> => object.kind === kind)
        .map((object) => [keyOf(object.metadata), object]),
    );
  return {
    policies: ofKind('MattermostIngressPolicy'),
    ingresses: ofKind('Ingress'),
    ingressClasses: ofKind('IngressClass'),
    services: ofKind('Service'),
    endpointSlices: ofKind('EndpointSlice'),
    secrets: ofKind('Secret'),
    configMaps: ofKind('ConfigMap'),
  };
}

/** What answers for a host and path, in one line a site: `open POLICY`, `closed POLICY`; nothing where no site has it. */
export function answers({ configuration }: Translation, host: string, path = '/'): readonly string[] {
  const has = (site: Site) => site.hosts.includes(host) && site.path === path;
  return [...configuration.sites.values()]
    .filter(has)
    .map(({ service: { kind }, owner }) => `${kind} ${owner.namespace}/${owner.name}`);
}

/** Reason and field of each problem, in one line. */
export function brief(problems: readonly Pick<Problem, 'reason' | 'field'>[]): readonly string[] {
  return problems.map(({ reason, field }) => `${reason} ${field}`);
}
