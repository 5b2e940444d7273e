// Manifests as the feature tests write them: objects that say only what a test is about, and their YAML.
import { stringify } from 'yaml';

export type Manifest = Readonly<Record<string, unknown>>;

/** Namespace of everything that is built here. */
const NAMESPACE = 'test';
/** Number and name of the one port of every built Service. */
const SERVICE_PORT = 8065;
const PORT_NAME = 'app';

/** Where an endpoint is, and what Kubernetes thinks of it. */
export type EndpointPlace = {
  /** Name of the pod; its UID follows from it. */
  readonly name: string;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
};

/** The parts of a policy's spec; what is left out is built: host `NAME.example.com`, Service NAME, open to all. */
export type PolicyParts = {
  readonly route?: Manifest;
  readonly admission?: Manifest;
  readonly backend?: Manifest;
  readonly [part: string]: unknown;
};

/** Several objects as the text of one file. */
export function yamlOf(...objects: readonly Manifest[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}

/** The host of a site that was built with that name. */
export function hostOf(name: string): string {
  return `${name}.example.com`;
}

/**
 * A site whole: policy, Service, one slice an endpoint. Its nodes are checked only where a test asks for it: many tests
 * count connections, and few of their backends know the ping.
 */
export function site(
  name: string,
  endpoints: readonly EndpointPlace[],
  parts: PolicyParts = {},
): readonly Manifest[] {
  const backend = { healthCheck: { disabled: true }, ...parts.backend };
  return [policy(name, { ...parts, backend }), service(name), ...slices(name, endpoints)];
}

export function policy(name: string, { route, admission, ...rest }: PolicyParts = {}): Manifest {
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      route: { hosts: [hostOf(name)], service: { name, port: SERVICE_PORT }, ...route },
      admission: admission ?? { defaultAction: 'Allow' },
      ...rest,
    },
  };
}

export function service(name: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: { ports: [{ name: PORT_NAME, port: SERVICE_PORT }] },
  };
}

/** A slice has one port number for all of its endpoints: each endpoint gets a slice of its own. */
export function slices(serviceName: string, endpoints: readonly EndpointPlace[]): readonly Manifest[] {
  return endpoints.map(({ name, port, address = '127.0.0.1', ...conditions }) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${serviceName}-${name}`,
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': serviceName },
    },
    addressType: 'IPv4',
    ports: [{ name: PORT_NAME, port }],
    endpoints: [
      { addresses: [address], conditions, targetRef: { kind: 'Pod', name, uid: `uid-of-${name}` } },
    ],
  }));
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData };
}

/** @param pair certificate chain and key, both PEM */
export function tlsSecret(
  name: string,
  pair: { readonly certificate: string; readonly key: string },
): Manifest {
  const { certificate, key } = pair;
  return {
    ...secret(name, { 'tls.crt': certificate, 'tls.key': key }),
    type: 'kubernetes.io/tls',
  };
}
