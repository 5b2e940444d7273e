// Which methods are served, in every version of HTTP: rows L5 and L10.
import type { ClientFault } from '../model/fault.ts';
import { isToken } from './tokens.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const REFUSED_METHODS: ReadonlySet<string> = new Set(['TRACE', 'CONNECT']);
const MAX_METHOD_LENGTH = 32;

/** Undefined for one that is served. */
export function judgeMethod(method: string): ClientFault | undefined {
  if (METHODS.has(method)) return undefined;
  if (!isToken(method) || method.length > MAX_METHOD_LENGTH) return 'request-malformed';
  return REFUSED_METHODS.has(method) ? 'method-refused' : 'method-unknown';
}
