// deploy/mattermost-ingress.yaml: the chart rendered once more, for people without Helm.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { CRD_YAML_OPTIONS } from '../src/api/crd.ts';
import { runHelm } from './chart-helm.ts';

/** What is rendered; a change here is a change of the chart's digest too. */
const RENDERING = {
  release: 'mattermost-ingress',
  namespace: 'mattermost-ingress',
  kubeVersion: 'v1.32.0',
  values: ['image.repository=mattermost-ingress', 'crds.enabled=false'],
} as const;

const HELM_LABELS = ['helm.sh/chart', 'app.kubernetes.io/managed-by'];
const HELM_ANNOTATIONS = ['helm.sh/resource-policy'];

/** Generated from others or read by nobody: what they say changes nothing that is rendered. */
const UNRENDERED = new Set(['README.md', '.helmignore', 'templates/crd.yaml', 'templates/NOTES.txt']);

type KubeObject = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
};

/** The whole file. Throws with Helm's words where it refuses the chart. */
export function plainManifests(helm: string, chart: string): string {
  const { release, namespace, kubeVersion, values } = RENDERING;
  const set = values.flatMap((value) => ['--set', value]);
  const place = ['--namespace', namespace, '--kube-version', kubeVersion];
  const { status, output, error } = runHelm(helm, ['template', release, chart, ...place, ...set]);
  if (status !== 0) throw new Error(`Helm does not render the chart: ${error}`);
  const rendered = parseAllDocuments(output).map((document) => document.toJS() as KubeObject | null);
  const objects = [namespaceObject(), ...rendered.filter((object) => object !== null).map(withoutHelm)];
  const texts = objects.map((object) => stringify(object, CRD_YAML_OPTIONS));
  return `${headOf(chartDigest(chart))}${texts.join('---\n')}`;
}

/** Digest of all that decides what is rendered. */
export function chartDigest(chart: string): string {
  const hash = createHash('sha256').update(JSON.stringify(RENDERING));
  const files = readdirSync(chart, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(chart.length + 1))
    .filter((name) => !UNRENDERED.has(name))
    .toSorted();
  for (const name of files) hash.update(`${name}\n`).update(readFileSync(join(chart, name)));
  return hash.digest('hex').slice(0, 16);
}

/** The digest that a generated file names; undefined where it names none. */
export function statedDigest(manifests: string): string | undefined {
  return /^# Chart: (?<digest>[0-9a-f]{16})$/mu.exec(manifests)?.groups?.['digest'];
}

function headOf(digest: string): string {
  return `# Generated from charts/mattermost-ingress by "npm run generate". Do not edit.
# Chart: ${digest}
# kubectl apply --server-side -f crd.yaml && kubectl apply --server-side -f mattermost-ingress.yaml
# The image is the one that "make image" builds; no image is published yet.
`;
}

function namespaceObject(): KubeObject {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const metadata = { name: RENDERING.namespace, labels };
  return Object.assign({ apiVersion: 'v1' }, { kind: 'Namespace', metadata });
}

function withoutHelm(object: KubeObject): KubeObject {
  const { labels, annotations, ...metadata } = object.metadata;
  const kept = {
    labels: without(labels, HELM_LABELS),
    annotations: without(annotations, HELM_ANNOTATIONS),
  };
  const filled = Object.entries(kept).filter(([, entries]) => Object.keys(entries).length > 0);
  return { ...object, metadata: { ...metadata, ...Object.fromEntries(filled) } };
}

function without(
  entries: Readonly<Record<string, string>> = {},
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
}
