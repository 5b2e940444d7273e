// The client's end of a WebSocket: received messages wait in a queue until somebody asks for one that fits.
import type { IncomingHttpHeaders } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import { isObject } from './exchange.ts';
import { bytesOf } from './frame-bytes.ts';

/** What a Mattermost server sends over a WebSocket: an event, or a reply to an action. */
export type SocketMessage = {
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly seq?: number;
  readonly status?: string;
  readonly seq_reply?: number;
};

/** An open WebSocket and what it has received. */
export type Conversation = {
  readonly socket: WebSocket;
  /** The node of the 101, and its headers. */
  readonly node: string;
  readonly headers: IncomingHttpHeaders;
  /** How it ended. 1006 = without a close frame. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Takes the first message, past or coming, that fits. Rejects after the timeout (default 15,000 ms) and on close. */
  next(fits: (message: SocketMessage) => boolean, timeoutMs?: number): Promise<SocketMessage>;
  /** Sends an action and returns its sequence number, by which `next` finds the reply. */
  send(action: string, data?: Readonly<Record<string, unknown>>): number;
};

type Waiter = {
  readonly fits: (message: SocketMessage) => boolean;
  readonly resolve: (message: SocketMessage) => void;
  readonly reject: (error: Error) => void;
};

const defaultWaitMs = 15_000;

/** The fields a test looks at, each only if it has the type it should have. */
function readMessage(raw: RawData): SocketMessage {
  const value: unknown = JSON.parse(bytesOf(raw).toString());
  if (!isObject(value)) return {};
  const { event, data, seq, status, seq_reply } = value;
  return {
    ...(typeof event === 'string' ? { event } : {}),
    ...(isObject(data) ? { data } : {}),
    ...(typeof seq === 'number' ? { seq } : {}),
    ...(typeof status === 'string' ? { status } : {}),
    ...(typeof seq_reply === 'number' ? { seq_reply } : {}),
  };
}

/** Received messages and those who wait for one. */
class Inbox {
  readonly #messages: SocketMessage[] = [];
  readonly #waiters = new Set<Waiter>();
  #ending: Error | undefined;

  put(message: SocketMessage): void {
    for (const waiter of this.#waiters) {
      if (!waiter.fits(message)) continue;
      this.#waiters.delete(waiter);
      return waiter.resolve(message);
    }
    this.#messages.push(message);
  }

  end(error: Error): void {
    this.#ending = error;
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  take(fits: Waiter['fits'], timeoutMs: number): Promise<SocketMessage> {
    const at = this.#messages.findIndex(fits);
    const found = at < 0 ? undefined : this.#messages.splice(at, 1)[0];
    if (found !== undefined) return Promise.resolve(found);
    if (this.#ending !== undefined) return Promise.reject(this.#ending);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        fits,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`No WebSocket message that fits came within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}

/** Wraps a socket before its first frame has arrived. */
export function createConversation(
  socket: WebSocket,
  node: string,
  headers: IncomingHttpHeaders,
): Conversation {
  const inbox = new Inbox();
  let sequence = 0;
  socket.on('message', (raw) => inbox.put(readMessage(raw)));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      inbox.end(new Error(`WebSocket closed with ${code}`));
      resolve({ code, reason: reason.toString() });
    });
  });
  return {
    socket,
    node,
    headers,
    closed,
    next: (fits, timeoutMs = defaultWaitMs) => inbox.take(fits, timeoutMs),
    send(action, data = {}) {
      sequence += 1;
      socket.send(JSON.stringify({ seq: sequence, action, data }));
      return sequence;
    },
  };
}
