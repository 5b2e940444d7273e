// Table for objects.test.ts: a value each, and the object that must follow from it.
import { expect } from 'vitest';
import type { Values } from './rendering.ts';

/** What a set of values must lead to: the object at the place holds what is wanted. The place is a kind, or Kind/name. */
export type ObjectRow = readonly [title: string, values: Values, place: string, wanted: object];

const full = 'web-mattermost-ingress';

export const OBJECT_ROWS: readonly ObjectRow[] = [
  [
    'a Deployment of two',
    {},
    'Deployment',
    { spec: { replicas: 2, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } },
  ],
  [
    'pods spread over zones and nodes',
    {},
    'Deployment',
    spread(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']),
  ],
  [
    'a DaemonSet',
    { kind: 'DaemonSet' },
    'DaemonSet',
    { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 1 } } } },
  ],
  [
    'ports of nodes',
    { hostPort: { enabled: true } },
    'Deployment',
    podOf({
      containers: [
        {
          ports: [
            { name: 'admin' },
            { name: 'http', containerPort: 8080, hostPort: 80 },
            { name: 'https', hostPort: 443 },
          ],
        },
      ],
    }),
  ],
  [
    'no pod more than ports of nodes allow',
    { hostPort: { enabled: true } },
    'Deployment',
    { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } } },
  ],
  [
    'the network of nodes',
    { hostNetwork: true },
    'Deployment',
    podOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }),
  ],
  [
    'memory for what was read last',
    { stateCache: { enabled: true } },
    'Deployment',
    podOf({
      volumes: [{ name: 'tmp' }, { name: 'state', emptyDir: { medium: 'Memory', sizeLimit: '128Mi' } }],
    }),
  ],
  [
    'an image by digest',
    { image: { repository: 'a/b', digest: `sha256:${'0'.repeat(64)}` } },
    'Deployment',
    podOf({ containers: [{ image: `a/b@sha256:${'0'.repeat(64)}` }] }),
  ],
  [
    'an image by tag',
    { image: { repository: 'a/b', tag: '7' } },
    'Deployment',
    podOf({ containers: [{ image: 'a/b:7' }] }),
  ],
  [
    'pod settings',
    { podAnnotations: { a: '1' }, podLabels: { b: '2' } },
    'Deployment',
    {
      spec: {
        template: {
          metadata: { annotations: { a: '1' }, labels: { b: '2', 'app.kubernetes.io/instance': 'web' } },
        },
      },
    },
  ],
  [
    'scheduling',
    {
      nodeSelector: { a: 'b' },
      tolerations: [{ operator: 'Exists' }],
      priorityClassName: 'high',
      affinity: { nodeAffinity: {} },
    },
    'Deployment',
    podOf({
      nodeSelector: { a: 'b' },
      tolerations: [{ operator: 'Exists' }],
      priorityClassName: 'high',
      affinity: { nodeAffinity: {} },
    }),
  ],
  [
    'more environment, volumes and arguments',
    {
      extraEnv: [{ name: 'A', value: 'b' }],
      extraVolumes: [{ name: 'v', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'v', mountPath: '/v' }],
    },
    'Deployment',
    podOf({
      containers: [
        {
          env: [{}, {}, { name: 'A', value: 'b' }],
          volumeMounts: [{ name: 'tmp' }, { name: 'v', mountPath: '/v' }],
        },
      ],
      volumes: [{ name: 'tmp' }, { name: 'v' }],
    }),
  ],
  [
    'a Service that keeps client addresses',
    {},
    `Service/${full}`,
    {
      spec: {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        ports: [
          { port: 80, targetPort: 'http' },
          { port: 443, targetPort: 'https' },
        ],
      },
    },
  ],
  [
    'ports of a NodePort Service',
    { service: { type: 'NodePort', nodePorts: { https: 30443 } } },
    `Service/${full}`,
    { spec: { type: 'NodePort', ports: [{ port: 80 }, { port: 443, nodePort: 30443 }] } },
  ],
  [
    'a class of load balancer',
    {
      service: {
        loadBalancerClass: 'a.example.com/b',
        loadBalancerSourceRanges: ['192.0.2.0/24'],
        annotations: { c: 'd' },
      },
    },
    `Service/${full}`,
    {
      metadata: { annotations: { c: 'd' } },
      spec: { loadBalancerClass: 'a.example.com/b', loadBalancerSourceRanges: ['192.0.2.0/24'] },
    },
  ],
  [
    'the default class',
    { ingressClass: { default: true } },
    'IngressClass',
    {
      metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'mattermost-ingress.io/controller' },
    },
  ],
  [
    'another class',
    { ingressClass: { name: 'internal', controllerValue: 'example.com/internal' } },
    'IngressClass',
    { metadata: { name: 'internal' }, spec: { controller: 'example.com/internal' } },
  ],
  ['a budget for disruptions', {}, 'PodDisruptionBudget', { spec: { maxUnavailable: 1 } }],
  [
    'a HorizontalPodAutoscaler that lets go slowly',
    { autoscaling: { enabled: true, maxReplicas: 4 } },
    'HorizontalPodAutoscaler',
    {
      spec: {
        minReplicas: 2,
        maxReplicas: 4,
        behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
        scaleTargetRef: { kind: 'Deployment', name: full },
      },
    },
  ],
  [
    'a NetworkPolicy',
    { networkPolicy: { enabled: true } },
    'NetworkPolicy',
    { spec: { policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 'http' }, { port: 'https' }] }] } },
  ],
  [
    'a NetworkPolicy for both ways',
    {
      networkPolicy: {
        enabled: true,
        metricsFrom: [{ podSelector: {} }],
        egress: [{ ports: [{ port: 53 }] }],
      },
    },
    'NetworkPolicy',
    {
      spec: {
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{}, { from: [{ podSelector: {} }], ports: [{ port: 'admin' }] }],
        egress: [{ ports: [{ port: 53 }] }],
      },
    },
  ],
  [
    'a ServiceMonitor',
    { metrics: { serviceMonitor: { enabled: true, labels: { release: 'prometheus' } } } },
    'ServiceMonitor',
    {
      metadata: { labels: { release: 'prometheus' } },
      spec: { endpoints: [{ port: 'metrics', path: '/metrics', honorLabels: true }] },
    },
  ],
  [
    'a dashboard',
    { metrics: { dashboard: { enabled: true } } },
    'ConfigMap',
    {
      metadata: { labels: { grafana_dashboard: '1' } },
      data: { 'mattermost-ingress.json': expect.stringContaining('{{host}}') },
    },
  ],
  [
    'labels for all',
    { commonLabels: { team: 'chat' } },
    'ServiceAccount',
    { metadata: { labels: { team: 'chat' } } },
  ],
  [
    'a CRD that neither Helm nor Argo CD deletes',
    {},
    'CustomResourceDefinition',
    {
      metadata: {
        annotations: { 'helm.sh/resource-policy': 'keep', 'argocd.argoproj.io/sync-options': 'Prune=false' },
      },
    },
  ],
];

function podOf(spec: object): object {
  return { spec: { template: { spec } } };
}

function spread(keys: readonly string[]): object {
  const constraints = keys.map((topologyKey) => ({ topologyKey, matchLabelKeys: ['pod-template-hash'] }));
  return podOf({ topologySpreadConstraints: constraints });
}
