// Writes one message after another to a socket, its body framed by us.
// What is small is gathered and leaves with the next flush, so that a head and its first bytes share a packet.
import type { Socket } from 'node:net';
import type { BodyFraming } from '../model/request.ts';
import { chunkSizeText, LAST_CHUNK } from '../wire/http1-writer.ts';
import type { ReadBuffer } from './read-buffer.ts';
import { awaitDrain } from './socket-owner.ts';

/** Up to this size text is cheaper than a buffer of its own. */
const SMALL_BYTES = 4096;
const GATHER_BYTES = 16_384;

export class MessageWriter {
  /** Bytes of heads and bodies handed to the socket. */
  bytes = 0;
  readonly #socket: Socket;
  readonly #readBuffer: ReadBuffer;
  #gathered = '';
  #chunked = false;
  /** What the last write said; whether it is still so only the socket knows, which is slow to ask. */
  #wasFull = false;

  constructor(socket: Socket, readBuffer: ReadBuffer) {
    this.#socket = socket;
    this.#readBuffer = readBuffer;
  }

  /** The peer takes no more for now: stop reading what is meant for it until `drain`. */
  get isFull(): boolean {
    return this.#wasFull && this.#socket.writableNeedDrain;
  }

  /** Starts a message; `head` is its whole head as latin1 text. */
  head(head: string, framing: BodyFraming): void {
    this.#gathered += head;
    this.#chunked = framing.kind === 'chunked';
  }

  /** Body bytes [start, end) of a chunk that may be reused after the call. */
  body(chunk: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#chunked) this.#gathered += chunkSizeText(length);
    if (length <= SMALL_BYTES) this.#gathered += chunk.toString('latin1', start, end);
    else this.#large(chunk, start, end);
    if (this.#chunked) this.#gathered += '\r\n';
    if (this.#gathered.length > GATHER_BYTES) this.flush();
  }

  /** Ends the message's body and sends all of it. */
  end(): void {
    if (this.#chunked) this.#gathered += LAST_CHUNK;
    this.#chunked = false;
    this.flush();
  }

  flush(): void {
    if (this.#gathered === '') return;
    const text = this.#gathered;
    this.#gathered = '';
    this.bytes += text.length;
    this.#written(this.#socket.write(text, 'latin1'));
  }

  #written(hasRoom: boolean): void {
    this.#wasFull = !hasRoom;
    if (this.#wasFull) awaitDrain(this.#socket);
  }

  #large(chunk: Buffer, start: number, end: number): void {
    this.#socket.cork();
    this.flush();
    this.bytes += end - start;
    this.#written(this.#readBuffer.writeTo(this.#socket, chunk, start, end));
    this.#socket.uncork();
  }
}
