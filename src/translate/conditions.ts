// Pass 6: what was found about a policy -> its conditions, for people who look at the object and nowhere else.
import {
  ACCEPTED_REASONS,
  type AcceptedReason,
  type Condition,
  RESOLVED_REFS_REASONS,
  type ResolvedRefsReason,
} from '../api/status.ts';
import type { PolicyDraft } from './policies.ts';
import type { Problem } from './problem.ts';
import type { Grant } from './routes.ts';

export type Findings = {
  readonly draft: PolicyDraft;
  readonly grant: Grant;
  /** About what the policy refers to. */
  readonly problems: readonly Problem[];
};

/** A condition that knows neither generation nor time yet. */
type Statement =
  | { readonly type: 'Accepted'; readonly reason: AcceptedReason; readonly message: string }
  | { readonly type: 'ResolvedRefs'; readonly reason: ResolvedRefsReason; readonly message: string };

/** The API server refuses longer messages (metav1.Condition). */
const MAX_MESSAGE_LENGTH = 32_768;

/**
 * Accepted always; ResolvedRefs where the policy is valid, since what an invalid one refers to is not known.
 * @param previous the conditions of the last translation: a status that has not changed keeps its time
 */
export function conditionsOf(
  found: Findings,
  previous: readonly Condition[],
  nowMs: number,
): readonly Condition[] {
  const statements: readonly Statement[] =
    found.draft.policy === undefined ? [accepted(found)] : [accepted(found), resolvedRefs(found.problems)];
  return statements.map((statement) => stamp(statement, found.draft.generation, previous, nowMs));
}

function accepted({ draft, grant }: Findings): Statement {
  const type = 'Accepted';
  if (draft.policy === undefined) return { type, reason: 'Invalid', message: describe(draft.problems) };
  if (grant.problems.length === 0) {
    return { type, reason: 'Accepted', message: ACCEPTED_REASONS.Accepted.meaning };
  }
  const message = describe(grant.problems);
  if (grant.open.length > 0) return { type, reason: 'PartiallyAccepted', message };
  const isForeign = grant.problems.some((problem) => problem.reason === 'HostOwnedElsewhere');
  return { type, reason: isForeign ? 'HostOwnedElsewhere' : 'Conflicted', message };
}

/** The worst reason names the condition; its message tells of all. */
function resolvedRefs(problems: readonly Problem[]): Statement {
  const type = 'ResolvedRefs';
  const own = problems.filter(({ reason }) => reason in RESOLVED_REFS_REASONS);
  const reason = REASONS_BY_WEIGHT.find((candidate) => own.some((problem) => problem.reason === candidate));
  if (reason === undefined) {
    return { type, reason: 'ResolvedRefs', message: RESOLVED_REFS_REASONS.ResolvedRefs.meaning };
  }
  return { type, reason, message: describe(own) };
}

const REASONS_BY_WEIGHT: readonly ResolvedRefsReason[] = [
  'ServiceNotFound',
  'ServiceUnsupported',
  'ServicePortNotFound',
  'SecretNotFound',
  'SecretInvalid',
  'EndpointForbidden',
  'EndpointsOverLimit',
  'NoEndpoints',
];

function describe(problems: readonly Problem[]): string {
  const text = problems.map(({ field, message, remedy }) => `${field}: ${message} (${remedy})`).join('; ');
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

function stamp(
  statement: Statement,
  observedGeneration: number,
  previous: readonly Condition[],
  nowMs: number,
): Condition {
  const status = statusOf(statement);
  const before = previous.find(({ type }) => type === statement.type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(nowMs);
  return { ...statement, status, observedGeneration, lastTransitionTime };
}

function statusOf(statement: Statement) {
  return statement.type === 'Accepted'
    ? ACCEPTED_REASONS[statement.reason].status
    : RESOLVED_REFS_REASONS[statement.reason].status;
}

/** RFC 3339 in whole seconds, as metav1.Time is. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.[0-9]+Z$/u, 'Z');
}
