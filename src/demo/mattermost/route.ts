// One endpoint of the API, and the guard of those that need a session.
import { appErrors } from './app-error.ts';
import type { Exchange } from './exchange.ts';
import { replyError } from './exchange.ts';
import type { LoginSession } from './login-sessions.ts';

/** Named groups of a route's pattern. */
export type PathParameters = Readonly<Record<string, string>>;

/** An endpoint: which requests it takes and how it answers them. */
export type Route = {
  readonly methods: readonly string[];
  /** Of the whole path below the subpath. */
  readonly pattern: RegExp;
  /** No CSRF check, as Mattermost does for its WebSocket and pictures. */
  readonly trustsRequester?: boolean;
  readonly serve: (exchange: Exchange, parameters: PathParameters) => void | Promise<void>;
};

/** An exchange of a user who is logged in. */
export type UserExchange = Exchange & { readonly session: LoginSession };

/** Wraps an endpoint: without a session it answers 401 and takes the session cookie away, as a real server does. */
export function withSession(
  serve: (exchange: UserExchange, parameters: PathParameters) => void | Promise<void>,
): Route['serve'] {
  return (exchange, parameters) => {
    const { session, response, node } = exchange;
    if (session !== undefined) return serve({ ...exchange, session }, parameters);
    if (exchange.request.headers.cookie?.includes('MMAUTHTOKEN=')) {
      response.appendHeader('Set-Cookie', `MMAUTHTOKEN=; Path=${node.subpath || '/'}; Max-Age=0; HttpOnly`);
    }
    return replyError(exchange, appErrors.sessionExpired);
  };
}
