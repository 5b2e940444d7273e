// Which faults speak against an endpoint: those in which it gave no answer. What it answers is its own business, 5xx
// included: Mattermost answers 500 and 501 to single users, its plugins whatever they like, and a 503 of a busy site
// comes from all nodes alike. Whoever may ask for such an answer must not be able to put nodes aside by it.
import type { BackendFault } from '../model/fault.ts';

const NO_ANSWER: ReadonlySet<BackendFault> = new Set([
  'connect-refused',
  'connect-timeout',
  'connect-failed',
  'tls-failed',
  'closed-before-response',
  'response-malformed',
  'response-timeout',
]);

export type FailedAttempt = {
  readonly fault: BackendFault;
  /** The connection had served another request before. */
  readonly reused: boolean;
  /** Bytes of a response came. */
  readonly answered: boolean;
  readonly hasBody: boolean;
};

/**
 * The end of a used connection is most likely that of its idle time. With a body it may be the body that the endpoint
 * did not want to read.
 */
export function speaksAgainst({ fault, reused, answered, hasBody }: FailedAttempt): boolean {
  if (answered || !NO_ANSWER.has(fault)) return false;
  return fault !== 'closed-before-response' || !(reused || hasBody);
}
