// The connections of a backend to its endpoints: how often one is tried, how long it is kept, how many there may be.
import { DEFAULTS } from '../api/defaults.ts';
import type { BackendSpec } from '../api/policy.ts';
import { parseDurationMs } from '../api/quantities.ts';
import type { Backend } from '../model/configuration.ts';

export type BackendConnections = Pick<
  Backend,
  'retryAttempts' | 'connectionReuse' | 'maxConnectionsPerEndpoint'
>;

export function compileConnections(spec: BackendSpec | undefined): BackendConnections {
  const defaults = DEFAULTS.backend;
  return {
    retryAttempts: spec?.retries?.attempts ?? defaults.retries.attempts,
    connectionReuse: compileReuse(spec?.connectionReuse),
    maxConnectionsPerEndpoint: spec?.maxConnectionsPerEndpoint ?? defaults.maxConnectionsPerEndpoint,
  };
}

function compileReuse(spec: BackendSpec['connectionReuse']): Backend['connectionReuse'] {
  const { enabled, ...fields } = { ...DEFAULTS.backend.connectionReuse, ...spec };
  if (!enabled) return undefined;
  const { maxIdlePerEndpoint, idleTimeout, maxRequests } = fields;
  return { maxIdlePerEndpoint, idleTimeoutMs: durationMs(idleTimeout), maxRequests };
}

/** A duration of a policy that was checked. */
export function durationMs(written: string): number {
  const ms = parseDurationMs(written);
  if (ms === undefined) throw new Error(`A checked policy holds the duration ${JSON.stringify(written)}`);
  return ms;
}
