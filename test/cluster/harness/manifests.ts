// Objects that only a real control plane turns into endpoints: pods, the Services that select them, old Endpoints.
import type { Draft } from './kube-api.ts';

const PORT = 8065;
const PORT_NAME = 'app';

/** A Service that selects the pods of the Deployment with its name. */
export function selectingService(name: string): Draft {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: PORT_NAME, port: PORT, targetPort: PORT_NAME }] },
  };
}

export function deployment(name: string, replicas: number): Draft {
  const labels = { app: name };
  const containers = [
    { name: 'mattermost', image: 'local/mattermost:1', ports: [{ name: PORT_NAME, containerPort: PORT }] },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

/** Endpoints as people still write them by hand, for a Service without selector. */
export function endpoints(name: string, addresses: readonly string[]): Draft {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: PORT_NAME, port: PORT }] }],
  };
}
