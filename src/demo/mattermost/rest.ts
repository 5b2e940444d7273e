// The HTTP side of a node: from a request to an endpoint, in the order of a real server. READ FIRST for HTTP.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { appErrors } from './app-error.ts';
import { authenticate } from './credentials.ts';
import { demoRoutes } from './demo-routes.ts';
import type { Exchange } from './exchange.ts';
import { replyError, replyText, writeStandardHeaders } from './exchange.ts';
import { fileRoutes } from './file-routes.ts';
import type { NodeContext } from './node-context.ts';
import { servePage } from './page.ts';
import { postRoutes } from './post-routes.ts';
import type { RequestTarget } from './request-target.ts';
import { encodePath, maxUrlLength, parseTarget, withoutSubpath } from './request-target.ts';
import type { Route } from './route.ts';
import { systemRoutes } from './system-routes.ts';
import { judgeUpgrade, replyRefusal } from './upgrade.ts';
import { userRoutes } from './user-routes.ts';

const routes: readonly Route[] = [
  ...systemRoutes,
  ...userRoutes,
  ...postRoutes,
  ...fileRoutes,
  ...demoRoutes,
];

/** Answers one HTTP request. Rejects only when the client goes away in mid-body. */
export async function serveRequest(
  node: NodeContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = writeStandardHeaders(node, response);
  const target = parseTarget(request.url ?? '');
  if (target === undefined) {
    response.setHeader('Connection', 'close');
    return replyText(response, 400, 'text/plain; charset=utf-8', '400 Bad Request');
  }
  if (target.cleanPath !== target.path) return redirect(response, 301, target.cleanPath, target);
  const path = withoutSubpath(target.path, node.subpath);
  if (path === undefined) return redirect(response, 302, node.subpath + target.path, target);
  const exchange: Exchange = { request, response, node, target, requestId };
  return path.startsWith('/api/') ? serveApi(exchange, path) : servePage(exchange, path);
}

function redirect(response: ServerResponse, status: number, path: string, { search }: RequestTarget): void {
  response.setHeader('Location', encodePath(path) + search);
  response.setHeader('Content-Length', 0);
  response.statusCode = status;
  response.end();
}

async function serveApi(exchange: Exchange, path: string): Promise<void> {
  const { request, node, target } = exchange;
  // A handshake that was good enough has left by the upgrade event; what is left of that path ends here.
  const verdict = judgeUpgrade(node, request, target);
  if (verdict.kind === 'refuse') return replyRefusal(exchange, verdict);
  const route = findRoute(request.method ?? '', path);
  if (route === undefined) return replyError(exchange, appErrors.notFound);
  if ((request.url ?? '').length > maxUrlLength) return replyError(exchange, appErrors.urlTooLong);
  const claim = {
    method: request.method ?? '',
    headers: request.headers,
    query: target.query,
    trustsRequester: route.trustsRequester ?? false,
  };
  const found = authenticate(claim, node.town.sessions);
  if (found.kind === 'refused') return replyError(exchange, found.error);
  const authenticated = found.kind === 'session' ? { ...exchange, session: found.session } : exchange;
  return route.serve(authenticated, route.pattern.exec(path)?.groups ?? {});
}

function findRoute(method: string, path: string): Route | undefined {
  return routes.find((route) => route.methods.includes(method) && route.pattern.test(path));
}
