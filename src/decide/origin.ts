// Who really asks: the socket's peer, or what a trusted proxy says of its client (rows M1 to M4).
import { type IpAddress, parseAddress } from '../model/address.ts';
import type { AddressRanges } from '../model/configuration.ts';
import type { Client, Origin, RequestHead } from '../model/request.ts';
import { singleField } from '../model/request.ts';
import { isInRanges } from '../model/ranges.ts';
import { trimmed } from './blanks.ts';

const MAX_HOPS = 32;

/** @param trusted --trusted-proxies; only when the peer is one of them is any field believed */
export function findOrigin(head: RequestHead, client: Client, trusted: AddressRanges): Origin {
  const scheme = client.tls === undefined ? 'http' : 'https';
  if (!client.trusted) return { address: client.peer, scheme, port: client.localPort };
  const forwardedScheme = singleField(head, 'x-forwarded-proto');
  const isHttps = forwardedScheme === undefined ? scheme === 'https' : forwardedScheme === 'https';
  return {
    address: firstUntrusted(head, client.peer, trusted),
    scheme: isHttps ? 'https' : 'http',
    port: forwardedPort(head) ?? (isHttps === (scheme === 'https') ? client.localPort : isHttps ? 443 : 80),
  };
}

/** From the right while the hop is trusted; an unreadable one ends the walk at the last hop that was verified. */
function firstUntrusted(head: RequestHead, peer: IpAddress, trusted: AddressRanges): IpAddress {
  const hops = forwardedFor(head);
  let verified = peer;
  for (let at = hops.length - 1; at >= 0; at--) {
    const address = parseHop(hops[at] ?? '');
    if (address === undefined) return verified;
    verified = address;
    if (!isInRanges(address, trusted)) return address;
  }
  return verified;
}

function forwardedFor(head: RequestHead): readonly string[] {
  const hops: string[] = [];
  head.names.forEach((name, at) => {
    if (name === 'x-forwarded-for') hops.push(...(head.fields[2 * at + 1] ?? '').split(','));
  });
  return hops.slice(-MAX_HOPS);
}

/** `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80` (row M4). */
function parseHop(text: string): IpAddress | undefined {
  const hop = trimmed(text);
  const bracketed = /^\[([^\]]+)\](?::[0-9]{1,5})?$/.exec(hop);
  if (bracketed !== null)
    return (bracketed[1] ?? '').includes(':') ? parseAddress(bracketed[1] ?? '') : undefined;
  const withPort = /^([0-9.]+):[0-9]{1,5}$/.exec(hop);
  return parseAddress(withPort?.[1] ?? hop);
}

function forwardedPort(head: RequestHead): number | undefined {
  const value = singleField(head, 'x-forwarded-port');
  if (value === undefined || !/^[0-9]{1,5}$/.test(value)) return undefined;
  const port = Number(value);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
