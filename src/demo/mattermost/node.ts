// One fake Mattermost node: a listener with the HTTP API and the WebSockets of a town, and a stop as SIGTERM means it.
import type { Server as HttpServer, IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { replyText } from './exchange.ts';
import { Hub } from './hub.ts';
import type { NodeContext, NodeHealth, Timing } from './node-context.ts';
import { serverTiming } from './node-context.ts';
import { serveRequest } from './rest.ts';
import type { Town } from './town.ts';
import { Traffic } from './traffic.ts';
import type { WebSocketEndpoint } from './websocket.ts';
import { createWebSocketEndpoint } from './websocket.ts';

/** A running node. */
export type MattermostNode = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Open WebSockets, authenticated or not. */
  readonly sockets: number;
  /** Requests so far, handshakes of WebSockets among them, health checks not: they come at any time. */
  readonly requests: number;
  /** Changes what the ping reports from now on. */
  setHealth(health: Partial<NodeHealth>): void;
  /**
   * As SIGTERM, in a real server's order: the listener refuses at once and idle connections close, running requests
   * get a second, then the WebSockets and what is left of TCP are cut, without a close frame. Resolves when all is
   * gone; a second call changes nothing.
   */
  stop(): Promise<void>;
};

/** How a node is started. */
export type NodeOptions = {
  readonly town: Town;
  readonly name: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Decides the Origin check of WebSockets and, where `subpath` is absent, the subpath. */
  readonly siteUrl?: string;
  readonly subpath?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly timing?: Partial<Timing>;
};

/** How the controller and the kubelet call themselves when they ask for the ping. */
const healthChecker = /health-check$|^kube-probe\//;
const requestTimeoutMs = 300_000;
const maxHeaderBytes = 1024 * 1024;

/** Go's and Mattermost's limits in the words of `node:http`. */
function httpOptions(timing: Timing, isUpgrade: (request: IncomingMessage) => boolean): ServerOptions {
  return {
    keepAliveTimeout: timing.idleMs,
    // Without this `node:http` grants one more second than it was told.
    keepAliveTimeoutBuffer: 0,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    maxHeaderSize: maxHeaderBytes,
    shouldUpgradeCallback: isUpgrade,
  };
}

function createContext(options: NodeOptions, health: () => NodeHealth): NodeContext {
  const siteUrl = options.siteUrl ?? '';
  const ofSite = siteUrl === '' ? '' : new URL(siteUrl).pathname;
  return {
    name: options.name,
    town: options.town,
    siteUrl,
    subpath: (options.subpath ?? ofSite).replace(/\/+$/, ''),
    isTls: options.tls !== undefined,
    timing: { ...serverTiming, ...options.timing },
    health,
  };
}

function listen(server: HttpServer, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function createServer(options: NodeOptions, http: ServerOptions): HttpServer {
  return options.tls ? createHttpsServer({ ...http, ...options.tls }) : createHttpServer(http);
}

/** Wires a server to the node's HTTP side and its WebSocket endpoint. */
function serveWith(context: NodeContext, server: HttpServer, endpoint: WebSocketEndpoint): Traffic {
  const traffic = new Traffic();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const isCheck = healthChecker.test(request.headers['user-agent'] ?? '');
    traffic.begin(response, isCheck ? 'check' : 'request');
    serveRequest(context, request, response).catch((error: unknown) => {
      // Nobody is left to be told when the client went away in mid-body; anything else is a bug and must show.
      if (request.destroyed || response.headersSent) return response.destroy();
      replyText(response, 500, 'text/plain; charset=utf-8', String(error));
    });
  };
  server
    .on('request', serve)
    .on('checkContinue', serve)
    .on('connection', (socket) => traffic.connect(socket));
  server.on('upgrade', (request, socket, head) => {
    traffic.upgrade();
    endpoint.accept(request, socket, head);
  });
  return traffic;
}

/** Starts a node. Rejects when its address cannot be bound. */
export async function startMattermostNode(options: NodeOptions): Promise<MattermostNode> {
  let health: NodeHealth = { server: 'OK', database: 'OK', filestore: 'OK' };
  const context = createContext(options, () => health);
  const hub = new Hub(context);
  const endpoint = createWebSocketEndpoint(context, hub);
  const server = createServer(
    options,
    httpOptions(context.timing, (request) => endpoint.isUpgrade(request)),
  );
  const traffic = serveWith(context, server, endpoint);
  const { address = '127.0.0.1', port = 0 } = options;
  await listen(server, port, address).catch((error: unknown) => {
    hub.stop();
    throw error;
  });
  const bound = server.address();
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await traffic.finishRequests(context.timing.stopGraceMs);
    hub.stop();
    traffic.cut();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    name: options.name,
    address,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    get sockets() {
      return hub.size;
    },
    get requests() {
      return traffic.requests;
    },
    setHealth(changes) {
      health = { ...health, ...changes };
    },
    stop: () => (stopped ??= stop()),
  };
}
