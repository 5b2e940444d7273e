// The controller on the cluster: installed by Helm as the docs say, watched by kubectl, removed.
import { join } from 'node:path';
import { helm, type KubeObject, kubectl, list, namesOf, valueOf } from './cluster-tools.ts';
import { OURS, SITES } from './mattermost-objects.ts';
import { until } from './until.ts';

/** Name of the release, of its namespace and of its objects. */
export const RELEASE = 'mattermost-ingress';
export const CRD =
  'customresourcedefinition.apiextensions.k8s.io/mattermostingresspolicies.mattermost-ingress.io';
const CHART = join(import.meta.dirname, '../../charts/mattermost-ingress');
const SELECTOR = `--selector=app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/component=controller`;

const LABELS = Object.entries(OURS).flatMap(([name, value]) => [
  '--set-string',
  `podLabels.${name.replaceAll('.', '\\.')}=${value}`,
]);

/** Of the log lines. */
const ERROR_LEVEL = 50;

type Pod = KubeObject & {
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
};

/** The image as the values of the chart name it. */
export function imageValues(image: string): readonly string[] {
  const at = image.lastIndexOf(':');
  if (at < 0 || image.includes('/', at)) throw new Error(`IMAGE ${image} has no tag: name it NAME:TAG`);
  return ['--set', `image.repository=${image.slice(0, at)}`, '--set', `image.tag=${image.slice(at + 1)}`];
}

/** @returns what Helm warned of */
export async function install(...values: readonly string[]): Promise<string> {
  const place = ['--namespace', RELEASE, '--create-namespace'];
  const { error } = await helm('install', RELEASE, CHART, ...place, ...LABELS, ...values);
  await expectRollout(RELEASE, `deployment/${RELEASE}`);
  return error;
}

/** Values that are not named stay as they are. */
export async function upgrade(...values: readonly string[]): Promise<void> {
  await helm('upgrade', RELEASE, CHART, '--namespace', RELEASE, '--reuse-values', ...values);
  await expectRollout(RELEASE, `deployment/${RELEASE}`);
}

/** All its pods are replaced as by an upgrade. */
export async function restartController(): Promise<void> {
  await upgrade('--set-string', `podAnnotations.restarted=${new Date().toISOString()}`);
}

/** One pod alone, on a node that takes no other, while something is done to it. */
export async function withLastPod(act: (name: string) => Promise<void>): Promise<void> {
  const scale = `scale deployment/${RELEASE} --namespace ${RELEASE}`;
  await kubectl(`${scale} --replicas=1`);
  const [pod] = await until(async () => {
    const pods = await list('pods', RELEASE, SELECTOR);
    if (pods.length > 1) throw new Error(`${pods.length} pods are left`);
    return pods as readonly (Pod & { readonly spec: { readonly nodeName: string } })[];
  }, 120_000);
  if (pod === undefined) throw new Error('No pod of the controller is left');
  await kubectl(`cordon ${pod.spec.nodeName}`);
  try {
    await act(pod.metadata.name);
  } finally {
    await kubectl(`uncordon ${pod.spec.nodeName}`);
    await kubectl(`${scale} --replicas=2`);
    await expectRollout(RELEASE, `deployment/${RELEASE}`);
  }
}

/** WebSockets that go through one pod of the controller. */
export async function webSocketsOf(pod: string): Promise<number> {
  const metrics = await kubectl(`get --raw /api/v1/namespaces/${RELEASE}/pods/${pod}:10254/proxy/metrics`);
  const counts = [...metrics.matchAll(/^mattermost_ingress_websocket_connections\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

export async function expectRollout(namespace: string, object: string): Promise<void> {
  await kubectl(`rollout status ${object} --namespace ${namespace} --timeout=150s`);
}

/** The controller's pods that are not on their way out. */
export async function controllerPods(): Promise<readonly Pod[]> {
  const pods = (await list('pods', RELEASE, SELECTOR)) as readonly Pod[];
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

export function restartsOf({ status }: Pod): number {
  return (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/** Log lines of one pod, parsed. */
export async function logOf(pod: KubeObject): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await kubectl(`logs ${pod.metadata.name} --namespace ${RELEASE} --tail=-1`);
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
}

/** What the controller's pods have logged as an error; warnings are for users. */
export async function errorsLogged(): Promise<readonly string[]> {
  const logs = await Promise.all((await controllerPods()).map(logOf));
  const errors = logs.flat().filter(({ level }) => typeof level === 'number' && level >= ERROR_LEVEL);
  return errors.map((line) => JSON.stringify(line));
}

/** Name of the pod that holds the Lease; empty while none does. */
export function leader(): Promise<string> {
  return valueOf(RELEASE, `lease/${RELEASE}`, '.spec.holderIdentity');
}

/** Gives a Service the address that its cloud would; does nothing where it has one. */
export async function giveAddress(address: string): Promise<void> {
  if ((await valueOf(RELEASE, `service/${RELEASE}`, '.status.loadBalancer.ingress')) !== '') return;
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: address }] } } });
  const patch = `patch service ${RELEASE} --namespace ${RELEASE} --subresource=status --type=merge`;
  await kubectl(patch, `--patch=${status}`);
}

/**
 * Removes what a run that did not come to its end has left. Refuses where somebody else has installed the controller:
 * this test installs, upgrades and removes it.
 */
export async function clearCluster(): Promise<void> {
  const label = Object.entries(OURS).map(([name, value]) => `${name}=${value}`);
  const ours = await kubectl(`get namespaces --selector=${label.join(',')} --output=name`);
  const all = (await kubectl('get namespaces --output=name')).split('\n');
  const foreign = [RELEASE, SITES].filter(
    (name) => all.includes(`namespace/${name}`) && !ours.includes(`namespace/${name}\n`),
  );
  if (foreign.length > 0) {
    throw new Error(
      `Namespace ${foreign.join(', ')} is there already, and not from this test: take another cluster`,
    );
  }
  if (ours.includes(`namespace/${RELEASE}\n`)) {
    await helm('uninstall', RELEASE, '--namespace', RELEASE, '--ignore-not-found');
  }
  for (const line of ours.split('\n').filter((line) => line !== '')) {
    const name = line.replace('namespace/', '');
    // Whatever they still had to do, nobody waits for it.
    await kubectl(`delete pods --all --namespace ${name} --grace-period=0 --force`);
    await kubectl(`delete namespace ${name} --wait=true`);
  }
}

/** Resolves when nothing of the release runs any more. */
export async function uninstall(): Promise<void> {
  await helm('uninstall', RELEASE, '--namespace', RELEASE, '--ignore-not-found', '--wait', '--timeout=150s');
  await until(async () => {
    const pods = await list('pods', RELEASE);
    if (pods.length > 0)
      throw new Error(`Pods are left: ${pods.map(({ metadata }) => metadata.name).join(', ')}`);
  }, 120_000);
}

/** What the cluster looks like, for people who have to find out why a test failed. */
export async function describeTrouble(): Promise<string> {
  const looks: readonly string[] = [
    `get pods,services,endpointslices,leases --namespace ${RELEASE} --output=wide`,
    `get pods,services,mmip,ingresses --namespace ${SITES} --output=wide`,
    `get mmip --namespace ${SITES} --output=yaml`,
    'get events --all-namespaces --sort-by=.metadata.creationTimestamp',
    `logs --namespace ${RELEASE} ${SELECTOR} --prefix --tail=25`,
  ];
  const shown = await Promise.all(
    looks.map(async (look) => `--- kubectl ${look}\n${await kubectl(look).catch(String)}`),
  );
  return shown.join('\n');
}

/** All that is cluster-wide, without what this test makes on purpose. */
export async function clusterNames(): Promise<readonly string[]> {
  const names = await namesOf(undefined);
  return names.filter((name) => ![`namespace/${RELEASE}`, `namespace/${SITES}`].includes(name));
}
