// A node of Kubernetes that is drained of this test's pods, and given back.
import { kubectl } from './cluster-tools.ts';
import { RELEASE } from './installation.ts';
import { OURS, SITES } from './mattermost-objects.ts';

export type Pods = { readonly mattermost: readonly string[]; readonly controllers: readonly string[] };

const [[LABEL, VALUE] = ['', '']] = Object.entries(OURS);
const SELECTOR = `${LABEL}=${VALUE}`;
/** More than the longest grace period of the pods. */
const DRAIN_SECONDS = 120;
/** What kubectl says when a budget has held it up for all that time. */
const HELD_UP = /global timeout reached/;

/** The node that most of the pods are on. */
export async function fullestNode(): Promise<string> {
  const counts = new Map<string, number>();
  for (const { node } of await places()) counts.set(node, (counts.get(node) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (most === undefined) throw new Error(`No pod has the label ${SELECTOR}`);
  return most[0];
}

export async function podsOn(node: string): Promise<Pods> {
  const there = (await places()).filter((place) => place.node === node);
  const of = (namespace: string) =>
    there.filter((place) => place.namespace === namespace).map(({ name }) => name);
  return { mattermost: of(SITES), controllers: of(RELEASE) };
}

/**
 * Drains the node and gives it back. Where there is no other node the budgets keep the last pod of each kind: the new
 * ones find no place before that. @returns the pods that were evicted
 */
export async function drain(node: string): Promise<Pods> {
  const before = await podsOn(node);
  const how = `--ignore-daemonsets --delete-emptydir-data --pod-selector=${SELECTOR} --timeout=${DRAIN_SECONDS}s`;
  try {
    await kubectl(`drain ${node} ${how}`).catch((error: unknown) => {
      if (!HELD_UP.test(String(error))) throw error;
    });
    const after = await podsOn(node);
    const leftFrom = (kind: keyof Pods) => before[kind].filter((name) => !after[kind].includes(name));
    return { mattermost: leftFrom('mattermost'), controllers: leftFrom('controllers') };
  } finally {
    await kubectl(`uncordon ${node}`);
  }
}

/** Of the pods that are not on their way out. */
async function places() {
  const columns =
    '{range .items[*]}{.metadata.namespace} {.metadata.name} {.spec.nodeName} {.metadata.deletionTimestamp}{"\\n"}{end}';
  const text = await kubectl(
    `get pods --all-namespaces --selector=${SELECTOR}`,
    `--output=jsonpath=${columns}`,
  );
  const rows = text.split('\n').map((line) => line.split(' '));
  return rows.flatMap(([namespace = '', name = '', node = '', deletion = '']) =>
    node === '' || deletion !== '' ? [] : [{ namespace, name, node }],
  );
}
