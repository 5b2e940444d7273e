// Fault: everything that can go wrong with an exchange, as a closed list.
// decide/response.ts alone turns one into a status, decide/retry.ts alone into another attempt.

export type FaultSource = 'client' | 'proxy' | 'backend';

/** Faults of a request's own making, found before anything was sent to a backend. */
export const CLIENT_FAULTS = [
  'request-malformed',
  'request-line-too-long',
  'request-head-too-large',
  'request-body-too-large',
  'request-timeout',
  'body-timeout',
  'body-malformed',
  'method-unknown',
  'method-refused',
  'version-unsupported',
  'transfer-coding-unknown',
  'expectation-failed',
  'websocket-version',
  'client-closed',
  'slow-reader',
] as const;

/** Faults of a backend or of the way to it. */
export const BACKEND_FAULTS = [
  'connect-refused',
  'connect-timeout',
  'connect-failed',
  'connect-limit',
  'source-unavailable',
  'tls-failed',
  'closed-before-response',
  'response-malformed',
  'response-truncated',
  'response-timeout',
  'upgrade-invalid',
] as const;

/** Faults of this program or of its configuration. */
export const PROXY_FAULTS = ['no-endpoints', 'endpoints-full', 'internal'] as const;

export type ClientFault = (typeof CLIENT_FAULTS)[number];
export type BackendFault = (typeof BACKEND_FAULTS)[number];
export type ProxyFault = (typeof PROXY_FAULTS)[number];
export type FaultCode = ClientFault | BackendFault | ProxyFault;

/**
 * - `detail` is for the log only: it never reaches a client.
 * - `sent` says how far the request had come on the backend connection.
 */
export type Fault = {
  readonly source: FaultSource;
  readonly code: FaultCode;
  readonly detail?: string;
};

export function clientFault(code: ClientFault, detail?: string): Fault {
  return detail === undefined ? { source: 'client', code } : { source: 'client', code, detail };
}

export function backendFault(code: BackendFault, detail?: string): Fault {
  return detail === undefined ? { source: 'backend', code } : { source: 'backend', code, detail };
}

export function proxyFault(code: ProxyFault): Fault {
  return { source: 'proxy', code };
}
