// EndpointSlices of one Service port -> endpoints with state and cookie tokens. Called by backends.ts.
import { isInRanges } from '../model/ranges.ts';
import { type EndpointSlice, keyOf, type SliceEndpoint } from '../api/objects.ts';
import { type IpAddress, parseAddress } from '../model/address.ts';
import type { AddressRanges, Endpoint } from '../model/configuration.ts';
import { stickyTokens } from './affinity.ts';
import type { Problem, Report } from './problem.ts';

export type EndpointSettings = {
  /** Addresses that must never be reached through us. */
  readonly deniedEndpoints: AddressRanges;
  /** The first signs, all are recognised. */
  readonly stickyKeys: readonly Uint8Array[];
};

export type EndpointSet = {
  /** Ready and draining ones, ordered by identity. */
  readonly endpoints: readonly Endpoint[];
  /** How many were left out because Kubernetes calls them neither ready nor serving. */
  readonly unreadyCount: number;
};

/** One appearance of an endpoint in a slice; the same one may stand in several slices while they are rebalanced. */
type Sighting = {
  readonly identity: string;
  readonly address: IpAddress;
  readonly port: number;
  readonly name: string;
  readonly serving: boolean;
  readonly terminating: boolean;
};

const FIELD = 'spec.route.service';

/**
 * The endpoints behind the port of that name (empty for an unnamed port).
 * Problems speak of the field `spec.route.service`.
 */
export function collectEndpoints(
  slices: readonly EndpointSlice[],
  portName: string,
  settings: EndpointSettings,
  report: Report,
): EndpointSet {
  const seen = new Map<string, Sighting>();
  for (const slice of slices) {
    for (const sighting of sightings(slice, portName, settings.deniedEndpoints, report)) {
      const before = seen.get(sighting.identity);
      seen.set(sighting.identity, before === undefined ? sighting : merge(before, sighting));
    }
  }
  const all = [...seen.values()].toSorted((a, b) => (a.identity < b.identity ? -1 : 1));
  const usable = all.filter((sighting) => sighting.serving);
  return {
    endpoints: usable.map((sighting) => toEndpoint(sighting, settings.stickyKeys)),
    unreadyCount: all.length - usable.length,
  };
}

function sightings(
  slice: EndpointSlice,
  portName: string,
  denied: AddressRanges,
  report: Report,
): readonly Sighting[] {
  const port = slice.ports.find((candidate) => candidate.name === portName && isTcp(candidate.protocol));
  if (port === undefined) return [];
  if (slice.addressType === 'FQDN') {
    report(refusedSlice(slice));
    return [];
  }
  const found: Sighting[] = [];
  for (const endpoint of slice.endpoints) {
    const address = readAddress(endpoint, slice, denied, report);
    if (address !== undefined) found.push(toSighting(endpoint, address, port.port));
  }
  return found;
}

/** All addresses of an endpoint are interchangeable (discovery.k8s.io/v1), so that the first one is enough. */
function readAddress(
  endpoint: SliceEndpoint,
  slice: EndpointSlice,
  denied: AddressRanges,
  report: Report,
): IpAddress | undefined {
  const text = endpoint.addresses[0] ?? '';
  const address = parseAddress(text);
  if (address === undefined) {
    report({
      severity: 'warning',
      field: FIELD,
      reason: 'EndpointForbidden',
      message: `EndpointSlice ${keyOf(slice.metadata)} holds ${JSON.stringify(text)}, which is no IP address`,
      remedy: 'Write IPv4 or IPv6 addresses in the EndpointSlice',
    });
    return undefined;
  }
  if (!isInRanges(address, denied)) return address;
  report({
    severity: 'error',
    field: FIELD,
    reason: 'EndpointForbidden',
    message: `EndpointSlice ${keyOf(slice.metadata)} holds ${address.text}, which lies in --deny-endpoint-cidrs`,
    remedy:
      'Point the Service at the pods of Mattermost, or ask who runs this controller to allow the address',
  });
  return undefined;
}

function refusedSlice(slice: EndpointSlice): Problem {
  return {
    severity: 'error',
    field: FIELD,
    reason: 'EndpointForbidden',
    message: `EndpointSlice ${keyOf(slice.metadata)} holds DNS names (addressType FQDN), which could lead anywhere`,
    remedy: 'Use addressType IPv4 or IPv6',
  };
}

function toSighting(endpoint: SliceEndpoint, address: IpAddress, port: number): Sighting {
  const place = `${address.hex.length === 8 ? address.text : `[${address.text}]`}:${port}`;
  const { serving, ready, terminating } = endpoint.conditions;
  return {
    identity: endpoint.targetUid === undefined ? place : `${endpoint.targetUid}:${port}`,
    address,
    port,
    name: endpoint.targetName ?? place,
    serving: serving ?? ready ?? true,
    terminating: terminating ?? false,
  };
}

/**
 * Slices may be of different age: a pod never comes back from terminating, while readiness may lag in either.
 * Of a dual-stack pod's two addresses IPv4 is taken, by any replica.
 */
function merge(a: Sighting, b: Sighting): Sighting {
  const [first] = [a, b].toSorted(byAddress);
  return {
    ...(first ?? a),
    serving: a.serving || b.serving,
    terminating: a.terminating || b.terminating,
  };
}

function byAddress(a: Sighting, b: Sighting): number {
  const width = a.address.hex.length - b.address.hex.length;
  return width === 0 ? compareText(`${a.address.hex} ${a.name}`, `${b.address.hex} ${b.name}`) : width;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toEndpoint(sighting: Sighting, stickyKeys: readonly Uint8Array[]): Endpoint {
  return {
    identity: sighting.identity,
    address: sighting.address.text,
    port: sighting.port,
    state: sighting.terminating ? 'draining' : 'ready',
    tokens: stickyTokens(sighting.identity, stickyKeys),
    name: sighting.name,
  };
}

function isTcp(protocol: string | undefined): boolean {
  return protocol === undefined || protocol === 'TCP';
}
