// Host and authority (RFC 9110 section 7.2, RFC 3986 section 3.2.2): rows H2 and H3 of strictness, one path for all.
import { isIPv6 } from 'node:net';
import { foldAscii, isDigits, isHostText } from './tokens.ts';

/** A host as sites are found by it, and the port the client named. */
export type Authority = { readonly hostname: string; readonly port: number | undefined };

const MAX_HOST_LENGTH = 253;
const DOT = 0x2e;
const HYPHEN = 0x2d;

/** Reads `host[:port]`; undefined for anything that two readers could understand differently. */
export function parseAuthority(text: string): Authority | undefined {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':', bracket === -1 ? 0 : bracket);
  const host = colon === -1 ? text : text.slice(0, colon);
  const port = colon === -1 ? undefined : parsePort(text.slice(colon + 1));
  if (colon !== -1 && port === undefined) return undefined;
  const hostname = bracket === -1 ? parseName(host) : parseBracketed(host);
  return hostname === undefined ? undefined : { hostname, port };
}

function parsePort(text: string): number | undefined {
  if (!isDigits(text) || text.length > 5) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function parseBracketed(host: string): string | undefined {
  const address = host.slice(1, -1);
  // isIPv6 takes a zone id, which has no place in a URI (row H2).
  if (!host.endsWith(']') || address.includes('%') || !isIPv6(address)) return undefined;
  return `[${foldAscii(address)}]`;
}

/** Labels of letters, digits and inner hyphens, none of them empty. */
function parseName(host: string): string | undefined {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  if (name.length > MAX_HOST_LENGTH || !isHostText(name)) return undefined;
  let previous = DOT;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === DOT && (previous === DOT || previous === HYPHEN)) return undefined;
    if (code === HYPHEN && previous === DOT) return undefined;
    previous = code;
  }
  return previous === DOT || previous === HYPHEN ? undefined : foldAscii(name);
}
