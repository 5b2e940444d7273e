// Judges a WebSocket handshake before any byte is answered, in the order of a real server: length of the URL, session,
// handshake headers, origin. What is refused here stays an ordinary HTTP exchange on a connection that lives on.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { AppError } from './app-error.ts';
import { appErrors, describeError } from './app-error.ts';
import { authenticate } from './credentials.ts';
import type { Exchange } from './exchange.ts';
import { replyError, replyText } from './exchange.ts';
import type { LoginSession } from './login-sessions.ts';
import type { NodeContext } from './node-context.ts';
import type { RequestTarget } from './request-target.ts';
import { maxUrlLength, withoutSubpath } from './request-target.ts';

/** A handshake turned down: as JSON of the API, or as the text of the WebSocket library. */
export type Refusal =
  | { readonly kind: 'refuse'; readonly form: 'json'; readonly error: AppError }
  | { readonly kind: 'refuse'; readonly form: 'text'; readonly statusCode: number; readonly reason: string };

/** What becomes of a request: `pass` = not for the WebSocket endpoint. */
export type UpgradeVerdict =
  | { readonly kind: 'accept'; readonly session?: LoginSession }
  | { readonly kind: 'pass' }
  | Refusal;

const endpoint = /^\/api\/v4\/(?:users\/)?websocket\/?$/;

/** Whether a browser's Origin may open a WebSocket: it must name SiteURL's scheme and host, or else the Host. */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  siteUrl: string,
): boolean {
  if (origin === undefined) return true;
  const from = splitOrigin(origin);
  if (siteUrl === '') return from.host === (host ?? '').toLowerCase();
  const site = splitOrigin(siteUrl);
  return from.host === site.host && from.scheme === site.scheme;
}

/** Compared as written: Go does not drop a default port. `null` has neither scheme nor host. */
function splitOrigin(url: string): { readonly scheme: string; readonly host: string } {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(url);
  return { scheme: (match?.[1] ?? '').toLowerCase(), host: (match?.[2] ?? '').toLowerCase() };
}

function hasToken(value: string | undefined, token: string): boolean {
  return (value ?? '').split(',').some((one) => one.trim().toLowerCase() === token);
}

function hasHandshakeHeaders(headers: IncomingHttpHeaders): boolean {
  return (
    hasToken(headers.connection, 'upgrade') &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9a-z]{22}==$/i.test(headers['sec-websocket-key'] ?? '')
  );
}

/** Judges one request. A missing or forged session is accepted: its socket has to authenticate itself in time. */
export function judgeUpgrade(
  node: NodeContext,
  request: IncomingMessage,
  target: RequestTarget,
): UpgradeVerdict {
  const path = withoutSubpath(target.path, node.subpath);
  if (request.method !== 'GET' || path === undefined || !endpoint.test(path)) return { kind: 'pass' };
  if ((request.url ?? '').length > maxUrlLength) {
    return { kind: 'refuse', form: 'json', error: appErrors.urlTooLong };
  }
  const { headers } = request;
  const claim = { method: 'GET', headers, query: target.query, trustsRequester: true };
  const found = authenticate(claim, node.town.sessions);
  if (found.kind === 'refused') return { kind: 'refuse', form: 'json', error: found.error };
  if (!hasHandshakeHeaders(headers)) {
    return { kind: 'refuse', form: 'text', statusCode: 400, reason: 'Not a WebSocket handshake.' };
  }
  if (!isAllowedOrigin(headers.origin, headers.host, node.siteUrl)) {
    const reason = `${appErrors.upgradeRefused.message} Url: ${headers.origin ?? ''}`;
    return { kind: 'refuse', form: 'text', statusCode: 403, reason };
  }
  return found.kind === 'session' ? { kind: 'accept', session: found.session } : { kind: 'accept' };
}

/**
 * Answers a refused handshake. The WebSocket library's text comes first and fixes status and type; the API's error
 * (always 400) follows it in the same body. That is how the real server's answer looks on the wire.
 */
export function replyRefusal(exchange: Exchange, refusal: Refusal): void {
  if (refusal.form === 'json') return replyError(exchange, refusal.error);
  const { response, requestId } = exchange;
  const error = describeError({ ...appErrors.upgradeRefused, message: refusal.reason }, requestId);
  const text = `${STATUS_CODES[refusal.statusCode]}\n${JSON.stringify(error)}`;
  response.setHeader('Sec-Websocket-Version', '13');
  replyText(response, refusal.statusCode, 'text/plain; charset=utf-8', text);
}
