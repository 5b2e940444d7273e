// The chart as Helm renders it, read back as objects. Without Helm a test is skipped, with the reason.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findHelm, type HelmResult, runHelm } from '../../scripts/chart-helm.ts';

export const CHART = join(import.meta.dirname, '../../charts/mattermost-ingress');

/** A Helm that was built by hand believes in an old one. */
export const KUBE_VERSION = 'v1.37.1';

/** An object of the API; tests assert on what is below with `toMatchObject`. */
export type Rendered = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [part: string]: unknown;
};

export type Values = Readonly<Record<string, unknown>>;

export type Release = {
  readonly name?: string;
  readonly namespace?: string;
  readonly chart?: string;
  /** More parameters of Helm. */
  readonly parameters?: readonly string[];
};

const helm = findHelm(process.env);

/** For `beforeEach`. */
export function needHelm({ skip }: Pick<TestContext, 'skip'>): void {
  if (helm.kind === 'absent') skip(helm.reason);
}

export function callHelm(...parameters: readonly string[]): HelmResult {
  if (helm.kind === 'absent') throw new Error(helm.reason);
  return runHelm(helm.program, parameters, { HELM_PLUGINS: '/nonexistent' });
}

/** `helm template`; the image is there unless the values say otherwise. */
export function callTemplate(values: Values, release: Release = {}): HelmResult {
  const { name = 'web', namespace = 'edge', chart = CHART, parameters = [] } = release;
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    const file = join(folder, 'values.yaml');
    writeFileSync(
      file,
      JSON.stringify({ image: { repository: 'example.com/mattermost-ingress' }, ...values }),
    );
    const place = ['--namespace', namespace, '--kube-version', KUBE_VERSION];
    return callHelm('template', name, chart, ...place, '--values', file, ...parameters);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All objects. Throws with Helm's words where it refuses. */
export function render(values: Values = {}, release: Release = {}): readonly Rendered[] {
  const { status, output, error } = callTemplate(values, release);
  if (status !== 0) throw new Error(`Helm refused: ${error}`);
  return parseAllDocuments(output, { uniqueKeys: true })
    .map((document) => {
      if (document.errors.length > 0)
        throw new Error(`Rendered what is no YAML: ${String(document.errors[0])}`);
      return document.toJS() as Rendered | null;
    })
    .filter((object) => object !== null);
}

/** What Helm said when it refused. Throws where it did not. */
export function refusal(values: Values, release: Release = {}): string {
  const { status, output, error } = callTemplate(values, release);
  if (status === 0) throw new Error(`Helm rendered it:\n${output}`);
  return error;
}

/** The only object of a kind; with `name`, the one that has it. Throws where there is not exactly one. */
export function only(objects: readonly Rendered[], kind: string, name?: string): Rendered {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`There are ${found.length} of ${kind} ${name ?? ''}, not one`);
  }
  return found[0];
}

type Container = { readonly args: readonly string[]; readonly env: readonly { readonly name: string }[] };

/** The container of Deployment or DaemonSet. */
export function containerOf(objects: readonly Rendered[]): Container & Readonly<Record<string, unknown>> {
  const { containers } = podSpecOf(objects) as { readonly containers: readonly Container[] };
  if (containers[0] === undefined) throw new Error('The pod has no container');
  return { ...containers[0] };
}

export function podSpecOf(objects: readonly Rendered[]): Readonly<Record<string, unknown>> {
  const workload = objects.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
  if (workload === undefined) throw new Error('There is neither a Deployment nor a DaemonSet');
  const { template } = workload['spec'] as { readonly template: { readonly spec: Record<string, unknown> } };
  return template.spec;
}

/** `Kind namespace/name`, or `Kind name` where the object has no namespace. */
export function identity({ kind, metadata }: Rendered): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
