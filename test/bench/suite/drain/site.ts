// The site whose node goes: one policy, and endpoints in the states that a benchmark wants.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from '../../peers/host.ts';

export type Node = { readonly name: string; readonly port: number; readonly isTerminating?: boolean };

export const CLOSES_PER_SECOND = 100;

export class DrainedSite {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** In one move, as tools that write configuration do. */
  write(nodes: readonly Node[]): void {
    const hidden = join(this.#folder, '.site');
    writeFileSync(hidden, SITE + nodes.map(sliceText).join(''));
    renameSync(hidden, join(this.#folder, 'site.yaml'));
  }
}

/** What the backend answers to a ping is no health of Mattermost. */
const SITE = `apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: chat, namespace: bench}
spec:
  route: {hosts: [${HOST}], service: {name: mattermost, port: 8065}}
  admission: {defaultAction: Allow}
  websocket: {reconnects: {perSecond: ${CLOSES_PER_SECOND}, maxSpread: 30s}}
  backend: {healthCheck: {disabled: true}}
  accessLog: {enabled: false}
---
apiVersion: v1
kind: Service
metadata: {name: mattermost, namespace: bench}
spec: {ports: [{name: app, port: 8065}]}
`;

function sliceText({ name, port, isTerminating = false }: Node): string {
  return `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: mattermost-${name}, namespace: bench, labels: {kubernetes.io/service-name: mattermost}}
addressType: IPv4
ports: [{name: app, port: ${port}}]
endpoints:
  - addresses: [127.0.0.1]
    conditions: {ready: ${!isTerminating}, serving: true, terminating: ${isTerminating}}
    targetRef: {kind: Pod, name: ${name}, uid: bench-${name}}
`;
}
