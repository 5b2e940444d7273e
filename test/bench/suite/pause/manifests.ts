// Ten thousand objects as one file of manifests, each version of which changes every site.
import { HOST } from '../../peers/host.ts';

/** Policy, Service and EndpointSlice. */
const OBJECTS_EACH = 3;
const SITES = 3_334;

export const OBJECTS = SITES * OBJECTS_EACH;

export type SiteParts = { readonly name: string; readonly host: string; readonly port: number };

/** The site that is asked while the others change. */
export function probedSite(backendPort: number): string {
  return siteText({ name: 'chat', host: HOST, port: backendPort }, 0);
}

/** The same site, whose policy lets no WebSocket stay; those that are open are closed at the highest pace there is. */
export function siteWithoutWebSockets(backendPort: number): string {
  return probedSite(backendPort)
    .replace('rules:\n', 'rules:\n      - {name: no-websockets, request: WebSocket, action: Deny}\n')
    .replace(
      '  accessLog:',
      '  websocket: {onPolicyChange: Recheck, reconnects: {perSecond: 10000}}\n  accessLog:',
    );
}

export function manySites(version: number): string {
  const sites = Array.from({ length: SITES }, (_, index) => {
    const parts = { name: `site-${index}`, host: `site-${index}.example.com`, port: 8065 };
    return siteText(parts, version);
  });
  return sites.join('');
}

/** @param version shows in the policy and in the endpoint */
function siteText({ name, host, port }: SiteParts, version: number): string {
  return `---
apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: ${name}, namespace: bench}
spec:
  route: {hosts: [${host}], service: {name: ${name}, port: 8065}}
  admission:
    rules:
      - {name: office-networks, sourceCIDRs: [192.0.2.0/24, 127.0.0.0/8], action: Allow}
    defaultAction: Deny
  limits: {requestBody: ${100 + version}Mi}
  accessLog: {enabled: false}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: bench}
spec: {ports: [{name: app, port: 8065}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, namespace: bench, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: app, port: ${port}}]
endpoints:
  - addresses: [127.0.0.1]
    conditions: {ready: true}
    targetRef: {kind: Pod, name: ${name}, uid: ${name}-${version}}
`;
}
