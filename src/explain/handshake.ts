// The client as the listener would know it, and whether it gets as far as a request.
import { DEFAULT_TLS_POLICY, type ServingHost } from '../decide/compiled.ts';
import { findHost } from '../decide/match.ts';
import type { IpAddress } from '../model/address.ts';
import { isInRanges } from '../model/ranges.ts';
import { type Client, type ClientTls, noCharges } from '../model/request.ts';
import type { DescribedRequest, DescribedTls } from './described-request.ts';
import type { Knowledge } from './knowledge.ts';

export type Arrival = {
  readonly client: Client;
  /** Why there is no connection to send a request on. */
  readonly refusal: string | undefined;
};

export function arrive(described: DescribedRequest, peer: IpAddress, knowledge: Knowledge): Arrival {
  const { tls, port } = described;
  const name = tls === undefined ? undefined : foldName(tls.serverName);
  const host = name === undefined ? undefined : findHost(knowledge.serving.hosts, name);
  const client: Client = {
    peer,
    peerPort: 0,
    localPort: port,
    tls: tls && secured(tls, name, host),
    trusted: isInRanges(peer, knowledge.settings.trustedProxies),
    charges: noCharges(),
  };
  return { client, refusal: tls && refusalOf(tls, name, host, knowledge) };
}

/** As OpenSSL gives it to us, and proxy/client/tls.ts reads it. */
function foldName(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  const folded = name.toLowerCase();
  return folded.endsWith('.') ? folded.slice(0, -1) : folded;
}

function secured(
  { version, hasCertificate }: DescribedTls,
  serverName: string | undefined,
  host: ServingHost | undefined,
): ClientTls {
  const isAsked = host?.tls?.clientCertificate?.authorities !== undefined;
  const policy = host?.tlsPolicy ?? DEFAULT_TLS_POLICY;
  return { serverName, version, policy, hasCertificate: hasCertificate && isAsked };
}

function refusalOf(
  { version }: DescribedTls,
  name: string | undefined,
  host: ServingHost | undefined,
  { refusesUnknownNames }: Knowledge,
): string | undefined {
  if (name !== undefined && host === undefined && refusesUnknownNames)
    return `No site is named ${name}, and --unknown-tls-names is refuse: the handshake ends`;
  const floor = host?.tls?.minVersion;
  if (floor !== undefined && version < floor)
    return `The site wants at least TLS ${floor}: the connection is closed after the handshake`;
  return undefined;
}
