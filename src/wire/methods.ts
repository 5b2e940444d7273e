// Which methods are served, in every version of HTTP: rows L5 and L10.
import type { ClientFault } from '../model/fault.ts';
import { isToken } from './tokens.ts';

/** In order of how often they are met. */
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'OPTIONS', 'HEAD', 'DELETE', 'PATCH'];
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'CONNECT']);
const MAX_METHOD_LENGTH = 32;

/** The method as it is kept here, instead of a part of what was received. */
export function servedMethod(sent: string): string | undefined {
  return METHODS.find((known) => known === sent);
}

/** What is wrong with a method that is not served. */
export function judgeMethod(sent: string): Extract<ClientFault, `method-${string}` | 'request-malformed'> {
  if (!isToken(sent) || sent.length > MAX_METHOD_LENGTH) return 'request-malformed';
  return REFUSED_METHODS.has(sent) ? 'method-refused' : 'method-unknown';
}
