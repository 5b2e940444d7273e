// WebSockets that are opened and then say nothing.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { closeFrame, textFrame } from './client-frames.ts';
import type { ClientSockets } from './client-socket.ts';
import { EchoCheck } from './echo-check.ts';
import type { HoldOrder } from './messages.ts';
import { openWebSocket } from './websocket-opening.ts';

/** Handshakes under way at a time: a flood of them would measure queues. */
const OPENING_AT_ONCE = 32;
const MAX_ECHO_WAIT_MS = 5_000;
const POLL_MS = 10;

export class SocketHolder {
  readonly #sockets: ClientSockets;
  readonly #held = new Set<Socket>();
  readonly #message = textFrame('still there?');
  /** What a client answers when it is asked to leave (RFC 6455 section 5.5.1). */
  readonly #close = closeFrame();
  #echoes = 0;

  constructor(sockets: ClientSockets) {
    this.#sockets = sockets;
  }

  /** Resolves when that many more are open; rejects when one of them is refused. */
  async open(order: HoldOrder): Promise<void> {
    let left = order.sockets;
    const openInTurn = async (): Promise<void> => {
      while (left > 0) {
        left--;
        await this.#openOne(order);
      }
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openInTurn));
  }

  /** Those that pass a message on and its echo back. */
  async count(): Promise<number> {
    this.#echoes = 0;
    for (const socket of this.#held) socket.write(this.#message.frame);
    for (let waitedMs = 0; waitedMs < MAX_ECHO_WAIT_MS && this.#echoes < this.#held.size; waitedMs += POLL_MS)
      await pause(POLL_MS);
    return this.#echoes;
  }

  async release(): Promise<void> {
    await Promise.all(
      [...this.#held].map(async (socket) => {
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      }),
    );
  }

  #openOne({ transport, port }: HoldOrder): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = new EchoCheck(this.#message.echo);
      const socket = openWebSocket({
        sockets: this.#sockets,
        transport,
        port,
        onOpen: resolve,
        onBytes: (buffer, length) => {
          if (buffer[0] === this.#close.echo[0]) socket.end(this.#close.frame);
          if (check.read(buffer, length) === 'whole') this.#echoes++;
        },
        onEnd: (reason) => {
          this.#held.delete(socket);
          reject(new Error(`Port ${port}, a held WebSocket: ${reason}`));
        },
      });
      this.#held.add(socket);
    });
  }
}
