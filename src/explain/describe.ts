// From a draft to a request as it is sent: the URL taken apart as it stands, Host and handshake added where they lack.
import type { SessionAnswer } from '../model/decision.ts';
import { parseAddress } from '../model/address.ts';
import type { DescribedRequest, DescribedTls } from './described-request.ts';
import type { Field, RequestDraft } from './draft.ts';

export type Circumstances = {
  /** Address of whoever connects. */
  readonly from: string;
  readonly isWebSocket: boolean;
  /** SNI; the host of the URL where absent, none where empty. */
  readonly serverName?: string | undefined;
  readonly session: SessionAnswer;
};

/** That of RFC 6455 section 1.3. */
const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Throws an Error for people where that cannot be a request. */
export function describeRequest(draft: RequestDraft, circumstances: Circumstances): DescribedRequest {
  const { from, session } = circumstances;
  if (parseAddress(from) === undefined) throw new Error(`${from} is no IP address`);
  const url = readUrl(draft.url ?? '');
  const isWebSocket = circumstances.isWebSocket || url.isWebSocket;
  const version = versionOf(draft, isWebSocket, url);
  const fields = fieldsOf(draft, url, isWebSocket);
  const broken = fields.find(([name, value]) => /[\r\n]/.test(name + value));
  if (broken !== undefined) throw new Error(`the header ${JSON.stringify(broken[0])} holds a line break`);
  return {
    method: draft.method ?? 'GET',
    target: url.target,
    version,
    fields,
    from,
    port: url.port,
    tls: url.isSecure ? tlsOf(draft, url, circumstances) : undefined,
    session,
  };
}

type ReadUrl = {
  readonly isSecure: boolean;
  readonly isWebSocket: boolean;
  readonly authority: string;
  readonly hostname: string;
  readonly port: number;
  readonly target: string;
};

/** Not by WHATWG's rules: these would mend what the proxy is to be asked about. */
function readUrl(text: string): ReadUrl {
  const found = /^(https?|wss?):\/\/(?:[^/?#]*@)?([^/?#]+)([^#]*)/i.exec(text);
  if (found === null) throw new Error('the URL must be http://HOST/PATH, https://, ws:// or wss://');
  const [, scheme = '', authority = '', rest = ''] = found;
  const isSecure = /s$/i.test(scheme);
  const port = /:([0-9]{1,5})$/.exec(authority)?.[1];
  const usual = isSecure ? 443 : 80;
  return {
    isSecure,
    isWebSocket: /^ws/i.test(scheme),
    authority: Number(port) === usual ? authority.replace(/:[0-9]+$/, '') : authority,
    hostname: authority.replace(/:[0-9]{1,5}$/, ''),
    port: port === undefined ? usual : Number(port),
    target: rest.startsWith('/') ? rest : `/${rest}`,
  };
}

function versionOf({ version = '1.1' }: RequestDraft, isWebSocket: boolean, { isSecure }: ReadUrl) {
  // WebSockets are opened over HTTP/1.1, also by clients that speak HTTP/2 to the same host.
  if (isWebSocket) return '1.1';
  if (version === '2' && !isSecure) throw new Error('HTTP/2 is served over https only');
  return version;
}

function fieldsOf(draft: RequestDraft, { authority }: ReadUrl, isWebSocket: boolean): readonly Field[] {
  const given = new Set(draft.fields.map(([name]) => name.toLowerCase()));
  const added: Field[] = given.has('host') ? [] : [['Host', authority]];
  const later: Field[] = [];
  if (isWebSocket)
    later.push(
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', HANDSHAKE_KEY],
    );
  if (draft.bodyBytes !== undefined) later.push(['Content-Length', String(draft.bodyBytes)]);
  const isStreamed = given.has('transfer-encoding');
  const lacking = later.filter(
    ([name]) => !given.has(name.toLowerCase()) && !(isStreamed && name === 'Content-Length'),
  );
  return [...added, ...draft.fields, ...lacking];
}

function tlsOf(draft: RequestDraft, { hostname }: ReadUrl, { serverName }: Circumstances): DescribedTls {
  // An address is no name, and clients send none then.
  const isAddress = parseAddress(hostname.replace(/^\[(.*)\]$/, '$1')) !== undefined;
  const name = serverName ?? (isAddress ? '' : hostname);
  return {
    ...(name === '' ? {} : { serverName: name }),
    version: draft.tlsVersion ?? '1.3',
    hasCertificate: draft.hasCertificate ?? false,
  };
}
