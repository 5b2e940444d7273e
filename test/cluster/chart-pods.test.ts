// The API server's word on what the chart renders: pods under Pod Security, and every optional object.
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { useChartCluster } from './chart-release.ts';

const chart = useChartCluster();

type Workload = {
  readonly kind: string;
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
};

/** Asks the API server whether it would take the chart's pod into a namespace with that profile enforced. */
async function admitPod(profile: string, values: string) {
  const namespace = `pods-${profile}`;
  await chart().createNamespace(namespace, { 'pod-security.kubernetes.io/enforce': profile });
  const account = 'web-mattermost-ingress';
  await chart().cluster.accountAccess(namespace, account);
  const yaml = await chart().mustHelm('template', 'web', ['--namespace', namespace, '--set', values]);
  const workload = parseAllDocuments(yaml)
    .map((document) => document.toJS() as Workload)
    .find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
  const { metadata, spec } = workload?.spec.template ?? { metadata: {}, spec: {} };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'pod', namespace }, spec };
  return chart().cluster.kubectl(
    'create',
    '--dry-run=server',
    '-f',
    chart().file('pod.yaml', stringify(pod)),
  );
}

describe('a namespace that enforces', () => {
  test.each([
    ['restricted', 'workers=2'],
    ['restricted', 'kind=DaemonSet'],
    ['restricted', 'stateCache.enabled=true'],
    ['privileged', 'hostPort.enabled=true'],
    ['privileged', 'hostNetwork=true,kind=DaemonSet'],
  ])('%s takes pods with %s', async (profile, values) => {
    expect(await admitPod(profile, values)).toMatchObject({ status: 0, stderr: '' });
  });

  test.each([
    ['restricted', 'hostPort.enabled=true', /hostPort/u],
    ['baseline', 'hostPort.enabled=true', /hostPort/u],
    ['baseline', 'hostNetwork=true', /host namespaces \(hostNetwork=true\)/u],
  ])('%s refuses pods with %s, as the notes say', async (profile, values, message) => {
    const { status, stderr } = await admitPod(profile, values);
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    const said = await chart().mustHelm('install', 'web', ['--set', values]);
    expect(said).toContain('kubectl label namespace web pod-security.kubernetes.io/enforce=privileged');
  });

  test('restricted lets the Deployment have its pods', async () => {
    await chart().createNamespace('mattermost-ingress', {
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    await chart().mustHelm('install', 'mattermost-ingress');
    await eventually(async () => {
      const pods = await chart().cluster.api.list('/api/v1/namespaces/mattermost-ingress/pods');
      expect(pods).toHaveLength(2);
    });
  });
});

test.each([
  [
    'everything at once',
    'autoscaling.enabled=true,networkPolicy.enabled=true,metrics.dashboard.enabled=true,stateCache.enabled=true,priorityClassName=system-cluster-critical,ingressClass.default=true',
  ],
  [
    'policies for both ways',
    'networkPolicy.enabled=true,networkPolicy.metricsFrom[0].podSelector.matchLabels.a=b,networkPolicy.egress[0].ports[0].port=53',
  ],
  [
    'a Service on nodes',
    'service.type=NodePort,service.nodePorts.https=30443,service.ipFamilyPolicy=SingleStack',
  ],
  ['a Service inside', 'service.type=ClusterIP'],
  [
    'a load balancer of a class',
    'service.loadBalancerClass=example.com/lb,service.loadBalancerSourceRanges={192.0.2.0/24}',
  ],
  ['a DaemonSet on ports of nodes', 'kind=DaemonSet,hostPort.enabled=true'],
  ['a budget in percent', 'podDisruptionBudget.maxUnavailable=25%'],
])('the API server knows every field: %s', async (_title, values) => {
  await chart().createNamespace('fields');
  const yaml = await chart().mustHelm('template', 'web', ['--namespace', 'fields', '--set', values]);
  const file = chart().file('all.yaml', yaml);
  const options = ['--server-side', '--dry-run=server', '--validate=strict', '-f', file];
  expect(await chart().cluster.kubectl('apply', ...options)).toMatchObject({ status: 0, stderr: '' });
});
