// Ingresses as these tests write them, and the policies that name them.
import { hostOf, type Manifest } from '../support/manifest-builders.ts';
import type { Draft } from './harness/kube-api.ts';

const PORT = 8065;

export type IngressParts = {
  /** Default NAME.example.com. */
  readonly host?: string;
  /** Undefined names none. */
  readonly className: string | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Default: all to the Service NAME. */
  readonly paths?: readonly Manifest[];
  /** Secret with the certificate of the host. */
  readonly tls?: string;
};

export function ingress(name: string, parts: IngressParts): Draft {
  const { host = hostOf(name), className, annotations = {}, paths = [pathTo(name)], tls } = parts;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(tls === undefined ? {} : { tls: [{ hosts: [host], secretName: tls }] }),
      rules: [{ host, http: { paths } }],
    },
  };
}

/** One line of an Ingress. */
export function pathTo(service: string, path = '/', pathType = 'Prefix', port = PORT): Manifest {
  return { path, pathType, backend: { service: { name: service, port: { number: port } } } };
}

/** A policy on top of the Ingress with its name. */
export function governing(name: string, parts: Manifest): Draft {
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name },
    spec: { targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name }], ...parts },
  };
}
