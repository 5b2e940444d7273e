// The end of a client's connection after its last answer. First the answer leaves us, at the pace of its reader (row Q4);
// then what the client still sends is read and dropped for a while, since closing with unread bytes would reset the
// connection and take the answer with it (row Q6).
import type { Socket } from 'node:net';
import { Timer, type TimerWheel } from '../timers.ts';

const MAX_MS = 5_000;
const MAX_BYTES = 262_144;

type Services = {
  readonly timers: TimerWheel;
  /** How long the client may take nothing of what waits for it. */
  readonly limits: { readonly slowReaderTimeoutMs: number };
};

export class LingeringClose {
  readonly #socket: Socket;
  readonly #timer: Timer;
  #hasLeft = false;
  #clientEnded: boolean;
  #bytes = 0;

  /** @param clientEnded the client has said that it sends no more: nothing is to be waited for then */
  constructor(socket: Socket, { timers, limits }: Services, clientEnded: boolean) {
    this.#socket = socket;
    this.#timer = new Timer(() => socket.destroy());
    timers.arm(this.#timer, limits.slowReaderTimeoutMs);
    this.#clientEnded = clientEnded;
    socket.end(() => {
      this.#hasLeft = true;
      if (this.#clientEnded) socket.destroy();
      else if (!socket.destroyed) timers.arm(this.#timer, MAX_MS);
    });
    socket.resume();
  }

  onClientEnd(): void {
    this.#clientEnded = true;
    if (this.#hasLeft) this.#socket.destroy();
  }

  /** The socket is closed. */
  end(): void {
    this.#timer.cancel();
  }

  discard(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) this.#socket.destroy();
  }
}
