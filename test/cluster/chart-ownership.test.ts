// Whose is the definition of policies? What Helm and kubectl say when two of them mean to have it, and what helps.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHART, PLAIN_CRD, SECOND, useChartCluster, withShortName } from './chart-release.ts';

const NAME = 'mattermost-ingress';
const FOREIGN =
  /CustomResourceDefinition "mattermostingresspolicies\.mattermost-ingress\.io" in namespace "" exists and cannot be imported into the current release: invalid ownership metadata/u;
const chart = useChartCluster();

/** `kubectl apply` of our definition, or of one that differs from it. */
function applyCrd(text: string, ...options: readonly string[]) {
  return chart().cluster.kubectl('apply', ...options, '-f', chart().file('crd.yaml', text));
}

const same = () => readFileSync(PLAIN_CRD, 'utf8');
const different = () => withShortName(same());

describe('kubectl came first', () => {
  test('helm install is refused; --take-ownership takes it over', async () => {
    await applyCrd(same(), '--server-side');
    const { status, stderr } = await chart().helm('install', NAME);
    expect([status, stderr]).toEqual([1, expect.stringMatching(FOREIGN)]);
    expect(stderr).toContain('missing key "app.kubernetes.io/managed-by": must be set to "Helm"');
    await chart().mustHelm('install', NAME, ['--take-ownership']);
    // kubectl keeps its share of what was the same.
    const newer = chart().chartWithCrd(withShortName);
    expect((await chart().helm('upgrade', NAME, [], newer)).stderr).toContain('conflict with "kubectl"');
    await chart().mustHelm('upgrade', NAME, ['--force-conflicts'], newer);
    expect(await chart().shortNames()).toEqual(['mmi', 'mmip']);
  });

  test('crds.enabled=false leaves it with kubectl', async () => {
    await applyCrd(different(), '--server-side');
    await chart().mustHelm('install', NAME, ['--set', 'crds.enabled=false']);
    expect(await chart().shortNames()).toEqual(['mmi', 'mmip']);
  });

  test.each([
    ['server-side', ['--server-side'], 'conflict with "kubectl"'],
    ['client-side', [], 'conflict with "kubectl-client-side-apply"'],
  ])('with another definition, %s: --force-conflicts is needed too', async (_title, options, conflict) => {
    await applyCrd(different(), ...options);
    const { status, stderr } = await chart().helm('install', NAME, ['--take-ownership']);
    expect([status, stderr]).toEqual([1, expect.stringContaining(conflict)]);
    expect(stderr).toContain('.spec.names.shortNames');
    // The failed install is a release already, so that it is an upgrade now.
    const again = ['--take-ownership', '--force-conflicts'];
    expect((await chart().helm('install', NAME, again)).stderr).toContain(
      'cannot reuse a name that is still in use',
    );
    await chart().mustHelm('upgrade', NAME, ['--install', ...again]);
    expect(await chart().shortNames()).toEqual(['mmip']);
  });
});

describe('Helm came first', () => {
  test('kubectl may apply the same', async () => {
    await chart().mustHelm('install', NAME);
    expect(await applyCrd(same(), '--server-side')).toMatchObject({ status: 0 });
    await chart().mustHelm('upgrade', NAME);
  });

  test('another definition needs --force-conflicts, and so does Helm afterwards', async () => {
    await chart().mustHelm('install', NAME);
    const refused = await applyCrd(different(), '--server-side');
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining('conflict with "helm": .spec.names.shortNames'),
    ]);
    expect(await applyCrd(different(), '--server-side', '--force-conflicts')).toMatchObject({ status: 0 });
    const { status, stderr } = await chart().helm('upgrade', NAME);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('conflict with "kubectl": .spec.names.shortNames'),
    ]);
    await chart().mustHelm('upgrade', NAME, ['--force-conflicts']);
    expect(await chart().shortNames()).toEqual(['mmip']);
  });
});

describe('a second release', () => {
  test.each([
    ['the definition', [], FOREIGN],
    [
      'the class',
      ['--set', 'crds.enabled=false'],
      /IngressClass "mattermost" in namespace "" exists and cannot be imported/u,
    ],
  ])('is refused over %s', async (_title, options, message) => {
    await chart().mustHelm('install', NAME);
    const { status, stderr } = await chart().helm('install', 'internal', options);
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr).toContain(
      `key "meta.helm.sh/release-name" must equal "internal": current value is "${NAME}"`,
    );
  });

  test.each([
    ['in a namespace of its own', 'internal', 'internal'],
    ['in the same namespace', 'internal', NAME],
    ['of the same name elsewhere', NAME, 'internal'],
  ])('%s comes and goes beside the first', async (_title, name, namespace) => {
    await chart().mustHelm('install', NAME);
    // The API server writes into the definition until it is served.
    await chart().cluster.servesPolicies();
    const before = await everything();
    await chart().createNamespace(namespace);
    await chart().mustHelm('install', name, ['--namespace', namespace, ...SECOND]);
    expect(await chart().cluster.mustKubectl('get', 'ingressclass', '-o', 'name')).toBe(
      'ingressclass.networking.k8s.io/internal\ningressclass.networking.k8s.io/mattermost\n',
    );
    await chart().uninstall(name, namespace);
    expect(await everything()).toEqual(expect.arrayContaining([...before]));
  });
});

/** What the first release has, with the versions that change when somebody touches it; its pods aside. */
async function everything(): Promise<readonly string[]> {
  const kinds = 'crd,ingressclass,clusterrole,clusterrolebinding,sa,secret,role,rolebinding,pdb,service';
  const columns = 'custom-columns=K:.kind,N:.metadata.name,V:.metadata.resourceVersion';
  const list = [
    '--selector',
    `app.kubernetes.io/instance=${NAME}`,
    '-n',
    NAME,
    '-o',
    columns,
    '--no-headers',
  ];
  return (await chart().cluster.mustKubectl('get', kinds, ...list)).trim().split('\n');
}

test('a release under another name is refused over the definition that the first left; --take-ownership helps', async () => {
  await chart().mustHelm('install', NAME);
  await chart().uninstall(NAME);
  const { status, stderr } = await chart().helm('install', 'other', ['--namespace', NAME]);
  expect([status, stderr]).toEqual([1, expect.stringMatching(FOREIGN)]);
  await chart().mustHelm('install', 'other', ['--namespace', NAME, '--take-ownership']);
  await chart().mustHelm('upgrade', 'other', ['--namespace', NAME]);
});

test('as a dependency of another chart it is installed, upgraded and uninstalled with that', async () => {
  const parent = join(chart().cluster.folder, 'parent');
  mkdirSync(parent);
  cpSync(CHART, join(parent, 'charts/mattermost-ingress'), { recursive: true });
  const dependencies = [
    { name: 'mattermost-ingress', version: '0.1.0', condition: 'mattermost-ingress.enabled' },
  ];
  writeFileSync(
    join(parent, 'Chart.yaml'),
    JSON.stringify({ apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies }),
  );
  const values = (workers: number) => [
    '--set',
    `global.any=1,mattermost-ingress.enabled=true,mattermost-ingress.workers=${workers},mattermost-ingress.image.repository=example.com/x`,
  ];
  await chart().mustHelm('install', 'chat', values(2), parent);
  await chart().mustHelm('upgrade', 'chat', values(3), parent);
  const args = ['get', 'deployment', 'chat-mattermost-ingress', '-n', 'chat', '-o', 'yaml'];
  expect(await chart().cluster.mustKubectl(...args)).toContain('--workers=3');
  await chart().uninstall('chat');
  expect(await chart().cluster.hasCrd()).toBe(true);
});
