// Every right that the chart grants is needed: where one alone is missing, the controller says so.
import { afterEach, describe, expect, test } from 'vitest';
import { policy } from '../support/manifest-builders.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { useChartCluster } from './chart-release.ts';
import type { Draft } from './harness/kube-api.ts';
import { Namespace } from './harness/namespace.ts';
import { StartingController } from './harness/starting-controller.ts';

const chart = useChartCluster();
const NAME = 'mattermost-ingress';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
/** What the controller may do everywhere, and with what is its own. */
const roles = {
  everywhere: `${RBAC}/clusterroles/${NAME}:${NAME}`,
  own: `${RBAC}/namespaces/${NAME}/roles/${NAME}:${NAME}:own`,
} as const;

type Rule = { readonly resources: readonly string[]; readonly verbs: readonly string[] };

let controller: StartingController | undefined;

afterEach(async () => {
  await controller?.stop();
  controller = undefined;
});

/** Something to read of every kind, and something to tell. */
async function applyObjects(): Promise<void> {
  await chart().createNamespace('chat');
  // One that the last test's controller told of everything would be told nothing.
  await chart().cluster.mustKubectl('delete', 'ingress', 'web', '-n', 'chat', '--ignore-not-found');
  const namespace = new Namespace(chart().cluster.api, 'chat');
  const tls = { mode: 'Verify', serverName: 'chat.internal', caRef: { kind: 'ConfigMap', name: 'ca' } };
  await namespace.apply(policy('chat', { backend: { tls } }), ingress());
}

/** With an annotation that is not supported: an Event says so. */
function ingress(): Draft {
  const annotations = { 'nginx.ingress.kubernetes.io/enable-cors': 'true' };
  const backend = { service: { name: 'web', port: { number: 8065 } } };
  const rule = { host: 'web.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', annotations },
    spec: { ingressClassName: 'mattermost', rules: [rule] },
  };
}

/** Installs, takes one right away from one role, and gives what `run` needs. */
async function installWithout(scope: keyof typeof roles, resource: string, verb: string) {
  const role = roles[scope];
  const { cluster } = chart();
  await chart().mustHelm('install', NAME, ['--set', 'publishAddress={192.0.2.9}']);
  await cluster.installCrd();
  await applyObjects();
  const { rules } = (await cluster.api.read(role)) as unknown as { readonly rules: readonly Rule[] };
  const isIt = (rule: Rule) => rule.resources.includes(resource) && rule.verbs.includes(verb);
  expect(rules.filter(isIt)).toHaveLength(1);
  const less = rules.map((rule) =>
    isIt(rule) ? { ...rule, resources: rule.resources.filter((each) => each !== resource) } : rule,
  );
  await cluster.api.patch(role, { rules: less.filter((rule) => rule.resources.length > 0) });
  const key = (word: string) => [`--${word}-key-secret`, `${NAME}/${NAME}-${word}-key`];
  const election = ['--election-id', NAME, '--election-namespace', NAME, '--publish-address', '192.0.2.9'];
  const kubeconfig = cluster.kubeconfig(await cluster.accountAccess(NAME, NAME));
  return { kubeconfig, options: [...key('sticky'), ...key('ticket'), ...election] };
}

describe('the controller says what it may not', () => {
  test.each<[keyof typeof roles, string, string]>([
    ['everywhere', 'mattermostingresspolicies', 'list'],
    ['everywhere', 'mattermostingresspolicies/status', 'patch'],
    ['everywhere', 'ingresses', 'list'],
    ['everywhere', 'ingresses/status', 'patch'],
    ['everywhere', 'ingressclasses', 'list'],
    ['everywhere', 'endpointslices', 'list'],
    ['everywhere', 'services', 'list'],
    ['everywhere', 'configmaps', 'list'],
    ['everywhere', 'secrets', 'list'],
    ['everywhere', 'events', 'create'],
    ['own', 'leases', 'get'],
  ])('%s: %s, %s', async (scope, resource, verb) => {
    const { kubeconfig, options } = await installWithout(scope, resource, verb);
    controller = new StartingController(kubeconfig, options);
    const said = new RegExp(`cannot ${verb} resource \\\\"${resource}\\\\"`, 'u');
    await controller.log.wait((line) => said.test(JSON.stringify(line)));
    expect(controller.isRunning).toBe(true);
  });

  test('and ends without its keys: nobody could be kept at a node', async () => {
    const { kubeconfig, options } = await installWithout('own', 'secrets', 'get');
    const flags = Object.fromEntries(
      options.flatMap((name, at) => (at % 2 === 0 ? [[name.slice(2), options[at + 1] ?? '']] : [])),
    );
    const started = ControllerProcess.start({ source: { kubeconfig }, flags });
    await expect(started).rejects.toThrow(/grant the controller get and update on secrets/u);
  });
});
