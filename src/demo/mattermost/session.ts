// The client side for the demo's tour and for tests: log in, send requests, talk over a WebSocket, each with a choice
// of source address, certificate authority and address to connect to (127.0.0.1 spoken to as chat.example.com).
import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { isIP, connect as netConnect } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import type { Conversation } from './conversation.ts';
import { createConversation } from './conversation.ts';
import { isObject, textOf } from './exchange.ts';
import type { Account } from './users.ts';

/** How a server is reached, beside its URL. Host header and SNI always follow the URL. */
export type Via = {
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string;
  /** Source address, for example 127.0.0.5. */
  readonly localAddress?: string;
  /** Where to connect instead of the URL's host and port. */
  readonly connectTo?: { readonly address: string; readonly port: number };
  /** Reuses connections; without one each request opens its own. For `request` and `login` only. */
  readonly agent?: Agent;
  /** For the whole exchange, or for the handshake of a WebSocket. Default 30,000. */
  readonly timeoutMs?: number;
};

/** One request. */
export type RequestOptions = Via & {
  readonly url: string;
  readonly method?: string;
  /** The request target exactly as given, where the URL would be normalised. */
  readonly target?: string;
  /** A stream goes out chunked unless a Content-Length header is given. */
  readonly body?: string | Buffer | Readable;
};

/** A complete response. */
export type Reply = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The node that answered; empty when none did, for example because a proxy answered itself. */
  readonly node: string;
};

/** A session as a browser or an app holds it. */
export type Session = {
  readonly token: string;
  readonly userId: string;
  readonly csrf: string;
  /** All cookies of the login, a proxy's among them, ready to be sent back. */
  readonly cookieHeader: string;
  readonly reply: Reply;
};

const defaultTimeoutMs = 30_000;

function nodeOf(headers: IncomingHttpHeaders): string {
  const value = headers['x-demo-node'];
  return typeof value === 'string' ? value : '';
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = await response.toArray();
  const { statusCode: status = 0, headers, rawHeaders } = response;
  return { status, headers, rawHeaders, body: Buffer.concat(chunks), node: nodeOf(headers) };
}

function addressOf(
  url: URL,
  via: Via,
): { readonly host: string; readonly port: number; readonly servername: string } {
  const isTls = url.protocol === 'https:' || url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host: via.connectTo?.address ?? host,
    port: via.connectTo?.port ?? (url.port === '' ? (isTls ? 443 : 80) : Number(url.port)),
    servername: isIP(host) === 0 ? host : '',
  };
}

/** The options of `node:net` and `node:tls` that a Via stands for; absent ones stay absent. */
function socketOptions(via: Via): { localAddress?: string; ca?: string } {
  return {
    ...(via.localAddress === undefined ? {} : { localAddress: via.localAddress }),
    ...(via.ca === undefined ? {} : { ca: via.ca }),
  };
}

/** Sends one request and reads the whole response. Rejects on network errors and after the timeout. */
export function request(options: RequestOptions): Promise<Reply> {
  const url = new URL(options.url);
  const { body } = options;
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
      ...addressOf(url, options),
      ...socketOptions(options),
      method: options.method ?? 'GET',
      path: options.target ?? url.pathname + url.search,
      headers: { Host: url.host, ...options.headers },
      agent: options.agent ?? false,
      signal: AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs),
    });
    let isAnswered = false;
    // A server may answer before it has read the whole body: the broken pipe that follows is no failure then.
    const fail = (error: unknown): void => void (isAnswered || reject(error));
    sent.once('response', (response) => {
      isAnswered = true;
      readReply(response).then(resolve, reject);
    });
    sent.on('error', fail);
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) sent.end(body);
    else pipeline(body, sent).catch(fail);
  });
}

/** Logs in as a browser does. Rejects with the status when the answer is not 200. */
export async function login(url: string, user: Account, via: Via = {}): Promise<Session> {
  const reply = await request({
    ...via,
    url: `${url}/api/v4/users/login`,
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Requested-With': 'XMLHttpRequest',
      ...via.headers,
    },
    body: JSON.stringify({ login_id: user.username, password: user.password }),
  });
  if (reply.status !== 200) throw new Error(`Login of ${user.username} was answered with ${reply.status}`);
  const cookies = (reply.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '');
  const valueOf = (name: string): string =>
    cookies.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const profile: unknown = JSON.parse(reply.body.toString());
  const token = reply.headers['token'];
  return {
    token: typeof token === 'string' ? token : '',
    userId: isObject(profile) ? textOf(profile, 'id') : '',
    csrf: valueOf('MMCSRF'),
    cookieHeader: cookies.join('; '),
    reply,
  };
}

/** A handshake that was answered with something else than 101. */
export class UpgradeRefused extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`WebSocket handshake was answered with ${reply.status}`);
    this.name = 'UpgradeRefused';
    this.reply = reply;
  }
}

/** Options of `ws` that connect where the Via says while the handshake speaks to the URL's host. */
function webSocketOptions(url: URL, via: Via): ClientOptions {
  const timeout = via.timeoutMs ?? defaultTimeoutMs;
  // The library only listens for the timeout of a connection it did not make; it ends it after the handshake.
  const to = { ...addressOf(url, via), ...socketOptions(via), timeout };
  return {
    perMessageDeflate: false,
    handshakeTimeout: timeout,
    headers: { ...via.headers },
    createConnection: (): Socket => (url.protocol === 'wss:' ? tlsConnect(to) : netConnect(to)),
  };
}

/** Opens a WebSocket. Rejects with UpgradeRefused for any other answer than 101, else with the network's error. */
export function openWebSocket(options: Via & { readonly url: string }): Promise<Conversation> {
  const url = new URL(options.url.replace(/^http/, 'ws'));
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, webSocketOptions(url, options));
    socket.once('upgrade', (response) => {
      // Made before the first frame can arrive, handed out when the socket is open.
      const conversation = createConversation(socket, nodeOf(response.headers), response.headers);
      socket.once('open', () => resolve(conversation));
    });
    socket.once('unexpected-response', (_, response) => {
      readReply(response).then((reply) => reject(new UpgradeRefused(reply)), reject);
    });
    socket.on('error', reject);
  });
}
