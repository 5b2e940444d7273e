// What our own controller is given: a site that does what such a site does, with rules, stickiness and one endpoint.
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { CommandOptions } from '../stage/proxy-kind.ts';
import { HOST } from './host.ts';

/** The objects as one YAML text. The load comes from loopback, which the second rule lets in. */
export function controllerManifests(options: CommandOptions): string {
  const { transport, backendPort, hasAccessLog, limitPerSecond } = options;
  const isTls = transport === 'tls';
  return `apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: chat, namespace: bench}
spec:
  route:
    hosts: [${HOST}]
    service: {name: mattermost, port: 8065}${isTls ? '\n    tls: {secretName: chat-tls}' : ''}
  admission:
    rules:
      - {name: blocked-networks, sourceCIDRs: [203.0.113.0/24], action: Reset}
      - {name: office-networks, sourceCIDRs: [192.0.2.0/24, 127.0.0.0/8], action: Allow}
      - name: published-endpoints
        paths: [{type: Exact, value: /api/v4/notifications/ack}, {type: Pattern, value: "/oauth/*/complete"}]
        action: Allow
    defaultAction: Deny
  sessionPersistence:
    type: Cookie
    cookie: {name: MMSTICKY}
    fallback: [UserIdentity, SourceAddress]
  accessLog: {enabled: ${hasAccessLog}}${
    limitPerSecond === undefined
      ? ''
      : `\n  limits: {requestsPerSecond: ${limitPerSecond}, burst: ${limitPerSecond}}`
  }
---
apiVersion: v1
kind: Service
metadata: {name: mattermost, namespace: bench}
spec:
  ports: [{name: app, port: 8065}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: mattermost
  namespace: bench
  labels: {kubernetes.io/service-name: mattermost}
addressType: IPv4
ports: [{name: app, port: ${backendPort}}]
endpoints:
  - addresses: [127.0.0.1]
    conditions: {ready: true}
    targetRef: {kind: Pod, name: node-1, uid: bench-node-1}
${isTls ? `---\n${secretText(options)}` : ''}`;
}

function secretText({ files }: CommandOptions): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'chat-tls', namespace: 'bench' },
    stringData: {
      'tls.crt': readFileSync(files.certificate, 'utf8'),
      'tls.key': readFileSync(files.key, 'utf8'),
    },
  });
}
