// Bytes of a client that came before anybody wanted them: the next request, a body that waits for its backend.
// They are bounded by reading no more of the socket meanwhile.
import type { Socket } from 'node:net';
import type { ReadBuffer } from '../read-buffer.ts';

const MAX_BYTES = 65_536;

export class UnreadBytes {
  readonly #socket: Socket;
  readonly #readBuffer: ReadBuffer;
  #bytes: Buffer | undefined;
  #isPaused = false;

  constructor(socket: Socket, readBuffer: ReadBuffer) {
    this.#socket = socket;
    this.#readBuffer = readBuffer;
  }

  get isEmpty(): boolean {
    return this.#bytes === undefined;
  }

  /** @param isBody nobody is to send more of a body than is taken; of what else comes some may wait */
  keep(chunk: Buffer, start: number, end: number, isBody: boolean): void {
    const bytes = this.#readBuffer.keep(chunk, start, end);
    this.#bytes = this.#bytes === undefined ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (!isBody && this.#bytes.length < MAX_BYTES) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  take(): Buffer | undefined {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    return bytes;
  }

  /** What comes is wanted again. */
  readOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }
}
