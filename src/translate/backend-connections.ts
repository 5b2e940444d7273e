// The connections of a backend to its endpoints: how often one is tried, how long it is kept, how many there may be.
import { DEFAULTS } from '../api/defaults.ts';
import type { BackendSpec } from '../api/policy.ts';
import { parseDurationMs } from '../api/quantities.ts';
import { RESOLVED_REFS_REASONS } from '../api/status.ts';
import { parseAddress } from '../model/address.ts';
import type { AddressRanges, Backend } from '../model/configuration.ts';
import { isInRanges } from '../model/ranges.ts';
import { compileRanges } from './address-ranges.ts';
import type { Report } from './problem.ts';

export type BackendConnections = Pick<
  Backend,
  'retryAttempts' | 'connectionReuse' | 'maxConnectionsPerEndpoint' | 'sourceAddresses'
>;

export function compileConnections(spec: BackendSpec | undefined): BackendConnections {
  const defaults = DEFAULTS.backend;
  return {
    retryAttempts: spec?.retries?.attempts ?? defaults.retries.attempts,
    connectionReuse: compileReuse(spec?.connectionReuse),
    maxConnectionsPerEndpoint: spec?.maxConnectionsPerEndpoint ?? defaults.maxConnectionsPerEndpoint,
    sourceAddresses: compileSources(spec?.sourceAddresses),
  };
}

function compileReuse(spec: BackendSpec['connectionReuse']): Backend['connectionReuse'] {
  const { enabled, ...fields } = { ...DEFAULTS.backend.connectionReuse, ...spec };
  if (!enabled) return undefined;
  const { maxIdlePerEndpoint, idleTimeout, maxRequests } = fields;
  return { maxIdlePerEndpoint, idleTimeoutMs: durationMs(idleTimeout), maxRequests };
}

function compileSources(written: BackendSpec['sourceAddresses']): AddressRanges | undefined {
  if (written === undefined) return undefined;
  const ranges = compileRanges(written);
  if (ranges === undefined) throw new Error('A checked policy holds an unreadable network');
  return ranges;
}

/** @param own addresses of the controller; undefined where they are not known */
export function judgeSources(
  ranges: AddressRanges | undefined,
  own: readonly string[] | undefined,
  report: Report,
): void {
  if (ranges === undefined || own === undefined) return;
  const addresses = own.map((text) => parseAddress(text)).filter((address) => address !== undefined);
  if (addresses.some((address) => isInRanges(address, ranges))) return;
  const { meaning: message, remedy } = RESOLVED_REFS_REASONS.SourceAddressMissing;
  const field = 'spec.backend.sourceAddresses';
  report({ severity: 'error', field, reason: 'SourceAddressMissing', message, remedy });
}

/** A duration of a policy that was checked. */
export function durationMs(written: string): number {
  const ms = parseDurationMs(written);
  if (ms === undefined) throw new Error(`A checked policy holds the duration ${JSON.stringify(written)}`);
  return ms;
}
