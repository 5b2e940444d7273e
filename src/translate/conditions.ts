// What was found about a policy -> its conditions, for people who look at the object and nowhere else.
import {
  ACCEPTED_REASONS,
  type AcceptedReason,
  type Condition,
  RESOLVED_REFS_REASONS,
  type ResolvedRefsReason,
} from '../api/status.ts';
import type { Problem } from './problem.ts';

/** All that conditions tell of: of a whole policy, or of one of its targets. */
export type Verdict = {
  readonly isValid: boolean;
  readonly generation: number;
  /** What is wrong with the policy itself. */
  readonly problems: readonly Problem[];
  /** What is wrong with its targets and hosts. */
  readonly placeProblems: readonly Problem[];
  /** About what the policy refers to. */
  readonly refProblems: readonly Problem[];
  /** Whether anything is served for it. */
  readonly isServed: boolean;
};

/** A condition that knows neither generation nor time yet. */
type Statement =
  | { readonly type: 'Accepted'; readonly reason: AcceptedReason; readonly message: string }
  | { readonly type: 'ResolvedRefs'; readonly reason: ResolvedRefsReason; readonly message: string }
  | {
      readonly type: 'ClientAddressDoubtful';
      readonly reason: 'ClientAddressDoubtful';
      readonly message: string;
    };

/** The API server refuses longer messages (metav1.Condition). */
const MAX_MESSAGE_LENGTH = 32_768;

/**
 * Accepted always; ResolvedRefs where the policy is valid, since what an invalid one refers to is not known;
 * ClientAddressDoubtful only where it is so.
 * @param previous the conditions of the last translation: a status that has not changed keeps its time
 */
export function conditionsOf(
  verdict: Verdict,
  previous: readonly Condition[],
  nowMs: number,
): readonly Condition[] {
  const statements: readonly Statement[] = verdict.isValid
    ? [accepted(verdict), resolvedRefs(verdict.refProblems), ...doubts(verdict.refProblems)]
    : [accepted(verdict)];
  return statements.map((statement) => stamp(statement, verdict.generation, previous, nowMs));
}

function accepted({ isValid, problems, placeProblems, isServed }: Verdict): Statement {
  const type = 'Accepted';
  if (!isValid) return { type, reason: 'Invalid', message: describe(problems) };
  const message = describe(placeProblems);
  if (placeProblems.length === 0) {
    return { type, reason: 'Accepted', message: ACCEPTED_REASONS.Accepted.meaning };
  }
  if (isServed) return { type, reason: 'PartiallyAccepted', message };
  const reasons: readonly AcceptedReason[] = ['HostOwnedElsewhere', 'TargetNotFound'];
  const named = reasons.find((reason) => placeProblems.some((problem) => problem.reason === reason));
  return { type, reason: named ?? 'Conflicted', message };
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
  'ConfigMapNotFound',
  'SourceAddressMissing',
  'EndpointForbidden',
  'EndpointsOverLimit',
  'NoEndpoints',
];

function doubts(problems: readonly Problem[]): readonly Statement[] {
  const reason = 'ClientAddressDoubtful';
  const own = problems.filter((problem) => problem.reason === reason);
  return own.length === 0 ? [] : [{ type: reason, reason, message: describe(own) }];
}

function describe(problems: readonly Problem[]): string {
  const texts = problems.map(({ object, field, message, remedy }) => {
    const place = object?.kind === 'Ingress' ? `Ingress ${object.name} ${field}` : field;
    return `${place}: ${message} (${remedy})`;
  });
  const text = [...new Set(texts)].join('; ');
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
  switch (statement.type) {
    case 'Accepted':
      return ACCEPTED_REASONS[statement.reason].status;
    case 'ResolvedRefs':
      return RESOLVED_REFS_REASONS[statement.reason].status;
    case 'ClientAddressDoubtful':
      return 'True';
  }
}

/** RFC 3339 in whole seconds, as metav1.Time is. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.[0-9]+Z$/u, 'Z');
}
