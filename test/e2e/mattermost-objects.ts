// What users of the controller bring: pods that play Mattermost, their Service, Secrets, policies, an Ingress.
import { generateCertificate } from '../../src/demo/certificate.ts';
import type { Manifest } from '../support/manifest-builders.ts';
import type { KubeObject } from './cluster-tools.ts';

/** Namespace of everything that is made here. */
export const SITES = 'mattermost-e2e';
export const CHAT_HOST = 'chat.example.com';
export const SPREAD_HOST = 'spread.example.com';
export const OPERATOR_HOST = 'operator.example.com';
export const SECRET_HEADER = 'X-Mattermost-Preauth-Secret';

/** Shared by all nodes, also of later pods: sessions outlive them. */
export const TOWN_SECRET = 'town of the e2e test';

const PORT = 8065;
const LABELS = { app: 'mattermost' };

/** Marks namespaces that a later run may remove, and all pods of a run. */
export const OURS = { 'mattermost-ingress.io/e2e': 'true' };

/** The namespace takes restricted pods alone, and says what would not be. */
export function restrictedNamespace(name: string): KubeObject {
  const profile = Object.fromEntries(
    ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
  );
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...OURS, ...profile } } };
}

/** How its pods are replaced. */
export type Manners = {
  /** Pause before SIGTERM, during which a pod serves as before; none where absent. */
  readonly preStopSeconds?: number;
  readonly graceSeconds: number;
  readonly minReadySeconds: number;
};

/** What the runbook recommends. */
export const RECOMMENDED: Manners = { preStopSeconds: 40, graceSeconds: 60, minReadySeconds: 45 };
/** A pause that is long enough for endpoints to be taken out, and short enough for a test. */
export const QUICK: Manners = { preStopSeconds: 5, graceSeconds: 20, minReadySeconds: 0 };

export function mattermost(image: string, replicas: number, manners: Manners): readonly KubeObject[] {
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'mattermost', namespace: SITES },
    spec: {
      replicas,
      minReadySeconds: manners.minReadySeconds,
      selector: { matchLabels: LABELS },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels: { ...LABELS, ...OURS } }, spec: mattermostPod(image, manners) },
    },
  };
  const budget: KubeObject = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'mattermost', namespace: SITES },
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: LABELS } },
  };
  const service: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'mattermost', namespace: SITES },
    spec: { selector: LABELS, ports: [{ name: 'app', port: PORT, targetPort: PORT }] },
  };
  return [deployment, budget, service];
}

/** Mattermost refuses connections the moment it is told to stop, and so does this one. */
function mattermostPod(image: string, { preStopSeconds, graceSeconds }: Manners): Manifest {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'mattermost',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['demo', '--node', '--secret', TOWN_SECRET],
        ports: [{ containerPort: PORT }],
        readinessProbe: {
          httpGet: { path: '/api/v4/system/ping', port: PORT },
          periodSeconds: 1,
          timeoutSeconds: 5,
        },
        ...(preStopSeconds === undefined
          ? {}
          : { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } }),
        resources: { requests: { cpu: '50m', memory: '64Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  };
}

/** @returns the Secret of the site's certificate, and the PEM of the authority that clients have to trust */
export async function certificate(): Promise<{ readonly secret: KubeObject; readonly authority: string }> {
  const { authority, chain, privateKey } = await generateCertificate(CHAT_HOST, Date.now());
  const secret = {
    ...secretOf('chat-tls', { 'tls.crt': chain, 'tls.key': privateKey }),
    type: 'kubernetes.io/tls',
  };
  return { secret, authority };
}

export function secretOf(name: string, stringData: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: SITES }, stringData };
}

function policy(name: string, spec: Manifest): KubeObject {
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name, namespace: SITES },
    spec: { ingressClassName: 'mattermost', ...spec },
  };
}

const service = { name: 'mattermost', port: PORT };

/** The main site; who may come in is what its tests change. @param more fields of its spec */
export function chatPolicy(admission: Manifest, more: Manifest = {}): KubeObject {
  return policy('chat', {
    route: { hosts: [CHAT_HOST], service, tls: { secretName: 'chat-tls' } },
    admission,
    ...more,
  });
}

/** A site that keeps nobody on a node: it shows which nodes are served. */
export function spreadPolicy(): KubeObject {
  return policy('spread', {
    route: { hosts: [SPREAD_HOST], service },
    admission: { defaultAction: 'Allow' },
    sessionPersistence: { type: 'None' },
    backend: { loadBalancing: 'RoundRobin', slowStart: '0s' },
  });
}

/** An Ingress such as the Mattermost operator makes it, without any policy. */
export function operatorIngress(): KubeObject {
  const path = {
    path: '/',
    pathType: 'ImplementationSpecific',
    backend: { service: { name: 'mattermost', port: { number: PORT } } },
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'mattermost',
      namespace: SITES,
      annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '1000M' },
    } as KubeObject['metadata'],
    spec: { ingressClassName: 'mattermost', rules: [{ host: OPERATOR_HOST, http: { paths: [path] } }] },
  };
}
