// What can go wrong between us and the API server: one error type with a reason from a closed list.
// The reason decides the wait (backoff.ts) and stands in the log and in `watch_errors_total`.
import { get, string } from '../api/json-access.ts';
import { messageOf } from '../model/error-message.ts';

export type FailureReason =
  /** No connection, or it broke off. */
  | 'connection'
  /** Connected, but no answer in time. */
  | 'timeout'
  /** A watch that said nothing for too long. */
  | 'stalled'
  /** A watch that the server ended at once. */
  | 'closed'
  /** Not JSON, or not what the API promises. */
  | 'malformed'
  | 'too-large'
  /** 410: the version or the continue token is too old. */
  | 'expired'
  /** 504 with cause ResourceVersionTooLarge: this server has not seen that version yet. */
  | 'too-new'
  | 'unauthorized'
  | 'forbidden'
  /** Not known (any more), or about to go: a definition or a namespace that is being deleted. */
  | 'not-found'
  /** The definition of the kind in the cluster lacks fields that this version reads. */
  | 'outdated-schema'
  /** 409: the object is no longer what the request builds on, or its name is taken. */
  | 'conflict'
  | 'throttled'
  /** Any other 4xx or 3xx. */
  | 'refused'
  | 'server'
  /** Token or certificate of ours cannot be read. */
  | 'credentials'
  /** A mistake of ours. */
  | 'internal';

export type FailureDetails = {
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
};

export class ApiFailure extends Error {
  readonly reason: FailureReason;
  readonly status: number | undefined;
  /** What the server asked us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: FailureReason, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ApiFailure';
    this.reason = reason;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The failure an error stands for; what no one foresaw is a mistake of ours and retried like all others. */
export function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const message = messageOf(error);
  return new ApiFailure('internal', message, { cause: error });
}

const MAX_MESSAGE_LENGTH = 300;
const byStatus: Readonly<Record<number, FailureReason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  410: 'expired',
  429: 'throttled',
};

/**
 * The failure of a metav1.Status, whether it came as an answer or as an ERROR event.
 * @param code the HTTP status of an answer; events carry theirs inside
 */
export function failureOfStatus(body: unknown, code?: number, retryAfterMs?: number): ApiFailure {
  const inside = get(body, 'code');
  const status = code ?? (typeof inside === 'number' ? inside : 500);
  const said = string(get(body, 'message')).slice(0, MAX_MESSAGE_LENGTH);
  const message = `The API server answered ${status}${said === '' ? '' : `: ${said}`}`;
  const seconds = get(get(body, 'details'), 'retryAfterSeconds');
  const wait = retryAfterMs ?? (typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined);
  return new ApiFailure(reasonOf(status, body), message, { status, retryAfterMs: wait });
}

function reasonOf(status: number, body: unknown): FailureReason {
  const reason = string(get(body, 'reason'));
  if (reason === 'Expired' || reason === 'Gone') return 'expired';
  if (status === 504 && hasCause(body, 'ResourceVersionTooLarge')) return 'too-new';
  // No right is missing: nothing more may be created there.
  if (status === 403 && hasCause(body, 'NamespaceTerminating')) return 'not-found';
  return byStatus[status] ?? (status >= 500 ? 'server' : 'refused');
}

function hasCause(body: unknown, reason: string): boolean {
  const causes = get(get(body, 'details'), 'causes');
  return Array.isArray(causes) && causes.some((cause) => get(cause, 'reason') === reason);
}
