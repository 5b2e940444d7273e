// A real reflector on a fake API without a network, in time that a test moves: what it knows, said and counted.
import { pino } from 'pino';
import type { ApiObject } from '../../../src/api/objects.ts';
import type { FailureReason } from '../../../src/kube/api-failure.ts';
import { PolicyGuard } from '../../../src/kube/policy-guard.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { ServedSchema } from '../../../src/kube/served-schema.ts';
import { defaultTiming } from '../../../src/kube/timing.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { plurals } from './cluster-objects.ts';
import { FakeApi } from './fake-api.ts';
import { ManualTimers } from './manual-timers.ts';

/** Policies are guarded as in the program. @param chance what the reflector draws; the middle by default */
export function runReflector<Kept extends ApiObject>(
  resource: Resource<Kept>,
  chance: () => number = () => 0.5,
  api = new FakeApi(),
) {
  const timers = new ManualTimers();
  const stop = new AbortController();
  const verdicts: boolean[] = [];
  const lines: string[] = [];
  const seen = {
    failures: [] as FailureReason[],
    messages: [] as string[],
    waits: [] as number[],
    recoveries: 0,
    missed: 0,
    expectedMissed: 0,
  };
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  const schema = new ServedSchema({ api, log, onVerdict: (isOutdated) => verdicts.push(isOutdated) });
  const tools = { api, clock: timers.clock, timers, timing: defaultTiming, chance };
  const guard = resource.confirmsDeletion ? new PolicyGuard({ ...tools, log, schema }) : undefined;
  let snapshot: ReadonlyMap<string, Kept> = new Map();
  const reflector: Reflector<Kept> = new Reflector({
    ...tools,
    resource,
    namespace: undefined,
    guard,
    observer: {
      changed: () => {
        snapshot = reflector.store.objects();
      },
      failed: ({ reason, message }, retryAfterMs) => {
        seen.failures.push(reason);
        seen.messages.push(message);
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
  const wanted = () => versions(listed(api, resource).map((object) => [keyOf(object), versionOf(object)]));
  api.onExactList = (items) => {
    const mine = new Map(
      [...reflector.store.records()].map(({ key, uid, version }) => [key, { uid, version }]),
    );
    const theirs = new Map(
      (items as readonly JsonMap[]).map((item) => [
        keyOf(item),
        { uid: uidOf(item), version: versionOf(item) },
      ]),
    );
    for (const key of new Set([...mine.keys(), ...theirs.keys()]))
      seen.expectedMissed += eventsBetween(mine.get(key), theirs.get(key));
  };
  const running = reflector.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  return {
    api,
    timers,
    reflector,
    guard,
    seen,
    verdicts,
    lines,
    known,
    wanted,
    end,
    snapshot: () => snapshot,
  };
}

function versions(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

type Incarnation = { readonly uid: string; readonly version: string };

/** One that is gone and there anew is two events. */
function eventsBetween(one: Incarnation | undefined, other: Incarnation | undefined): number {
  if (one?.uid === other?.uid) return one?.version === other?.version ? 0 : 1;
  return one === undefined || other === undefined ? 1 : 2;
}

function uidOf(object: JsonMap): string {
  return (object['metadata'] as { readonly uid: string }).uid;
}

function versionOf(object: JsonMap): string {
  return (object['metadata'] as { readonly resourceVersion: string }).resourceVersion;
}

/** Classes of the cluster have the empty namespace. */
function keyOf(object: JsonMap): string {
  const metadata = object['metadata'] as { readonly namespace?: string; readonly name: string };
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** The items of a fresh list. */
function listed({ cluster }: FakeApi, { plural, query }: Resource<ApiObject>): readonly JsonMap[] {
  const known = plurals.find((each) => each === plural);
  if (known === undefined) throw new Error(`Unknown kind: ${plural}`);
  const { body } = cluster.list({ plural: known, namespace: undefined }, new URLSearchParams(query));
  return body['items'] as readonly JsonMap[];
}
