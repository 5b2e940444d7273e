// A real reflector on a fake API without a network, in time that a test moves: what it knows, said and counted.
import type { ApiObject } from '../../../src/api/objects.ts';
import type { FailureReason } from '../../../src/kube/api-failure.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { defaultTiming } from '../../../src/kube/timing.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import type { Plural } from './cluster-objects.ts';
import { FakeApi } from './fake-api.ts';
import { ManualTimers } from './manual-timers.ts';

/** @param chance what the reflector draws; the middle by default */
export function runReflector<Kept extends ApiObject>(
  resource: Resource<Kept>,
  chance: () => number = () => 0.5,
) {
  const api = new FakeApi();
  const timers = new ManualTimers();
  const stop = new AbortController();
  const seen = {
    failures: [] as FailureReason[],
    waits: [] as number[],
    recoveries: 0,
    missed: 0,
    expectedMissed: 0,
  };
  let snapshot: ReadonlyMap<string, Kept> = new Map();
  const reflector: Reflector<Kept> = new Reflector({
    api,
    clock: timers.clock,
    timers,
    timing: defaultTiming,
    chance,
    resource,
    namespace: undefined,
    observer: {
      changed: () => {
        snapshot = reflector.store.objects();
      },
      failed: ({ reason }, retryAfterMs) => {
        seen.failures.push(reason);
        seen.waits.push(retryAfterMs);
      },
      recovered: () => {
        seen.recoveries += 1;
      },
      missed: (count) => {
        seen.missed += count;
      },
    },
  });
  const known = () => versions([...reflector.store.records()].map(({ key, version }) => [key, version]));
  const wanted = () =>
    versions(
      [...api.cluster.objectsOf(resource.plural as Plural)].map(([key, object]) => [key, versionOf(object)]),
    );
  api.onExactList = (items) => {
    const [mine, theirs] = [
      known(),
      versions((items as readonly JsonMap[]).map((item) => [keyOf(item), versionOf(item)])),
    ];
    const keys = new Set([...mine.keys(), ...theirs.keys()]);
    seen.expectedMissed += [...keys].filter((key) => mine.get(key) !== theirs.get(key)).length;
  };
  const running = reflector.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  return { api, timers, reflector, seen, known, wanted, end, snapshot: () => snapshot };
}

function versions(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function versionOf(object: JsonMap): string {
  return (object['metadata'] as { readonly resourceVersion: string }).resourceVersion;
}

function keyOf(object: JsonMap): string {
  const { namespace, name } = object['metadata'] as { readonly namespace: string; readonly name: string };
  return `${namespace}/${name}`;
}
