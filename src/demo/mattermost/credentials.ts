// Where a request carries its session token, and whether that token counts. Order as in Mattermost: cookie, header,
// query. A cookie wins even when it is empty or forged.
import type { IncomingHttpHeaders } from 'node:http';
import type { AppError } from './app-error.ts';
import { appErrors } from './app-error.ts';
import type { LoginSession, LoginSessions } from './login-sessions.ts';

/** The place a token was found in. Only cookies need the CSRF check. */
export type TokenLocation = 'cookie' | 'header' | 'query' | 'none';

/** The token as found; empty text when there is none. */
export type FoundToken = { readonly token: string; readonly location: TokenLocation };

const maxTokenLength = 50;

function readCookie(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key = '', ...rest] = pair.split('=');
    if (key.trim() === name && rest.length > 0)
      return rest
        .join('=')
        .trim()
        .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

/** Finds the token of a request; the schemes `Bearer` and `Token` count in any case. */
export function findToken(headers: IncomingHttpHeaders, query: URLSearchParams): FoundToken {
  const cookie = readCookie(headers.cookie ?? '', 'MMAUTHTOKEN');
  if (cookie !== undefined) return { token: cookie.slice(0, maxTokenLength), location: 'cookie' };
  const scheme = /^(?:bearer|token).(.*)$/i.exec(headers.authorization ?? '');
  if (scheme) return { token: (scheme[1] ?? '').slice(0, maxTokenLength), location: 'header' };
  const fromQuery = query.get('access_token') ?? '';
  return { token: fromQuery.slice(0, maxTokenLength), location: fromQuery === '' ? 'none' : 'query' };
}

/** A request as far as authentication is concerned. */
export type Claim = {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** Endpoints that need no CSRF check: the WebSocket and pictures. */
  readonly trustsRequester: boolean;
};

/** The session of a request, or the error Mattermost answers before any endpoint is asked. */
export type Authentication =
  | { readonly kind: 'session'; readonly session: LoginSession }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused'; readonly error: AppError };

function passesCsrfCheck(claim: Claim, session: LoginSession): boolean {
  if (claim.trustsRequester || claim.method === 'GET' || claim.method === 'HEAD') return true;
  return (
    claim.headers['x-csrf-token'] === session.csrf || claim.headers['x-requested-with'] === 'XMLHttpRequest'
  );
}

/** Judges the credentials of a request. A forged token makes it anonymous, not refused. */
export function authenticate(claim: Claim, sessions: LoginSessions): Authentication {
  const { token, location } = findToken(claim.headers, claim.query);
  const session = token === '' ? undefined : sessions.find(token);
  if (session === undefined) return { kind: 'anonymous' };
  if (location === 'query' && !session.isOAuth) return { kind: 'refused', error: appErrors.tokenProvided };
  if (location === 'cookie' && !passesCsrfCheck(claim, session)) {
    return { kind: 'refused', error: appErrors.sessionExpired };
  }
  return { kind: 'session', session };
}
