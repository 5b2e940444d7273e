// The end of a client's connection after its last answer (row Q6): what the client still sends is read and dropped
// for a while, since closing with unread bytes would reset the connection and take the answer with it.
import type { Socket } from 'node:net';
import { Timer, type TimerWheel } from './timers.ts';

const MAX_MS = 5_000;
const MAX_BYTES = 262_144;

export class LingeringClose {
  readonly #socket: Socket;
  #bytes = 0;

  /** @param clientEnded the client has said that it sends no more: nothing is to be waited for */
  constructor(socket: Socket, timers: TimerWheel, clientEnded: boolean) {
    this.#socket = socket;
    timers.arm(new Timer(() => socket.destroy()), MAX_MS);
    socket.end(() => {
      if (clientEnded) socket.destroy();
    });
    socket.resume();
  }

  discard(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) this.#socket.destroy();
  }
}
