// WebSockets that are opened and then say nothing.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { openWebSocket } from './websocket-opening.ts';

/** Handshakes under way at a time: a flood of them would measure queues. */
const OPENING_AT_ONCE = 32;

export class SocketHolder {
  readonly #sockets: Socket[] = [];

  /** Resolves when that many more are open; rejects when one of them is refused. */
  async open(port: number, count: number): Promise<void> {
    let left = count;
    const openInTurn = async (): Promise<void> => {
      while (left > 0) {
        left--;
        await this.#openOne(port);
      }
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openInTurn));
  }

  async closeAll(): Promise<void> {
    await Promise.all(
      this.#sockets.splice(0).map(async (socket) => {
        if (socket.closed) return;
        const closed = once(socket, 'close');
        socket.destroy();
        await closed;
      }),
    );
  }

  #openOne(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = openWebSocket(port, { onOpen: resolve, onBytes: () => {}, onLost: reject });
      this.#sockets.push(socket);
    });
  }
}
