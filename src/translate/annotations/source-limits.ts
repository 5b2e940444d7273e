// Annotations about how much one client may ask -> spec.limits. They guard against load, not access: what cannot be
// read is reported, and the site serves without that limit.
import type { LimitsSpec } from '../../api/policy.ts';
import { readNetwork } from './admission.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';

const DEFAULT_MULTIPLIER = 5;
/** Bounds of the schema. */
const maxRate = 10_000;
const maxConnections = 100_000;
const maxNetworks = 256;
const COUNT = /^[0-9]{1,9}$/u;

/** What one address may do; the fields that annotations speak of. */
export function readSourceLimits(reader: AnnotationReader): LimitsSpec {
  const requestsPerSecond = readCount(reader, 'limit-rps', maxRate);
  const multiplier = readCount(reader, 'limit-burst-multiplier', maxRate) ?? DEFAULT_MULTIPLIER;
  const connectionsPerSource = readCount(reader, 'limit-connections', maxConnections);
  const exemptCIDRs = readExempt(reader);
  if (requestsPerSecond === undefined && connectionsPerSource === undefined) return {};
  return {
    ...(requestsPerSecond === undefined
      ? {}
      : { requestsPerSecond, burst: Math.min(requestsPerSecond * multiplier, maxRate) }),
    ...(connectionsPerSource === undefined ? {} : { connectionsPerSource }),
    ...(exemptCIDRs === undefined ? {} : { exemptCIDRs }),
  };
}

/** 0 is no limit, as in ingress-nginx. */
function readCount(reader: AnnotationReader, name: string, max: number): number | undefined {
  const text = reader.get(name);
  if (text === undefined || Number(text) === 0) return undefined;
  const count = COUNT.test(text) ? Number(text) : undefined;
  if (count === undefined) {
    reader.invalid(`${NGINX_PREFIX}${name}`, {
      text: 'is not a whole number; there is no such limit',
      remedy: `Write 1 to ${max}, or 0 for no limit`,
    });
    return undefined;
  }
  if (count > max) {
    reader.invalid(`${NGINX_PREFIX}${name}`, {
      text: `is out of bounds; ${max} is used`,
      remedy: `Write 1 to ${max}, or 0 for no limit`,
    });
  }
  return Math.min(count, max);
}

/** The older of the two names is read only where the newer is absent. */
function readExempt(reader: AnnotationReader): readonly string[] | undefined {
  const name = reader.get('limit-allowlist') === undefined ? 'limit-whitelist' : 'limit-allowlist';
  const text = reader.get(name);
  if (text === undefined || text === '') return undefined;
  const networks = text.split(',').map((part) => readNetwork(part.trim()));
  const known = [...new Set(networks.filter((network) => network !== undefined))];
  if (known.length < new Set(networks).size || known.length > maxNetworks) {
    reader.invalid(`${NGINX_PREFIX}${name}`, {
      text: 'holds a network that cannot be read, or too many; the limits hold for those left out',
      remedy: `Write at most ${maxNetworks} networks such as 192.0.2.0/24, separated by commas`,
    });
  }
  return known.length === 0 ? undefined : known.slice(0, maxNetworks);
}
