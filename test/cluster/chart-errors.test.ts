// What Helm says of values that do not fit the cluster, and whether the remedy in the chart's README helps.
import { describe, expect, test } from 'vitest';
import { useChartCluster } from './chart-release.ts';

const NAME = 'mattermost-ingress';
const chart = useChartCluster();

type Step = (...parameters: readonly string[]) => Promise<unknown>;
const kubectl: Step = (...parameters) => chart().cluster.mustKubectl(...parameters);
const nothing = () => Promise.resolve();

describe('an upgrade that Helm refuses', () => {
  test.each<
    [
      title: string,
      before: () => Promise<unknown>,
      values: string,
      message: RegExp,
      remedy: () => Promise<unknown>,
      options: readonly string[],
    ]
  >([
    [
      'a Deployment that somebody scaled',
      () => kubectl('scale', 'deployment', NAME, '-n', NAME, '--replicas=3'),
      'workers=3',
      /conflict with "kubectl" with subresource "scale".*: \.spec\.replicas/u,
      nothing,
      ['--force-conflicts'],
    ],
    [
      'another controller for the same class',
      nothing,
      'ingressClass.controllerValue=example.com/other',
      /spec\.controller: Invalid value: "example\.com\/other": field is immutable/u,
      () => kubectl('delete', 'ingressclass', 'mattermost'),
      [],
    ],
    [
      'a namespace that is missing',
      nothing,
      'watchNamespaces={late}',
      /namespaces "late" not found/u,
      () => kubectl('create', 'namespace', 'late'),
      [],
    ],
  ])('%s', async (...[, before, values, message, remedy, options]) => {
    await chart().mustHelm('install', NAME);
    await before();
    const { status, stderr } = await chart().helm('upgrade', NAME, ['--set', values]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    await remedy();
    await chart().mustHelm('upgrade', NAME, ['--set', values, ...options]);
  });

  test.each(['serviceMonitor', 'prometheusRule'])(
    'metrics.%s without the Prometheus operator',
    async (value) => {
      await chart().mustHelm('install', NAME);
      const { status, stderr } = await chart().helm('upgrade', NAME, [
        '--set',
        `metrics.${value}.enabled=true`,
      ]);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/no matches for kind "(ServiceMonitor|PrometheusRule)"/u),
      ]);
    },
  );
});

test('autoscaling can be turned on without losing pods', async () => {
  const replicas = async () =>
    Number(await kubectl('get', 'deployment', NAME, '-n', NAME, '-o', 'jsonpath={.spec.replicas}'));
  await chart().mustHelm('install', NAME);
  await kubectl('scale', 'deployment', NAME, '-n', NAME, '--replicas=3');
  await chart().mustHelm('upgrade', NAME, ['--set', 'autoscaling.enabled=true']);
  expect(await replicas()).toBe(3);
  await chart().mustHelm('upgrade', NAME, ['--set', 'autoscaling.enabled=true,workers=3']);
  expect(await replicas()).toBe(3);
});

test('a release takes over what was installed from the plain manifests', async () => {
  const folder = `${import.meta.dirname}/../../deploy`;
  await kubectl(
    'apply',
    '--server-side',
    '-f',
    `${folder}/crd.yaml`,
    '-f',
    `${folder}/mattermost-ingress.yaml`,
  );
  const { status, stderr } = await chart().helm('install', NAME);
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining('cannot be imported into the current release'),
  ]);
  await chart().mustHelm('upgrade', NAME, ['--install', '--take-ownership', '--force-conflicts']);
  // kubectl keeps its share of what was the same.
  await chart().mustHelm('upgrade', NAME, ['--set', 'workers=3', '--force-conflicts']);
});
