// A whole source on a fake API without a network, in time that a test moves: what it knows, logs and counts.
import { pino } from 'pino';
import type { ObjectSet } from '../../../src/api/objects.ts';
import { createKubeSource, type KubeSourceOptions } from '../../../src/kube/source.ts';
import { defaultTiming } from '../../../src/kube/timing.ts';
import { configMap, ingress, ingressClass, policy, secret, service, slice } from './cluster-objects.ts';
import { FakeApi } from './fake-api.ts';
import type { FakeCluster } from './fake-cluster.ts';
import { ManualTimers } from './manual-timers.ts';

export type VirtualOptions = Partial<
  Pick<
    KubeSourceOptions,
    | 'namespaces'
    | 'secretsMode'
    | 'ingressClassReading'
    | 'knownServerAddresses'
    | 'publishedService'
    | 'stateCache'
  >
> & { readonly cluster?: FakeCluster; readonly timers?: ManualTimers };

export function openSource({ cluster, timers = new ManualTimers(), ...options }: VirtualOptions = {}) {
  const api = new FakeApi(cluster);
  const lines: Record<string, unknown>[] = [];
  const counts = { failed: [] as string[], missed: 0, schemaOutdated: undefined as boolean | undefined };
  const source = createKubeSource({
    api,
    timers,
    clock: timers.clock,
    timing: defaultTiming,
    chance: () => 0.5,
    namespaces: [],
    secretsMode: 'cluster',
    ingressClassReading: { kind: 'all' },
    knownServerAddresses: [],
    log: pino(
      { base: null, level: 'debug' },
      { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    metrics: {
      watchFailed: (kind, reason) => counts.failed.push(`${kind} ${reason}`),
      eventsMissed: (count) => {
        counts.missed += count;
      },
      schemaChecked: (isOutdated) => {
        counts.schemaOutdated = isOutdated;
      },
    },
    ...options,
  });
  let changes = 0;
  const start = () => source.start(() => (changes += 1));
  const logged = (words: string) => lines.filter(({ msg }) => String(msg).includes(words));
  return { api, timers, lines, logged, counts, source, start, changes: () => changes };
}

/** One object of every kind. */
export function applyAll({ cluster }: Pick<FakeApi, 'cluster'>, name: string, namespace = 'test'): void {
  cluster.put('mattermostingresspolicies', policy(name, namespace));
  cluster.put('ingresses', ingress(name, 'mattermost', namespace));
  cluster.put('ingressclasses', ingressClass('mattermost'));
  cluster.put('services', service(name, 8065, namespace));
  cluster.put('endpointslices', slice(name, 8065, namespace));
  cluster.put('secrets', secret(name, 'x', namespace));
  cluster.put('configmaps', configMap(name, 'x', namespace));
}

/** Keys of the objects of each kind that has any. */
export function keysOf(objects: ObjectSet): Readonly<Record<string, readonly string[]>> {
  const keys = Object.entries(objects).map(([kind, map]) => [kind, [...map.keys()]] as const);
  return Object.fromEntries(keys.filter(([, each]) => each.length > 0));
}
