// Whether a failed attempt may be made again, and where: the only place that says so.
import type { BackendFault } from '../model/fault.ts';

/** How far an attempt had come when it failed. */
export type Attempt = {
  readonly fault: BackendFault;
  /** Attempts made before this one. */
  readonly earlier: number;
  /** Attempts that the backend allows after the first one. */
  readonly allowed: number;
  /** Bytes of this request were written to the backend connection. */
  readonly written: boolean;
  /** The connection had served another request before. */
  readonly reused: boolean;
  /** The endpoint is going away. */
  readonly leaving: boolean;
  /** Bytes of a response came. */
  readonly answered: boolean;
  readonly method: string;
  readonly hasBody: boolean;
};

export type Retry = 'next-endpoint' | 'same-endpoint' | 'no';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const NEVER_REACHED: ReadonlySet<BackendFault> = new Set([
  'connect-refused',
  'connect-timeout',
  'connect-failed',
  'source-unavailable',
  'tls-failed',
]);

/**
 * - Nothing was written: any method may go to the next endpoint.
 * - A reused connection that ended without a byte of answer is most likely one the backend had given up:
 *   a request that may be repeated (RFC 9110 section 9.2.2) and has no body is sent once more on a fresh one (row R9).
 * - An endpoint that is going away resets the fresh connections that it has not looked at yet: such a request goes on
 *   to the next one.
 */
export function judgeRetry(attempt: Attempt): Retry {
  if (attempt.earlier >= attempt.allowed || attempt.answered) return 'no';
  if (!attempt.written) return NEVER_REACHED.has(attempt.fault) ? 'next-endpoint' : 'no';
  const isRepeatable = !attempt.hasBody && IDEMPOTENT.has(attempt.method);
  if (attempt.fault !== 'closed-before-response' || !isRepeatable) return 'no';
  if (attempt.leaving) return 'next-endpoint';
  return attempt.reused ? 'same-endpoint' : 'no';
}
