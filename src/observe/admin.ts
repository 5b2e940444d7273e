// The admin port: health for the kubelet, metrics for Prometheus, and a dashboard for people. Read-only, and it never
// touches user traffic.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { listenFailure } from '../model/listen-failure.ts';
import { answerExplain, type Explain } from './admin-explain.ts';
import { type PageFile, readDashboard } from './dashboard-files.ts';
import { parseStateQuery, type StateQuery } from './state-query.ts';

export type WorkerStatus = {
  readonly worker: number;
  /** Its heartbeat is fresh. */
  readonly alive: boolean;
  /** Generation it acknowledged last; 0 before the first. */
  readonly generation: number;
};

export type AdminStatus = {
  /** A first full configuration was published. */
  readonly synced: boolean;
  readonly listening: boolean;
  readonly draining: boolean;
  readonly generation: number;
  readonly workers: readonly WorkerStatus[];
};

export type AdminState = {
  status(): AdminStatus;
  /** All that is known, without secrets; plain data. */
  state(query: StateQuery): unknown;
  /** What would become of a described request, without secrets; absent where nobody can tell. */
  readonly explain?: Explain;
};

export type AdminOptions = {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly state: AdminState;
  readonly registry: Registry;
  /** Whether others than this machine may see the state and the dashboard. */
  readonly showsState: boolean;
};

export type AdminServer = { readonly port: number; close(): Promise<void> };

type Answer = PageFile & { readonly status: number };

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';
const EXPLAIN_PATH = '/api/explain';

/** What the dashboard needs, and for everything else nothing; no text can become markup or code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
} as const;
/** A scraper that does not read its answer is cut off. */
const SILENCE_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 64;

/** Opens the port; rejects with the address in the message where that fails. */
export async function createAdminServer(options: AdminOptions): Promise<AdminServer> {
  const scrape = shareRunning(() => options.registry.metrics());
  const pages = readDashboard();
  const server = createServer(LIMITS, (request, response) => {
    void handle(request, response, { ...options, scrape, pages });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(SILENCE_TIMEOUT_MS);
  const port = await listen(server, options);
  return { port, close: () => close(server) };
}

type Handling = AdminOptions & {
  readonly scrape: () => Promise<string>;
  readonly pages: ReadonlyMap<string, PageFile>;
};

async function handle(request: IncomingMessage, response: ServerResponse, handling: Handling): Promise<void> {
  const answer = await answerTo(request, handling).catch(() => plain(500, 'This could not be found out'));
  const { method } = request;
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    'Content-Type': answer.type,
    'Content-Length': Buffer.byteLength(answer.body),
    ...(answer.status === 405 ? { Allow: request.url === EXPLAIN_PATH ? 'POST' : 'GET, HEAD' } : {}),
    // Whatever body follows a refused request is not read, so it must not be taken for the next request.
    ...(answer.status >= 400 && answer.status < 500 ? { Connection: 'close' } : {}),
  });
  response.end(method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(request: IncomingMessage, handling: Handling): Promise<Answer> {
  const { explain } = handling.state;
  if (request.url === EXPLAIN_PATH && explain !== undefined) {
    if (request.method !== 'POST') return plain(405, 'Only POST is served here');
    return mayAsk(request, handling) ? asJson(await answerExplain(request, explain)) : HIDDEN;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plain(405, 'Only GET and HEAD are served here');
  return hasBody(request) ? plain(413, 'A request here has no body') : await answerToRead(request, handling);
}

async function answerToRead(request: IncomingMessage, handling: Handling): Promise<Answer> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  switch (path) {
    case '/livez':
      return isLive(handling.state.status()) ? plain(200, 'ok') : plain(503, 'no worker is alive');
    case '/readyz':
      return readiness(handling.state.status(), new URLSearchParams(query));
    case '/metrics':
      return { status: 200, type: handling.registry.contentType, body: await handling.scrape() };
    case '/api/state':
      return mayAsk(request, handling) ? stateAnswer(query, handling) : HIDDEN;
    default:
      return pageAnswer(request, path, handling);
  }
}

function stateAnswer(query: string, { state }: Handling): Answer {
  const asked = parseStateQuery(query);
  return typeof asked === 'string' ? plain(400, asked) : asJson({ status: 200, body: state.state(asked) });
}

function pageAnswer(request: IncomingMessage, path: string, handling: Handling): Answer {
  const page = handling.pages.get(path);
  if (page === undefined)
    return plain(404, 'Served here: / (the dashboard), /livez, /readyz, /metrics, /api/state, /api/explain');
  return mayAsk(request, handling) ? { status: 200, ...page } : HIDDEN;
}

const HIDDEN = plain(
  403,
  'Only this machine is shown the dashboard and the state, as http://localhost: ' +
    'kubectl port-forward leads there. --admin-ui true shows them to all.',
);

function mayAsk(request: IncomingMessage, { showsState }: Handling): boolean {
  return showsState || isFromHere(request);
}

/** Not all of loopback: the sidecar of a service mesh passes on from 127.0.0.6 what any pod has asked it. */
const OWN_ADDRESSES: ReadonlySet<string> = new Set(['127.0.0.1', '::ffff:127.0.0.1', '::1']);

/** By its address, and by the name it calls us: a page in a browser of this machine must not ask under its own name. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const isOwn = OWN_ADDRESSES.has(socket.remoteAddress ?? '');
  return isOwn && /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/i.test(headers.host ?? '');
}

function asJson({ status, body }: { readonly status: number; readonly body: unknown }): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}

function plain(status: number, line: string): Answer {
  return { status, type: TEXT, body: `${line}\n` };
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Answering at all shows that the main thread lives; restarting helps only when no worker does either. */
function isLive({ workers }: AdminStatus): boolean {
  return workers.length === 0 || workers.some((worker) => worker.alive);
}

/** What keeps the process from being ready; empty when it is. */
function unreadyReasons({ synced, listening, draining }: AdminStatus): readonly string[] {
  const reasons: string[] = [];
  if (!synced) reasons.push('not synced');
  if (!listening) reasons.push('not listening');
  if (draining) reasons.push('draining');
  return reasons;
}

/**
 * A load balancer must see at once that the process stops. The kubelet must not: kube-proxy sends to a pod that is ending
 * as long as it is ready and the node has no other one, which is until that load balancer has noticed.
 */
const EXCLUDABLE = 'draining';

function readiness(status: AdminStatus, query: URLSearchParams): Answer {
  const excluded = query.getAll('exclude');
  if (excluded.some((reason) => reason !== EXCLUDABLE))
    return plain(400, `exclude: must be ${EXCLUDABLE}, the only reason that can be left out`);
  const reasons = unreadyReasons(status).filter((reason) => !excluded.includes(reason));
  const code = reasons.length === 0 ? 200 : 503;
  if (!query.has('verbose')) return plain(code, reasons.length === 0 ? 'ok' : reasons.join(', '));
  const { synced, listening, draining, generation, workers } = status;
  const body = { ready: code === 200, reasons, synced, listening, draining, generation, workers };
  return { status: code, type: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}

/** Whoever asks while an answer is being made gets that one: scrapes cost the same however many there are. */
function shareRunning(run: () => Promise<string>): () => Promise<string> {
  let running: Promise<string> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function listen(server: Server, { address, port }: AdminOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', (error) => reject(listenFailure({ flag: 'admin-port', address, port }, error)));
  server.listen({ host: address, port }, () => {
    const bound = server.address();
    resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
  });
  return promise;
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}
