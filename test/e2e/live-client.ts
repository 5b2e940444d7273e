// Mattermost's own WebSocket client, signed in, and posts that it should hear.
import { WebSocketClient } from '@mattermost/client';
import WebSocket from 'ws';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:tls';
import { login } from '../../src/demo/mattermost/session.ts';
import { createTown } from '../../src/demo/mattermost/town.ts';
import { USERS } from '../../src/demo/site.ts';
import { until } from './until.ts';
import { stickyCookieOf, type Visitor } from './entrance.ts';
import { CHAT_HOST, TOWN_SECRET } from './mattermost-objects.ts';

/** The channel of the town, which each node derives from the secret that they share. */
const { channelId } = createTown({ users: Object.values(USERS), secret: TOWN_SECRET }).square;

export class LiveClient {
  /** Messages of posts that came. */
  readonly heard: string[] = [];
  reconnects = 0;
  /** What became of its WebSockets, in order, with the node of each. */
  readonly journal: string[] = [];
  readonly #visitor: Visitor;
  readonly #identity: Readonly<Record<string, string>>;
  /** The cookie that keeps it on its node, as it was set last: a browser keeps it for both kinds of requests. */
  #sticky: string;
  readonly #client: WebSocketClient;

  private constructor(visitor: Visitor, identity: Readonly<Record<string, string>>, sticky: string) {
    this.#visitor = visitor;
    this.#identity = identity;
    this.#sticky = sticky;
    this.#client = new WebSocketClient({
      minWebSocketRetryTime: 200,
      maxWebSocketRetryTime: 1_000,
      reconnectJitterRange: 200,
      newWebSocketFn: (url) => this.#dial(url) as unknown as globalThis.WebSocket,
    });
    this.#client.addMessageListener(({ event, data }) => {
      if (event === 'posted') this.heard.push(messageOf(data));
    });
    // Without this listener the client forgets its connection id, and hangs up on itself for ever.
    this.#client.addMissedMessageListener(() => undefined);
    this.#client.addReconnectListener(() => void (this.reconnects += 1));
  }

  /** Signs in and resolves when the WebSocket has said hello. */
  static async start(visitor: Visitor, extra: Readonly<Record<string, string>> = {}): Promise<LiveClient> {
    const session = await login(`https://${CHAT_HOST}`, USERS.alice, {
      ...visitor.via(true),
      headers: extra,
    });
    const identity = { ...extra, Authorization: `Bearer ${session.token}` };
    const client = new LiveClient(visitor, identity, stickyCookieOf(session.reply.headers));
    await new Promise<void>((resolve) => {
      client.#client.addFirstConnectListener(resolve);
      client.#client.initialize(`wss://${CHAT_HOST}/api/v4/websocket`);
    });
    return client;
  }

  /** Posts, and resolves when the post came back over the WebSocket. Posts again while that is being mended. */
  async expectEcho(message: string): Promise<void> {
    let attempt = 0;
    await until(async () => {
      const text = `${message}, attempt ${(attempt += 1)}`;
      const node = await this.#post(text);
      await until(() => {
        if (this.heard.includes(text)) return;
        throw new Error(`Not heard: ${text}, posted on ${node}; ${this.journal.join('; ')}`);
      }, 1_000);
    }, 30_000);
  }

  /** @returns the node that took it */
  async #post(message: string): Promise<string> {
    const { status, body, node, headers } = await this.#visitor.get({
      path: '/api/v4/posts',
      method: 'POST',
      headers: { ...this.#headers(), 'Content-Type': 'application/json' },
      body: JSON.stringify({ channel_id: channelId, message }),
    });
    if (status !== 201) throw new Error(`A post was answered with ${status}: ${body.toString()}`);
    this.#keep(headers);
    return node;
  }

  #headers(): Readonly<Record<string, string>> {
    return { ...this.#identity, Cookie: this.#sticky };
  }

  #keep(headers: IncomingHttpHeaders): void {
    this.#sticky = stickyCookieOf(headers) || this.#sticky;
  }

  #dial(url: string): WebSocket {
    const { connectTo, ca } = this.#visitor.via(true);
    const { address: host, port } = connectTo;
    const socket = new WebSocket(url, {
      headers: this.#headers(),
      createConnection: () => connect({ host, port, servername: CHAT_HOST, ca }),
    });
    const note = (text: string): void => void this.journal.push(`${new Date().toISOString()} ${text}`);
    socket.on('upgrade', ({ headers }) => {
      note(`open on ${String(headers['x-demo-node'])}`);
      this.#keep(headers);
    });
    socket.on('close', (code) => note(`closed with ${code}`));
    socket.on('unexpected-response', (request, { statusCode }) => {
      note(`refused with ${statusCode}`);
      request.destroy();
    });
    return socket;
  }

  close(): void {
    this.#client.close();
  }
}

function messageOf(data: unknown): string {
  const { post = '{}' } = data as { readonly post?: string };
  return (JSON.parse(post) as { readonly message?: string }).message ?? '';
}
