// What a controller has told the API server: the conditions of a policy, Events about an object, the row of kubectl.
import { expect, vi } from 'vitest';
import type { Cluster } from './harness/cluster.ts';
import type { Fields, Stored } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';

/**
 * A new leader waits two seconds, and an object is written at most every five; a leader that was paused for too long is
 * replaced after seventeen.
 */
export const TOLD = { timeout: 60_000, interval: 50 };

type Condition = { readonly type: string; readonly status: string; readonly reason: string };

/** As TYPE=STATUS REASON. @param holder the status of a policy, or one of its ancestors */
export function conditionsIn(holder: Fields | undefined): readonly string[] {
  const conditions = (holder?.['conditions'] ?? []) as readonly Condition[];
  return conditions.map((each) => `${each.type}=${each.status} ${each.reason}`);
}

/** Resolves when a policy has these conditions among others. @returns the policy */
export function says(namespace: Namespace, name: string, ...conditions: readonly string[]): Promise<Stored> {
  return vi.waitFor(async () => {
    const policy = await namespace.read('MattermostIngressPolicy', name);
    expect(conditionsIn(policy.status)).toEqual(expect.arrayContaining([...conditions]));
    return policy;
  }, TOLD);
}

/** Events about an object that one controller told. */
export async function eventsAbout(
  namespace: Namespace,
  name: string,
  controllerName: string,
): Promise<readonly Stored[]> {
  const events = await namespace.api.list(`/apis/events.k8s.io/v1/namespaces/${namespace.name}/events`);
  return events.filter(
    (event) =>
      event['reportingController'] === controllerName && (event['regarding'] as Fields)['name'] === name,
  );
}

/** Resolves when a Warning of that reason was told about the object. @returns its text */
export function warns(
  namespace: Namespace,
  name: string,
  { controllerName, reason }: { readonly controllerName: string; readonly reason: string },
): Promise<string> {
  return vi.waitFor(async () => {
    const events = await eventsAbout(namespace, name, controllerName);
    const found = events.find((event) => event['reason'] === reason && event['type'] === 'Warning');
    expect(events.map((event) => event['reason'])).toContain(reason);
    return String(found?.['note']);
  }, TOLD);
}

/** What `kubectl get mmip` shows of a policy, by column; without its age. */
export async function rowOf(cluster: Cluster, namespace: Namespace, name: string) {
  const text = await cluster.mustKubectl('get', 'mmip', name, '-n', namespace.name);
  const [head = [], row = []] = text.split('\n').map((line) => line.trim().split(/\s{2,}/u));
  const columns = head.map((column, at) => [column, row[at]] as const);
  return Object.fromEntries(columns.filter(([column]) => column !== 'AGE'));
}
