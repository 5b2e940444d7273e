// What the chart makes of its values: one row a value, and the objects that must follow from it.
import { beforeEach, describe, expect, test } from 'vitest';
import { OBJECT_ROWS } from './object-rows.ts';
import {
  callHelm,
  callTemplate,
  CHART,
  KUBE_VERSION,
  containerOf,
  identity,
  needHelm,
  only,
  podSpecOf,
  render,
  type Values,
} from './rendering.ts';

beforeEach(needHelm);

test('helm lint finds nothing', () => {
  const { status, output, error } = callHelm('lint', '--strict', '--kube-version', KUBE_VERSION, CHART);
  expect([status, output]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  expect(`${output}${error}`).not.toMatch(/\[(WARNING|ERROR)\]/u);
});

test('the defaults make these objects and no others', () => {
  expect(render().map(identity).toSorted()).toEqual(
    [
      'ClusterRole edge:web-mattermost-ingress',
      'ClusterRole edge:web-mattermost-ingress:edit',
      'ClusterRole edge:web-mattermost-ingress:view',
      'ClusterRoleBinding edge:web-mattermost-ingress',
      'CustomResourceDefinition mattermostingresspolicies.mattermost-ingress.io',
      'Deployment edge/web-mattermost-ingress',
      'IngressClass mattermost',
      'Lease edge/web-mattermost-ingress',
      'PodDisruptionBudget edge/web-mattermost-ingress',
      'Role edge/edge:web-mattermost-ingress:own',
      'RoleBinding edge/edge:web-mattermost-ingress:own',
      'Secret edge/web-mattermost-ingress-sticky-key',
      'Secret edge/web-mattermost-ingress-ticket-key',
      'Service edge/web-mattermost-ingress',
      'Service edge/web-mattermost-ingress-metrics',
      'ServiceAccount edge/web-mattermost-ingress',
    ].toSorted(),
  );
});

describe('the pod', () => {
  test('has what the profile restricted demands', () => {
    const objects = render();
    expect(podSpecOf(objects)).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(podSpecOf(objects)).not.toHaveProperty('hostNetwork');
    expect(containerOf(objects)).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
  });

  test('knows its name and namespace, and has a memory limit but no CPU limit', () => {
    const { env, resources } = containerOf(render());
    const fieldRef = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
    expect(env).toEqual([
      { name: 'POD_NAME', ...fieldRef('metadata.name') },
      { name: 'POD_NAMESPACE', ...fieldRef('metadata.namespace') },
    ]);
    expect(resources).toMatchObject({ limits: { memory: '1Gi' } });
    expect(resources).not.toHaveProperty('limits.cpu');
  });

  test('is asked about its health on the admin port', () => {
    expect(containerOf(render())).toMatchObject({
      ports: expect.arrayContaining([
        { name: 'http', containerPort: 8080, protocol: 'TCP' },
        { name: 'https', containerPort: 8443, protocol: 'TCP' },
        { name: 'admin', containerPort: 10254, protocol: 'TCP' },
      ]),
      startupProbe: { httpGet: { path: '/livez', port: 'admin' } },
      livenessProbe: { httpGet: { path: '/livez', port: 'admin' } },
      readinessProbe: { httpGet: { path: '/readyz?exclude=draining', port: 'admin' } },
    });
  });

  test.each([
    [{}, 100],
    [{ shutdownDelaySeconds: 0, drainTimeoutSeconds: 0 }, 10],
    [{ shutdownDelaySeconds: 120, drainTimeoutSeconds: 3600 }, 3730],
  ])('%j gives it the time it needs to stop: %i s; there is no preStop hook', (values, seconds) => {
    const objects = render(values);
    expect(podSpecOf(objects)).toMatchObject({ terminationGracePeriodSeconds: seconds });
    expect(containerOf(objects)).not.toHaveProperty('lifecycle');
  });
});

test.each(OBJECT_ROWS)('%s', (_title, values, place, wanted) => {
  const [kind = '', name] = place.split('/');
  expect(only(render(values), kind, name)).toMatchObject(wanted);
});

test('the alert rules come as they are, with their own templates', () => {
  const { spec } = only(render({ metrics: { prometheusRule: { enabled: true } } }), 'PrometheusRule');
  const { groups } = spec as { readonly groups: readonly { readonly rules: readonly object[] }[] };
  expect(JSON.stringify(groups)).toContain('{{ $labels.instance }}');
  expect(groups[0]?.rules.length).toBeGreaterThan(5);
});

test.each<[string, Values, readonly string[]]>([
  [
    'autoscaling leaves the number of pods alone',
    { autoscaling: { enabled: true } },
    ['Deployment.spec.replicas'],
  ],
  [
    'a ClusterIP Service has no traffic policy',
    { service: { type: 'ClusterIP' } },
    ['Service.spec.externalTrafficPolicy'],
  ],
  [
    'a DaemonSet has no budget, no replicas',
    { kind: 'DaemonSet' },
    ['PodDisruptionBudget', 'Deployment', 'DaemonSet.spec.replicas'],
  ],
  ['no CRD', { crds: { enabled: false } }, ['CustomResourceDefinition']],
  ['no class', { ingressClass: { enabled: false } }, ['IngressClass']],
  ['no Service', { service: { enabled: false }, metrics: { service: { enabled: false } } }, ['Service']],
  ['key Secrets of somebody else', { keys: { stickySecret: 'a', ticketSecret: 'b' } }, ['Secret']],
  ['no account', { serviceAccount: { create: false } }, ['ServiceAccount']],
  ['no rights', { rbac: { create: false } }, ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']],
])('%s', (_title, values, absent) => {
  const objects = render(values);
  for (const place of absent) {
    const [kind, ...path] = place.split('.');
    for (const object of objects.filter((each) => each.kind === kind)) {
      expect(path.length, `${identity(object)} is there`).toBeGreaterThan(0);
      expect(object).not.toHaveProperty(path);
    }
  }
});

test('key Secrets are rendered without data, stay after uninstall, and are the same each time', () => {
  const [once, again] = [render(), render()].map((objects) =>
    objects.filter(({ kind }) => kind === 'Secret'),
  );
  expect(once).toHaveLength(2);
  for (const secret of once ?? []) {
    expect(Object.keys(secret).toSorted()).toEqual(['apiVersion', 'kind', 'metadata', 'type']);
    expect(secret.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  }
  expect(again).toEqual(once);
});

test('without an image Helm says how to get one', () => {
  const { status, error } = callTemplate({ image: {} });
  expect(status).toBe(1);
  expect(error).toMatch(
    /image\.repository is not set.*\n.*make image IMAGE=\S+\n\s+kind load docker-image \S+\n/su,
  );
});

test.each([
  ['v1.31.9', 1],
  ['v1.32.0', 0],
  ['v1.37.1-gke.100', 0],
])('Kubernetes %s: exit code %i', (version, status) => {
  expect(callTemplate({}, { parameters: ['--kube-version', version] }).status).toBe(status);
});

test('odd but legal texts come through as they are', () => {
  const values = { extraArgs: ['--log-level=warn: #1'], podAnnotations: { a: 'yes', b: '010', c: '1:30' } };
  const objects = render(values);
  expect(containerOf(objects).args).toContain('--log-level=warn: #1');
  expect(only(objects, 'Deployment')).toMatchObject({
    spec: { template: { metadata: { annotations: values.podAnnotations } } },
  });
});
