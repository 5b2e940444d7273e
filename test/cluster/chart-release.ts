// The chart on a control plane of its own: releases come and go, and with them what is there once in a cluster.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import type { Cluster, CommandResult } from './harness/cluster.ts';
import type { Stored } from './harness/kube-api.ts';
import { ownCluster } from './harness/shared.ts';

const root = join(import.meta.dirname, '../..');
const CRD = 'mattermostingresspolicies.mattermost-ingress.io';

export const CHART = join(root, 'charts/mattermost-ingress');
export const PLAIN_CRD = join(root, 'deploy/crd.yaml');
export const PLAIN_MANIFESTS = join(root, 'deploy/mattermost-ingress.yaml');
const CRD_PATH = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD}`;

/** A definition goes when all that it defines is gone, which the API server looks at every five seconds. */
const GONE = { timeout: 15_000, interval: 25 };
/** All that the chart makes in these tests. */
const KINDS = [
  'ingressclass,clusterrole,clusterrolebinding',
  'deployment,daemonset,service,serviceaccount,secret,role,rolebinding,pdb,lease,hpa',
].join(',');
const IMAGE = ['--set', 'image.repository=example.com/mattermost-ingress'];
/** What the chart's README says of a second release. */
export const SECOND = [
  '--set',
  'crds.enabled=false,ingressClass.name=internal,ingressClass.controllerValue=mattermost-ingress.io/internal',
];

type Verb = 'install' | 'upgrade' | 'template';

/** A cluster without our CRD, empty again after each test of the file. */
export class ChartCluster {
  readonly cluster: Cluster;
  readonly #stop: () => Promise<void>;

  constructor(cluster: Cluster, stop: () => Promise<void>) {
    this.cluster = cluster;
    this.#stop = stop;
  }

  /** Runs Helm on the chart; the namespace bears the release's name unless the options name one. */
  helm(verb: Verb, release: string, options: readonly string[] = [], chart = CHART): Promise<CommandResult> {
    const place = options.includes('--namespace') ? [] : ['--namespace', release];
    const made = verb === 'install' ? ['--create-namespace'] : [];
    return this.cluster.helm(verb, release, chart, ...place, ...made, ...IMAGE, ...options);
  }

  /** The same, and rejects where Helm fails. */
  async mustHelm(
    verb: Verb,
    release: string,
    options: readonly string[] = [],
    chart = CHART,
  ): Promise<string> {
    return succeed(`helm ${verb}`, await this.helm(verb, release, options, chart));
  }

  async uninstall(release: string, namespace = release): Promise<string> {
    return succeed('helm uninstall', await this.cluster.helm('uninstall', release, '--namespace', namespace));
  }

  async rollback(release: string, revision: number): Promise<string> {
    const options = ['rollback', release, String(revision), '--namespace', release];
    return succeed('helm rollback', await this.cluster.helm(...options));
  }

  async createNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }

  /** Data of a Secret; undefined where it has none. Rejects where there is no such Secret. */
  async secretData(namespace: string, name: string): Promise<unknown> {
    const { data } = await this.cluster.api.read(`/api/v1/namespaces/${namespace}/secrets/${name}`);
    return data;
  }

  /** Writes text to a new file. */
  file(name: string, text: string): string {
    const file = join(mkdtempSync(join(this.cluster.folder, 'file-')), name);
    writeFileSync(file, text);
    return file;
  }

  /** A copy of the chart with another definition of policies. */
  chartWithCrd(edit: (yaml: string) => string): string {
    const chart = join(mkdtempSync(join(this.cluster.folder, 'chart-')), 'mattermost-ingress');
    cpSync(CHART, chart, { recursive: true });
    const file = join(chart, 'templates/crd.yaml');
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
    return chart;
  }

  async shortNames(): Promise<unknown> {
    const { spec } = await this.cluster.api.read(CRD_PATH);
    const names = spec?.['names'] as { readonly shortNames: unknown } | undefined;
    return names?.shortNames;
  }

  /** Takes away all that came of the chart, as whoever it came. Namespaces stay: their end takes long and hinders nobody. */
  async clear(): Promise<void> {
    const { cluster } = this;
    const remove = (...options: readonly string[]) =>
      cluster.mustKubectl('delete', '--wait=false', '--all-namespaces', ...options);
    await Promise.all([
      remove(KINDS, '--selector', 'app.kubernetes.io/part-of=mattermost-ingress'),
      remove('secret', '--selector', 'owner=helm'),
      cluster.mustKubectl('delete', '--wait=false', 'crd', CRD, '--ignore-not-found'),
    ]);
    try {
      await vi.waitFor(() => this.#lacksCrd(), GONE);
    } catch {
      // Seen once in some hundred deletions: the API server's own finalizer hangs, soon after the definition changed.
      const contentType = 'application/merge-patch+json';
      const body = { metadata: { finalizers: [] } };
      // It may have gone just now.
      await cluster.api.ask('PATCH', CRD_PATH, { body, contentType });
      await vi.waitFor(() => this.#lacksCrd(), GONE);
    }
  }

  /** Rejects with what the API server says of the definition while it is there. */
  async #lacksCrd(): Promise<void> {
    const { status, body } = await this.cluster.api.ask('GET', CRD_PATH);
    if (status === 404) return;
    const { conditions } = (body as Stored).status ?? {};
    throw new Error(`The definition of policies is still there: ${JSON.stringify(conditions)}`);
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** For the top of a test file: what it returns may be called in tests. */
export function useChartCluster(): () => ChartCluster {
  let own: ChartCluster | undefined;
  beforeAll(async () => {
    const { cluster, stop } = await ownCluster({ hasControllers: true });
    own = new ChartCluster(cluster, stop);
  });
  afterEach(() => own?.clear());
  afterAll(() => own?.stop());
  return () => {
    if (own === undefined) throw new Error('The control plane did not start');
    return own;
  };
}

function succeed(what: string, { status, stdout, stderr }: CommandResult): string {
  if (status !== 0) throw new Error(`${what} failed: ${stderr}`);
  return stdout;
}

/** The definition with one more short name, as a newer or older version of it. */
export function withShortName(yaml: string): string {
  const changed = yaml.replace('shortNames:\n', 'shortNames:\n      - mmi\n');
  if (changed === yaml) throw new Error('The definition has no short names');
  return changed;
}
