// Endpoints of users: login with its cookies, logout, who am I, and the one team and channel everybody is in.
import { appErrors } from './app-error.ts';
import type { Exchange } from './exchange.ts';
import { readJson, readObject, replyError, replyJson, textOf } from './exchange.ts';
import type { LoginSession } from './login-sessions.ts';
import type { Route, UserExchange } from './route.ts';
import { withSession } from './route.ts';
import type { Square } from './town.ts';
import { describeUser } from './users.ts';

/** Mattermost's SessionLengthWebInHours default of 30 days, in seconds. */
const sessionSeconds = 720 * 3_600;

async function serveLogin(exchange: Exchange): Promise<void> {
  const body = await readObject(exchange);
  if (body === 'too-large') return replyError(exchange, appErrors.bodyTooLarge);
  const { users, sessions } = exchange.node.town;
  const user = body && users.authenticate(textOf(body, 'login_id'), textOf(body, 'password'));
  if (user === undefined) return replyError(exchange, appErrors.invalidCredentials);
  const session = sessions.open(user);
  exchange.response.setHeader('Token', session.token);
  if (exchange.request.headers['x-requested-with'] === 'XMLHttpRequest') setCookies(exchange, session);
  replyJson(exchange, 200, describeUser(user));
}

/** `Secure` follows what the proxy says about its client: without X-Forwarded-Proto the cookies are insecure. */
function setCookies(exchange: Exchange, session: LoginSession): void {
  const { node, request, response } = exchange;
  const isSecure = node.isTls || request.headers['x-forwarded-proto'] === 'https';
  const expires = new Date(node.town.now() + sessionSeconds * 1_000).toUTCString();
  const shared = `; Path=${node.subpath || '/'}; Expires=${expires}; Max-Age=${sessionSeconds}`;
  const secure = isSecure ? '; Secure' : '';
  response.setHeader('Set-Cookie', [
    `MMAUTHTOKEN=${session.token}${shared}; HttpOnly${secure}`,
    `MMUSERID=${session.user.id}${shared}${secure}`,
    `MMCSRF=${session.csrf}${shared}${secure}`,
  ]);
}

function serveLogout(exchange: Exchange): void {
  const { node, response, session } = exchange;
  if (session !== undefined) node.town.sessions.revoke(session.token);
  response.setHeader('Set-Cookie', `MMAUTHTOKEN=; Path=${node.subpath || '/'}; Max-Age=0; HttpOnly`);
  replyJson(exchange, 200, { status: 'OK' });
}

function serveMe(exchange: UserExchange): void {
  replyJson(exchange, 200, describeUser(exchange.session.user));
}

/** The users with these identifiers; unknown ones are left out, as in Mattermost. */
async function serveUsersByIds(exchange: UserExchange): Promise<void> {
  const ids = await readJson(exchange);
  if (ids === 'too-large') return replyError(exchange, appErrors.bodyTooLarge);
  if (!Array.isArray(ids) || ids.length === 0) return replyError(exchange, appErrors.invalidBody);
  const found = exchange.node.town.users.all.filter(({ id }) => ids.includes(id));
  replyJson(exchange, 200, found.map(describeUser));
}

function describeTeam(square: Square): Record<string, unknown> {
  const names = { name: 'demo', display_name: 'Demo', description: '', type: 'O' };
  return { id: square.teamId, create_at: 1, update_at: 1, delete_at: 0, ...names };
}

function describeChannel(square: Square): Record<string, unknown> {
  const names = { name: 'town-square', display_name: 'Town Square', header: '', purpose: '', type: 'O' };
  return {
    id: square.channelId,
    team_id: square.teamId,
    create_at: 1,
    update_at: 1,
    delete_at: 0,
    ...names,
  };
}

/** The endpoints. */
export const userRoutes: readonly Route[] = [
  { methods: ['POST'], pattern: /^\/api\/v4\/users\/login$/, serve: serveLogin },
  { methods: ['POST'], pattern: /^\/api\/v4\/users\/logout$/, serve: serveLogout },
  { methods: ['GET'], pattern: /^\/api\/v4\/users\/me$/, serve: withSession(serveMe) },
  { methods: ['POST'], pattern: /^\/api\/v4\/users\/ids$/, serve: withSession(serveUsersByIds) },
  {
    methods: ['GET'],
    pattern: /^\/api\/v4\/users\/me\/teams$/,
    serve: withSession((exchange) => replyJson(exchange, 200, [describeTeam(exchange.node.town.square)])),
  },
  {
    methods: ['GET'],
    pattern: /^\/api\/v4\/users\/me\/(?:teams\/[a-z0-9]{26}\/)?channels$/,
    serve: withSession((exchange) => replyJson(exchange, 200, [describeChannel(exchange.node.town.square)])),
  },
];
