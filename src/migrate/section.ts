// A piece of what is printed: what is told of one object of the input, and the policy that comes of it.
import type { POLICY_API_VERSION, POLICY_KIND, PolicySpec } from '../api/policy.ts';
import type { Note } from './note.ts';

export type PrintedPolicy = {
  readonly apiVersion: typeof POLICY_API_VERSION;
  readonly kind: typeof POLICY_KIND;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: PolicySpec;
};

export type Section = {
  readonly title: string;
  /** Sentences that come before the notes. */
  readonly remarks: readonly string[];
  readonly notes: readonly Note[];
  /** Lines that stand in the comment as they are, to be copied. */
  readonly lines?: readonly string[];
  /** Nobody comes in, since what kept some out cannot be carried over. */
  readonly isClosed?: true;
  /** Absent where none is to be written. */
  readonly policy?: PrintedPolicy;
};
