// The one map from what went wrong to what the client is told. Details stay in the log; secrets never get here.
import type { Admission } from '../model/configuration.ts';
import type { RejectReason } from '../model/decision.ts';
import type { FaultCode } from '../model/fault.ts';

export type Cause = FaultCode | RejectReason;

/** An answer of our own making. */
export type Answer = {
  readonly status: number;
  /** Without Content-Length, Connection and Date, which the writer adds. */
  readonly fields: readonly string[];
  readonly body: string;
  /** The connection cannot be trusted, or is not wanted, for another request. */
  readonly close: boolean;
};

export type AnswerContext = {
  /** Path of the request, to tell API calls from pages; undefined when there is none. */
  readonly path: string | undefined;
  readonly sitePath: string;
  readonly admission: Admission | undefined;
  readonly requestId: string;
  /** When to come again, where that is known for this very request. */
  readonly retryAfterSeconds?: number | undefined;
};

type Row = {
  readonly status: number;
  readonly message: string;
  readonly close?: true;
  readonly retryAfterSeconds?: number;
};

const ROWS: Readonly<Record<Cause, Row>> = {
  'request-malformed': { status: 400, message: 'The request could not be understood', close: true },
  'request-line-too-long': { status: 414, message: 'The address of the request is too long', close: true },
  'request-head-too-large': { status: 431, message: 'The head of the request is too large', close: true },
  'request-body-too-large': { status: 413, message: 'The body of the request is too large', close: true },
  'request-timeout': { status: 408, message: 'The request did not arrive in time', close: true },
  'body-timeout': { status: 408, message: 'The body of the request did not arrive in time', close: true },
  'body-malformed': { status: 400, message: 'The body of the request could not be understood', close: true },
  'method-unknown': { status: 501, message: 'The method of the request is not known', close: true },
  'method-refused': { status: 405, message: 'The method of the request is not served', close: true },
  'version-unsupported': { status: 505, message: 'The version of HTTP is not served', close: true },
  'transfer-coding-unknown': { status: 501, message: 'The transfer coding is not known', close: true },
  'expectation-failed': { status: 417, message: 'The expectation cannot be met', close: true },
  'websocket-version': { status: 426, message: 'WebSocket version 13 is needed', close: true },
  'client-closed': { status: 499, message: 'The client went away', close: true },
  'slow-reader': { status: 499, message: 'The client did not read', close: true },
  'connect-refused': { status: 502, message: 'No server could be reached' },
  'connect-timeout': { status: 504, message: 'No server answered in time' },
  'connect-failed': { status: 502, message: 'No server could be reached' },
  'connect-limit': {
    status: 503,
    message: 'Too many requests are under way',
    retryAfterSeconds: 5,
  },
  'source-unavailable': { status: 503, message: 'No server could be reached', retryAfterSeconds: 5 },
  'tls-failed': { status: 502, message: 'No server could be reached securely' },
  'closed-before-response': { status: 502, message: 'The server closed the connection without an answer' },
  'response-malformed': { status: 502, message: 'The server gave an answer that could not be understood' },
  'response-truncated': { status: 502, message: 'The server broke off its answer' },
  'response-timeout': { status: 504, message: 'The server did not answer in time' },
  'upgrade-invalid': { status: 502, message: 'The server gave an answer that could not be understood' },
  'no-endpoints': { status: 503, message: 'No server is available for this site', retryAfterSeconds: 5 },
  'endpoints-full': {
    status: 503,
    message: 'All servers of this site have as much to do as they may',
    retryAfterSeconds: 5,
  },
  internal: { status: 500, message: 'Something went wrong in the proxy', close: true },
  'loop-detected': { status: 508, message: 'The request comes back to this proxy', close: true },
  'path-ambiguous': {
    status: 400,
    message: 'The path of the request could be read in several ways',
    close: true,
  },
  'unknown-host': { status: 404, message: 'No site of that name is served here' },
  'unknown-path': { status: 404, message: 'No site is served at that path' },
  'plain-http': { status: 404, message: 'No site is served here without TLS' },
  'policy-invalid': {
    status: 503,
    message: 'This site is closed until its policy is mended',
    retryAfterSeconds: 30,
  },
  'policy-missing': {
    status: 503,
    message: 'This site is closed until it has a policy',
    retryAfterSeconds: 30,
  },
  'host-conflicted': {
    status: 503,
    message: 'This site is closed until the objects of its host agree',
    retryAfterSeconds: 30,
  },
  'restriction-unsupported': {
    status: 503,
    message: 'This site is closed until its restrictions are understood',
    retryAfterSeconds: 30,
  },
  'host-unclaimed': {
    status: 503,
    message: 'This site is closed until its namespace has an object for it',
    retryAfterSeconds: 30,
  },
  misdirected: { status: 421, message: 'This connection is not for that site', close: true },
  'tls-version': { status: 421, message: 'This site demands a newer version of TLS', close: true },
  'client-certificate': { status: 403, message: 'This site demands a client certificate', close: true },
  'too-many-requests': {
    status: 429,
    message: 'Too many requests come from this address',
    retryAfterSeconds: 1,
  },
  'too-many-connections': {
    status: 429,
    message: 'Too many connections are open from this address',
    close: true,
    retryAfterSeconds: 5,
  },
  'too-many-websockets': {
    status: 429,
    message: 'Too many WebSockets are open from this address',
    close: true,
    retryAfterSeconds: 5,
  },
  'body-too-large': { status: 413, message: 'The body of the request is too large', close: true },
  admission: { status: 403, message: 'Forbidden' },
  'upgrade-not-accepted': { status: 403, message: 'Forbidden', close: true },
};

const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Causes that are answered without a word, so that nothing can be learnt. */
const SILENT: ReadonlySet<Cause> = new Set(['upgrade-not-accepted']);

/** When a client that was denied with 429 may come back; nothing here knows better. */
const DENIED_RETRY_AFTER_SECONDS = 60;

/** The answer to a request that ended so. */
export function answerFor(cause: Cause, context: AnswerContext): Answer {
  const row = ROWS[cause];
  const denied = cause === 'admission' ? context.admission : undefined;
  const status = denied?.denyStatus ?? row.status;
  const fields = ['Cache-Control', 'no-store', 'X-Request-ID', context.requestId];
  // Lower case on the wire: apps before 2.40 look for just that spelling.
  if (denied?.rejectReason === 'PreAuth') fields.push('x-reject-reason', 'pre-auth');
  const retryAfterSeconds = context.retryAfterSeconds ?? retryAfterOf(row, status);
  if (retryAfterSeconds !== undefined) fields.push('Retry-After', String(retryAfterSeconds));
  if (cause === 'websocket-version') fields.push('Upgrade', 'websocket', 'Sec-WebSocket-Version', '13');
  if (cause === 'method-refused') fields.push('Allow', ALLOWED_METHODS);
  const close = row.close === true;
  if (SILENT.has(cause)) return { status, fields, body: '', close };
  if (isApiPath(context)) {
    fields.push('Content-Type', 'application/json');
    return { status, fields, body: apiError(cause, status, row.message, context.requestId), close };
  }
  fields.push('Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff');
  return { status, fields, body: `${status} ${row.message} (${cause})\n`, close };
}

function retryAfterOf(row: Row, status: number): number | undefined {
  return row.retryAfterSeconds ?? (status === 429 ? DENIED_RETRY_AFTER_SECONDS : undefined);
}

function isApiPath({ path, sitePath }: AnswerContext): boolean {
  return path?.startsWith(sitePath === '/' ? '/api/' : `${sitePath}/api/`) ?? false;
}

/** The form of Mattermost's own errors, which is what its clients show to people. */
function apiError(cause: Cause, status: number, message: string, requestId: string): string {
  return JSON.stringify({
    id: `ingress.${cause.replaceAll('-', '_')}`,
    message,
    status_code: status,
    detailed_error: '',
    request_id: requestId,
  });
}

/** The answer to `OPTIONS *`, which asks the proxy itself (RFC 9110 section 9.3.7). */
export function optionsAnswer(): Answer {
  return { status: 204, fields: ['Allow', ALLOWED_METHODS], body: '', close: false };
}

/** 308 keeps the method and the body of what is sent again (RFC 9110 section 15.4.9). */
export function redirectAnswer(location: string, requestId: string): Answer {
  const fields = ['Location', location, 'Cache-Control', 'no-store', 'X-Request-ID', requestId];
  return { status: 308, fields, body: '', close: false };
}

/** What stands for a reset where that would end other people's requests. */
export const RESET_ANSWER: Answer = { status: 403, fields: [], body: '', close: true };
