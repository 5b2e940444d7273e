// What is wrong with a user's object: a value that becomes a condition, a log line and a line of `check`.
import type { ConditionReason } from '../api/status.ts';

/** Which object a finding speaks of. */
export type ObjectReference = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
};

/** Where in the user's files something stands; lines count from 1. */
export type Location = { readonly file: string; readonly line: number };

/** Reasons that only reading objects can give, from files or from the API server. */
export type ReadReason =
  | 'FileUnreadable'
  | 'YAMLInvalid'
  | 'ObjectInvalid'
  | 'ObjectDuplicate'
  | 'KindUnknown'
  | 'KindUnreadable'
  | 'ObjectUnreadable'
  | 'SchemaOutdated';

export type FindingReason = ConditionReason | ReadReason;

export type Finding = {
  readonly severity: 'error' | 'warning';
  readonly object?: ObjectReference;
  readonly location?: Location;
  /** Path of the field, for example `spec.admission.rules[0].sourceCIDRs[1]`; empty for the whole object. */
  readonly field: string;
  readonly reason: FindingReason;
  /** What is wrong. Never holds a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
};

/** The finding with its place in the user's files, where the source of the objects knows it. */
export function locateFinding(
  finding: Finding,
  locate: (object: ObjectReference, field: string) => Location | undefined,
): Finding {
  const location = finding.object === undefined ? undefined : locate(finding.object, finding.field);
  return location === undefined ? finding : { ...finding, location };
}
