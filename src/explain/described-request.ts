// A request as somebody describes it, and the head that the parser of the data plane makes of it: the description is
// written down as a client would write it, so that what the wire refuses is refused here too.
import type { TlsVersion } from '../model/configuration.ts';
import type { SessionAnswer } from '../model/decision.ts';
import { clientFault, type Fault } from '../model/fault.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { RequestHead } from '../model/request.ts';
import { RequestHeadReader } from '../wire/http1-request.ts';
import { parseHttp2Request } from '../wire/http2-request.ts';

/** What the client shows of itself in the TLS handshake. */
export type DescribedTls = {
  /** SNI; absent where the client sends none. */
  readonly serverName?: string | undefined;
  readonly version: TlsVersion;
  /** It has a certificate that the site's authorities have signed. */
  readonly hasCertificate: boolean;
};

export type DescribedRequest = {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly version: RequestHead['version'];
  /** In the order in which they are sent; Host is one of them. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Address of whoever connects. */
  readonly from: string;
  /** Port that is connected to. */
  readonly port: number;
  /** Absent over plain HTTP. */
  readonly tls?: DescribedTls | undefined;
  /** What Mattermost is taken to say of the client's session, where a rule asks. */
  readonly session: SessionAnswer;
};

/** Sites are found by Host, and by the name in the handshake. */
export function hostnamesOf({ fields, tls }: DescribedRequest): readonly string[] {
  const hosts = fields.filter(([name]) => name.toLowerCase() === 'host').map(([, value]) => value);
  const names = [...hosts, tls?.serverName ?? ''].map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/:[0-9]*$/, '')
      .replace(/\.$/, ''),
  );
  return [...new Set(names)].filter((name) => name !== '');
}

/** Fields of one connection, which a client says otherwise or not at all in HTTP/2. */
const NOT_OF_HTTP2: ReadonlySet<string> = new Set(['host', 'connection', 'keep-alive', 'proxy-connection']);

export function parseDescribed(described: DescribedRequest, limits: ClientLimits): RequestHead | Fault {
  const { method, target, fields } = described;
  if ([method, target, ...fields.flat()].some((text) => /[\r\n]/.test(text)))
    return clientFault('request-malformed', 'A line break in a line');
  return described.version === '2' ? parseStream(described, limits) : parseBytes(described, limits);
}

function parseBytes(
  { method, target, version, fields }: DescribedRequest,
  limits: ClientLimits,
): RequestHead | Fault {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(`${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n`, 'utf8');
  const parsed = new RequestHeadReader(limits).push(bytes, 0, bytes.length);
  return parsed ?? clientFault('request-malformed', 'It has no end');
}

function parseStream({ method, target, fields, tls }: DescribedRequest, limits: ClientLimits) {
  const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const pseudo = [':method', method, ':scheme', tls === undefined ? 'http' : 'https'];
  if (host !== undefined) pseudo.push(':authority', host);
  pseudo.push(':path', target);
  const others = fields
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !NOT_OF_HTTP2.has(name));
  const list = [...pseudo, ...others.flat()].map((text) => Buffer.from(text, 'utf8').toString('latin1'));
  const hasBody = others.some(([name, value]) => name === 'content-length' && value !== '0');
  return parseHttp2Request(list, hasBody, limits);
}
