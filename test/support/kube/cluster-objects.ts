// Objects of the fake cluster as a user would write them; the fake API server adds what the real one adds.
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';

export type Plural =
  | 'mattermostingresspolicies'
  | 'services'
  | 'endpointslices'
  | 'secrets'
  | 'ingresses'
  | 'ingressclasses'
  | 'configmaps'
  | 'leases'
  | 'events';

export const plurals: readonly Plural[] = [
  'mattermostingresspolicies',
  'services',
  'endpointslices',
  'secrets',
  'ingresses',
  'ingressclasses',
  'configmaps',
  'leases',
  'events',
];

export const groups: Readonly<Record<Plural, string>> = {
  mattermostingresspolicies: '/apis/mattermost-ingress.io/v1alpha1',
  services: '/api/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
  secrets: '/api/v1',
  ingresses: '/apis/networking.k8s.io/v1',
  ingressclasses: '/apis/networking.k8s.io/v1',
  configmaps: '/api/v1',
  leases: '/apis/coordination.k8s.io/v1',
  events: '/apis/events.k8s.io/v1',
};

/** What is written of an object; metadata beyond these comes from the server. */
export type Draft = JsonMap & { readonly metadata: JsonMap & { readonly name: string } };

export function service(name: string, port = 8065, namespace = 'test'): Draft {
  return {
    metadata: { name, namespace },
    spec: { type: 'ClusterIP', ports: [{ name: 'app', port, protocol: 'TCP' }] },
  };
}

export function policy(name: string, namespace = 'test'): Draft {
  const route = { hosts: [`${name}.example.com`], service: { name, port: 8065 } };
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name, namespace },
    spec: { route, admission: { defaultAction: 'Allow' } },
    status: { summary: 'written by a controller' },
  };
}

/** @param port of the one endpoint */
export function slice(name: string, port = 8065, namespace = 'test'): Draft {
  return {
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['127.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: 'Pod', name: `${name}-0`, uid: `uid-of-${name}-0` },
      },
    ],
    ports: [{ name: 'app', port, protocol: 'TCP' }],
  };
}

export function secret(name: string, value = 'x', namespace = 'test', type = 'Opaque'): Draft {
  return { metadata: { name, namespace }, type, data: { key: Buffer.from(value).toString('base64') } };
}

export function ingress(name: string, className = 'mattermost', namespace = 'test'): Draft {
  const backend = { service: { name, port: { number: 8065 } } };
  const paths = [{ path: '/', pathType: 'Prefix', backend }];
  return {
    metadata: { name, namespace },
    spec: { ingressClassName: className, rules: [{ host: `${name}.example.com`, http: { paths } }] },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  };
}

export function ingressClass(name: string, controller = 'mattermost-ingress.io/controller'): Draft {
  return { metadata: { name }, spec: { controller } };
}

export function configMap(name: string, value = 'x', namespace = 'test'): Draft {
  return { metadata: { name, namespace }, data: { 'ca.crt': value } };
}
