// The one endpoint no Mattermost has: it shows a request as it arrived, so that a test sees what the proxy sent.
import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import { continueIfExpected, replyJson } from './exchange.ts';
import type { Route } from './route.ts';

/** What `/api/v4/demo/echo` answers. */
export type Echo = {
  readonly node: string;
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  /** Name and value as received: case, order and repeats kept. */
  readonly headers: readonly (readonly [string, string])[];
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly body: { readonly sizeBytes: number; readonly sha256: string };
};

async function serveEcho(exchange: Exchange): Promise<void> {
  const { request, node } = exchange;
  continueIfExpected(exchange);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    hash.update(chunk);
  }
  const raw = request.rawHeaders;
  const echo: Echo = {
    node: node.name,
    method: request.method ?? '',
    url: request.url ?? '',
    httpVersion: request.httpVersion,
    headers: raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [])),
    remoteAddress: request.socket.remoteAddress ?? '',
    remotePort: request.socket.remotePort ?? 0,
    body: { sizeBytes, sha256: hash.digest('hex') },
  };
  replyJson(exchange, 200, echo);
}

/** The endpoint: any method, no session, no CSRF check. */
export const demoRoutes: readonly Route[] = [
  {
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    pattern: /^\/api\/v4\/demo\/echo$/,
    trustsRequester: true,
    serve: serveEcho,
  },
];
