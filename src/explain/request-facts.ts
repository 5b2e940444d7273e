// What is told of a request as it was understood: names, never values.
import { cookieLine } from '../decide/cookies.ts';
import type { DecideSettings } from '../decide/decide.ts';
import { findOrigin } from '../decide/origin.ts';
import type { Client, RequestHead } from '../model/request.ts';
import { loggablePath } from '../observe/log-text.ts';
import type { DescribedRequest } from './described-request.ts';
import type { ExplainedClient, ExplainedRequest } from './explanation.ts';

/** @param head undefined where the parser refused: then it is told as it was described */
export function explainRequest(
  { method, target, version, fields }: DescribedRequest,
  head: RequestHead | undefined,
): ExplainedRequest {
  const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  return {
    method,
    path: loggablePath(target),
    host: head?.host ?? host,
    version,
    query: queryNames(target),
    fields: head?.fields.filter((_, at) => at % 2 === 0) ?? fields.map(([name]) => name),
    cookies: head === undefined ? [] : cookieNames(cookieLine(head)),
    isWebSocket: head?.upgrade.kind === 'websocket',
  };
}

/** Of the parameters of a query. */
export function queryNames(target: string): readonly string[] {
  const query = target.indexOf('?');
  return query === -1 ? [] : namesOf(target.slice(query + 1).split('&'));
}

function cookieNames(line: string): readonly string[] {
  return namesOf(line.split(';').map((pair) => pair.trim()));
}

/** One without a value may be a value itself, ending with the `=` of base64, and is not told. */
function namesOf(pairs: readonly string[]): readonly string[] {
  return pairs.flatMap((pair) => /^([^=]*)=+[^=]/.exec(pair)?.[1] ?? []);
}

export function explainClient(
  client: Client,
  head: RequestHead | undefined,
  { trustedProxies }: DecideSettings,
): ExplainedClient {
  const { peer, tls, trusted } = client;
  const origin = head === undefined ? undefined : findOrigin(head, client, trustedProxies);
  const address = origin?.address.text ?? peer.text;
  return {
    address,
    by: address === peer.text ? 'connection' : 'X-Forwarded-For',
    peer: peer.text,
    isTrustedProxy: trusted,
    scheme: origin?.scheme ?? (tls === undefined ? 'http' : 'https'),
    ...(tls === undefined
      ? {}
      : { tls: { serverName: tls.serverName, version: tls.version, hasCertificate: tls.hasCertificate } }),
  };
}
