// What to write of one object's status, judged from what is wanted, what the server has, and what we wrote last. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { JsonMap, JsonValue } from '../translate/objects/json-value.ts';
import { isOlder } from './resource-version.ts';
import { hasExtras, isCovered, observedGeneration, stampConditions } from './status-comparison.ts';

/** The kinds whose status we write: where they are served. */
export const statusKinds = {
  MattermostIngressPolicy: {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    plural: 'mattermostingresspolicies',
  },
  Ingress: { apiVersion: 'networking.k8s.io/v1', plural: 'ingresses' },
} as const;

export type StatusKind = keyof typeof statusKinds;

export type DesiredStatus = {
  readonly kind: StatusKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Only fields of ours; conditions may lack `lastTransitionTime`. */
  readonly status: JsonMap;
};

/** An object as the API server last told it: an ObjectRecord. */
export type CurrentStatus = {
  readonly uid: string;
  readonly version: string;
  readonly status?: JsonValue | undefined;
  readonly object?: { readonly metadata: { readonly generation?: number } } | undefined;
};

/** What the server answered to our last write. */
export type WriteAnswer = {
  /** What was wanted then. */
  readonly wanted: JsonMap;
  readonly version: string;
  readonly status: JsonValue | undefined;
};

export type StatusPlan = {
  /** The write builds on this version: whoever has not seen a change must not write over it. */
  readonly version: string;
  readonly status: JsonMap;
};

export type StatusFacts = {
  readonly current: CurrentStatus | undefined;
  readonly answer: WriteAnswer | undefined;
  /** The answer came not long ago, so that `current` may lag behind it. */
  readonly isRecent: boolean;
  readonly controllerName: string;
  /** RFC 3339, for conditions that change now. */
  readonly now: string;
};

/** Undefined where there is nothing to write, or not yet. */
export function planStatus(desired: DesiredStatus, facts: StatusFacts): StatusPlan | undefined {
  const { current, answer, isRecent, now } = facts;
  if (current === undefined || !isJudgedAsItIs(desired, current)) return undefined;
  const lags = answer !== undefined && isRecent && isOlder(current.version, answer.version);
  const known = lags ? answer : current;
  if (isDone(desired.status, known.status, facts)) return undefined;
  return { version: known.version, status: stampConditions(desired.status, known.status, now) };
}

/** Whether the judgement is of this object and generation; if not, the one that is stands in the next translation. */
function isJudgedAsItIs(desired: DesiredStatus, current: CurrentStatus): boolean {
  const judged = observedGeneration(desired.status);
  const generation = current.object?.metadata.generation ?? 0;
  return current.uid === desired.uid && (judged === 0 || judged >= generation);
}

function isDone(
  wanted: JsonMap,
  live: JsonValue | undefined,
  { answer, controllerName }: StatusFacts,
): boolean {
  if (answer?.wanted !== wanted) return isCovered(wanted, live) && !hasExtras(wanted, live, controllerName);
  // What the server made of our last write is all it can make of it: a field it does not know, items of others.
  return isCovered(wanted, live) || isDeepStrictEqual(live, answer.status);
}

/** The path of the status subresource. */
export function statusPath({ kind, namespace, name }: DesiredStatus): string {
  const { apiVersion, plural } = statusKinds[kind];
  return `/apis/${apiVersion}/namespaces/${namespace}/${plural}/${name}/status`;
}

/** What is applied. The uid is checked for Ingresses only (422), the version for both (409). */
export function statusObject({ kind, namespace, name, uid }: DesiredStatus, plan: StatusPlan): JsonMap {
  const { apiVersion } = statusKinds[kind];
  const metadata = { namespace, name, uid, resourceVersion: plan.version };
  return { apiVersion, kind, metadata, status: plan.status };
}
