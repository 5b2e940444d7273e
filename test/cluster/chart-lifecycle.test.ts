// A release from install to uninstall on a real API server: what changes with it, and what must outlive everything.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { policy } from '../support/manifest-builders.ts';
import { PLAIN_CRD, PLAIN_MANIFESTS, useChartCluster, withShortName } from './chart-release.ts';
import { KubeApi } from './harness/kube-api.ts';

const NAME = 'mattermost-ingress';
const KEYS = { sticky: `${NAME}-sticky-key`, ticket: `${NAME}-ticket-key` };
const DATA = { 'key-1': 'a2V5' };
const chart = useChartCluster();

/** Fills the Secret with the right of the controller's own account: an update that names the version it read. */
async function fillKey(name: string): Promise<void> {
  const api = new KubeApi(await chart().cluster.accountAccess(NAME, NAME));
  const path = `/api/v1/namespaces/${NAME}/secrets/${name}`;
  await api.must('PUT', path, { body: { ...(await api.read(path)), data: DATA } });
  await api.close();
}

async function keyData(): Promise<readonly unknown[]> {
  return [await chart().secretData(NAME, KEYS.sticky), await chart().secretData(NAME, KEYS.ticket)];
}

async function workersFlag(): Promise<string | undefined> {
  const { spec } = await chart().cluster.api.read(`/apis/apps/v1/namespaces/${NAME}/deployments/${NAME}`);
  return /--workers=\d+/u.exec(JSON.stringify(spec))?.[0];
}

/** A policy; whoever calls what this returns learns whether it is still the same. */
async function storePolicy(): Promise<() => Promise<void>> {
  const draft = policy('chat');
  // Helm does not wait for that.
  await chart().cluster.servesPolicies();
  const stored = await chart().cluster.apply({ ...draft, metadata: { name: 'chat', namespace: 'default' } });
  return async () => {
    const path = '/apis/mattermost-ingress.io/v1alpha1/namespaces/default/mattermostingresspolicies/chat';
    const { metadata, spec } = await chart().cluster.api.read(path);
    expect({ uid: metadata.uid, spec }).toEqual({ uid: stored.metadata.uid, spec: stored.spec });
  };
}

describe('install', () => {
  test('brings policies, a class and pods, and says what is next', async () => {
    const said = await chart().mustHelm('install', NAME);
    expect(said).toContain('serves class mattermost');
    expect(said).toContain('kubectl get mmip --all-namespaces');
    const { cluster } = chart();
    await cluster.servesPolicies();
    expect(await cluster.mustKubectl('get', 'mmip', '--all-namespaces')).toBe('');
    expect(
      await cluster.mustKubectl('get', 'ingressclass', 'mattermost', '-o', 'jsonpath={.spec.controller}'),
    ).toBe('mattermost-ingress.io/controller');
    expect(await keyData()).toEqual([undefined, undefined]);
  });

  test('twice under one name is refused', async () => {
    await chart().mustHelm('install', NAME);
    const { status, stderr } = await chart().helm('install', NAME);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('cannot reuse a name that is still in use'),
    ]);
  });
});

describe('the keys', () => {
  test('stay as the controller wrote them: upgrade, rollback, uninstall, install', async () => {
    await chart().mustHelm('install', NAME);
    await fillKey(KEYS.sticky);
    await fillKey(KEYS.ticket);
    const steps = [
      () => chart().mustHelm('upgrade', NAME, ['--set', 'workers=3,commonLabels.team=chat']),
      () => chart().mustHelm('upgrade', NAME, ['--set', 'workers=4', '--force-conflicts']),
      () => chart().rollback(NAME, 1),
      () => chart().uninstall(NAME),
      () => chart().mustHelm('install', NAME),
      () => chart().mustHelm('upgrade', NAME),
    ];
    for (const step of steps) {
      await step();
      expect(await keyData()).toEqual([DATA, DATA]);
    }
  });

  test.each([[['--server-side']], [['--server-side', '--force-conflicts']], [[]]])(
    'stay when the rendered chart is applied again and again (kubectl apply %j)',
    async (options) => {
      await chart().createNamespace(NAME);
      const apply = async (values: string) => {
        const yaml = await chart().mustHelm('template', NAME, ['--set', values]);
        await chart().cluster.mustKubectl('apply', ...options, '-f', chart().file('all.yaml', yaml));
      };
      await apply('workers=2');
      await fillKey(KEYS.sticky);
      await apply('workers=2');
      await apply('workers=3');
      expect(await workersFlag()).toBe('--workers=3');
      expect(await keyData()).toEqual([DATA, undefined]);
    },
  );

  test('may be those of a release with another name', async () => {
    await chart().mustHelm('install', NAME);
    await fillKey(KEYS.sticky);
    await chart().uninstall(NAME);
    const values = `crds.enabled=false,keys.stickySecret=${KEYS.sticky},keys.ticketSecret=${KEYS.ticket}`;
    await chart().mustHelm('install', 'other', ['--namespace', NAME, '--set', values]);
    expect(await keyData()).toEqual([DATA, undefined]);
  });
});

describe('upgrade and rollback', () => {
  test('change what the values say', async () => {
    await chart().mustHelm('install', NAME);
    const seen = [await workersFlag()];
    await chart().mustHelm('upgrade', NAME, ['--set', 'workers=3']);
    seen.push(await workersFlag());
    await chart().rollback(NAME, 1);
    seen.push(await workersFlag());
    expect(seen).toEqual(['--workers=2', '--workers=3', '--workers=2']);
  });

  test('change the definition of policies, and leave the policies alone', async () => {
    await chart().mustHelm('install', NAME);
    const expectUntouched = await storePolicy();
    const seen = [await chart().shortNames()];
    await chart().mustHelm('upgrade', NAME, [], chart().chartWithCrd(withShortName));
    seen.push(await chart().shortNames());
    await expectUntouched();
    await chart().rollback(NAME, 1);
    seen.push(await chart().shortNames());
    await expectUntouched();
    expect(seen).toEqual([['mmip'], ['mmi', 'mmip'], ['mmip']]);
  });

  test('from Deployment to DaemonSet leaves one of them', async () => {
    await chart().mustHelm('install', NAME);
    await chart().mustHelm('upgrade', NAME, ['--set', 'kind=DaemonSet']);
    const names = await chart().cluster.mustKubectl('get', 'deployment,daemonset', '-n', NAME, '-o', 'name');
    expect(names).toBe(`daemonset.apps/${NAME}\n`);
  });
});

describe('the definition and all policies outlive', () => {
  test.each([
    ['uninstall', () => chart().uninstall(NAME)],
    ['crds.enabled turned off', () => chart().mustHelm('upgrade', NAME, ['--set', 'crds.enabled=false'])],
  ])('%s', async (_title, step) => {
    await chart().mustHelm('install', NAME);
    const expectUntouched = await storePolicy();
    await step();
    await expectUntouched();
  });
});

test('uninstall leaves the definition and the keys, and nothing else', async () => {
  await chart().mustHelm('install', NAME);
  expect(await chart().uninstall(NAME)).toMatch(/kept due to the resource policy/u);
  const kinds = 'all,sa,secret,role,rolebinding,pdb,hpa,networkpolicy,lease,configmap';
  const left = await chart().cluster.mustKubectl(
    'get',
    kinds,
    '-n',
    NAME,
    '-o',
    'name',
    '--selector',
    'app.kubernetes.io/instance',
  );
  const apart = (text: string) =>
    text.split('\n').filter((name) => name !== '' && !/^(pod|replicaset)/u.test(name));
  expect(apart(left)).toEqual([`secret/${KEYS.sticky}`, `secret/${KEYS.ticket}`]);
  const wide = 'crd,ingressclass,clusterrole,clusterrolebinding';
  expect(
    await chart().cluster.mustKubectl('get', wide, '-o', 'name', '--selector', 'app.kubernetes.io/instance'),
  ).toBe('customresourcedefinition.apiextensions.k8s.io/mattermostingresspolicies.mattermost-ingress.io\n');
});

test('the plain manifests can be applied, and applied again over what the controller wrote', async () => {
  const apply = () =>
    chart().cluster.mustKubectl('apply', '--server-side', '-f', PLAIN_CRD, '-f', PLAIN_MANIFESTS);
  await apply();
  await fillKey(KEYS.sticky);
  const again = await apply();
  expect(again.match(/serverside-applied/gu)?.length).toBeGreaterThan(10);
  expect(await keyData()).toEqual([DATA, undefined]);
  expect(readFileSync(PLAIN_MANIFESTS, 'utf8')).toContain(`image: ${NAME}:`);
});
