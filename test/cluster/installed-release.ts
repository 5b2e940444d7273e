// A release of the chart whose controller runs here: with the chart's arguments, and with its account's rights alone.
import type { ControllerProcess } from '../support/controller-process.ts';
import type { Scene } from '../support/scene.ts';
import { CHART } from './chart-release.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Fields } from './harness/kube-api.ts';

/** What a test cannot leave to the chart: ports that are free here, and an end without delay. */
const HERE = { 'http-port': '0', 'https-port': '0', 'admin-port': '0', workers: '1', 'shutdown-delay': '0' };

export type Release = {
  /** Of the class, too. */
  readonly name: string;
  readonly namespace: string;
  readonly controllerName: string;
  /** Runs what the pod would run. */
  start(): Promise<ControllerProcess>;
};

/** Installs a release with a class of its own, beside others. @param name also that of all that it makes */
export async function installRelease(
  { cluster, scene }: { readonly cluster: Cluster; readonly scene: Scene },
  name: string,
  values: string,
): Promise<Release> {
  const namespace = `${name}-system`;
  const controllerName = `mattermost-ingress.io/${name}`;
  const own = `ingressClass.name=${name},ingressClass.controllerValue=${controllerName}`;
  const set = `crds.enabled=false,image.repository=example.com/a,fullnameOverride=${name},${own},${values}`;
  const placed = ['--namespace', namespace, '--create-namespace', '--set', set];
  const { status, stderr } = await cluster.helm('install', name, CHART, ...placed);
  if (status !== 0) throw new Error(`helm install failed: ${stderr}`);
  const start = async () => {
    const kubeconfig = cluster.kubeconfig(await cluster.accountAccess(namespace, name));
    const flags = { ...(await flagsOf(cluster, { name, namespace })), ...HERE };
    return scene.controller({ source: { kubeconfig }, flags });
  };
  return { name, namespace, controllerName, start };
}

/** Arguments of the container as the API server has them, by name. */
async function flagsOf(
  { api }: Cluster,
  { name, namespace }: Pick<Release, 'name' | 'namespace'>,
): Promise<Readonly<Record<string, string>>> {
  const { spec } = await api.read(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const { spec: pod } = (spec?.['template'] ?? {}) as { readonly spec?: Fields };
  const [container] = (pod?.['containers'] ?? []) as readonly { readonly args: readonly string[] }[];
  const [, ...args] = container?.args ?? [];
  return Object.fromEntries(args.map((arg) => arg.replace(/^--/u, '').split(/=(.*)/u).slice(0, 2)));
}
