// One person at Mattermost's own client, as a browser runs it: a cookie jar, a WebSocket that resumes, and everything read
// anew where it cannot.
import { connect, type LookupFunction } from 'node:net';
import { type Client4, WebSocketClient } from '@mattermost/client';
import WebSocket from 'ws';

/** One WebSocket that was opened: when, the node that served it, and whether it began with a hello. */
type Stay = { readonly atMs: number; readonly node: string; isNew: boolean };

const POSTS_A_PAGE = 200;
const ADDRESS = { address: '127.0.0.1', family: 4 };

export class ChatClient {
  /** The times are those of performance.now(). */
  readonly stays: Stay[] = [];
  /** Messages in the order in which the WebSocket brought them. */
  readonly heard: string[] = [];
  /** Messages that were read over HTTP after a connection that could not be resumed. */
  readonly read = new Set<string>();
  readonly #resyncs: Promise<void>[] = [];
  readonly #rest: Client4;
  readonly #channelId: string;
  readonly #client: WebSocketClient;
  readonly #cookies: Map<string, string>;
  #socket: WebSocket | undefined;
  #network = AbortSignal.abort();

  /** @param rest already logged in */
  constructor(rest: Client4, userId: string, channelId: string) {
    this.#rest = rest;
    this.#channelId = channelId;
    this.#cookies = new Map([
      ['MMAUTHTOKEN', rest.getToken()],
      ['MMUSERID', userId],
    ]);
    this.#client = new WebSocketClient({
      minWebSocketRetryTime: 20,
      maxWebSocketRetryTime: 100,
      reconnectJitterRange: 20,
      newWebSocketFn: (url) => this.#open(url) as unknown as globalThis.WebSocket,
    });
    this.#client.addMessageListener(({ event, data }) => this.#hear(event, data));
    this.#client.addMissedMessageListener(() => void this.#resyncs.push(this.#readAll()));
  }

  /** @param url `ws://host:port/api/v4/websocket`; the host decides in the proxy, the port is that of this machine */
  start(url: string): void {
    this.#client.initialize(url);
  }

  /** The node of the WebSocket, while one is open; on another node than before it first has to hear a hello. */
  get node(): string | undefined {
    const [before, now] = [this.stays.at(-2), this.stays.at(-1)];
    const isKnown = now?.isNew === true || now?.node === before?.node;
    return isKnown && this.#socket?.readyState === WebSocket.OPEN ? now?.node : undefined;
  }

  /** Its network breaks, and is there again when the signal comes. */
  cut(untilBack: AbortSignal): void {
    this.#network = untilBack;
    this.#socket?.terminate();
  }

  get resyncs(): number {
    return this.#resyncs.length;
  }

  /** Rejects when something could not be read. */
  async stop(): Promise<void> {
    this.#client.close();
    await Promise.all(this.#resyncs);
  }

  #open(url: string): WebSocket {
    const network = this.#network;
    const lookup: LookupFunction = (_, __, done) => {
      const found = () => done(null, [ADDRESS]);
      if (network.aborted) found();
      else network.addEventListener('abort', found, { once: true });
    };
    const { hostname: host, port } = new URL(url);
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
    const socket = new WebSocket(url, {
      headers: { Cookie: cookie },
      createConnection: () => connect({ host, port: Number(port), lookup }),
    });
    socket.once('upgrade', ({ headers }) => {
      for (const line of headers['set-cookie'] ?? []) this.#keep(line);
      this.stays.push({ atMs: performance.now(), node: String(headers['x-demo-node']), isNew: false });
    });
    this.#socket = socket;
    return socket;
  }

  #keep(setCookie: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie) ?? [];
    this.#cookies.set(name, value);
  }

  #hear(event: string, data: unknown): void {
    const stay = this.stays.at(-1);
    if (event === 'hello' && stay !== undefined) stay.isNew = true;
    if (event !== 'posted') return;
    const { post } = data as { readonly post: string };
    this.heard.push((JSON.parse(post) as { readonly message: string }).message);
  }

  /** What the web client does when it is given a new connection: it asks for what is there. */
  async #readAll(): Promise<void> {
    for (let page = 0; ; page++) {
      const { order, posts } = await this.#rest.getPosts(this.#channelId, page, POSTS_A_PAGE);
      if (order.length === 0) return;
      for (const id of order) this.read.add(posts[id]?.message ?? '');
    }
  }
}
