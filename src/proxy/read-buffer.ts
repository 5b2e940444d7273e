// One buffer that all sockets of a worker are read into, so that a read allocates nothing; bytes go to a socket's owner.
// Accepted sockets take it only by doors that Node does not document: they are tried here, and only here, and where one
// is shut the socket's ordinary `data` events serve the same owner.
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { LargePieces } from './large-pieces.ts';
import { deliverBytes } from './socket-owner.ts';

const READ_BYTES = 65_536;

export class ReadBuffer {
  readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #pieces = new LargePieces();
  /** Option of `net.connect` and `tls.connect` that reads into this buffer (documented there). */
  readonly onread: { readonly buffer: Buffer; readonly callback: (bytes: number) => boolean };
  /** Listener for `data`. */
  readonly onData: (this: Socket, chunk: Buffer) => void;

  constructor() {
    const { buffer } = this;
    this.onread = {
      buffer,
      // Node calls it as a method of the socket.
      callback: function (this: unknown, bytes: number) {
        deliverBytes(this as Socket, buffer, bytes);
        return true;
      },
    };
    this.onData = function (chunk) {
      deliverBytes(this, chunk, chunk.length);
    };
  }

  /** The same bytes to keep: a copy where they lie in the shared buffer. */
  keep(chunk: Buffer, start: number, end: number): Buffer {
    if (chunk !== this.buffer) return chunk.subarray(start, end);
    const copy = Buffer.allocUnsafe(end - start);
    chunk.copy(copy, 0, start, end);
    return copy;
  }

  /** Writes the same bytes; what Writable.write answers. */
  writeTo(writable: Writable, chunk: Buffer, start: number, end: number): boolean {
    const piece = chunk === this.buffer ? this.#pieces.copy(chunk, start, end) : undefined;
    if (piece === undefined) return writable.write(this.keep(chunk, start, end));
    return writable.write(piece.bytes, piece.release);
  }
}

/** How the sockets that clients open are read. */
export type ReadMode = 'onread' | 'data';

type UserBufferHandle = { useUserBuffer(buffer: Buffer): void };
type HandleHolder = { _handle: unknown };

/** Which of the two ways this Node allows for accepted sockets. */
export function acceptModeOf(shell: Socket): ReadMode {
  return userBufferHandleOf(shell) === undefined ? 'data' : 'onread';
}

function userBufferHandleOf(socket: Socket): UserBufferHandle | undefined {
  const handle = (socket as unknown as HandleHolder)._handle;
  const isFit = typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle;
  return isFit ? (handle as UserBufferHandle) : undefined;
}

/**
 * The socket to use for an accepted one.
 * The shell that Node made is emptied and put away, so that two objects never own one connection.
 */
export function adoptSocket(shell: Socket, readBuffer: ReadBuffer, mode = acceptModeOf(shell)): Socket {
  if (mode === 'data') return shell.on('data', readBuffer.onData);
  const holder = shell as unknown as HandleHolder;
  const handle = holder._handle;
  holder._handle = null;
  shell.destroy();
  const options = { handle, allowHalfOpen: true, onread: readBuffer.onread };
  return new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
}

/** Where a socket keeps what its `onread` option said; undefined where this Node has no such places. */
function onreadPlacesOf(socket: Socket): { readonly buffer: symbol; readonly callback: symbol } | undefined {
  const symbols = Object.getOwnPropertySymbols(socket);
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}

/** Which of the two ways this Node allows for the server's end of TLS, whose `onread` option it passes over. */
export function tlsModeOf(socket: TLSSocket): ReadMode {
  const isFit = userBufferHandleOf(socket) !== undefined && onreadPlacesOf(socket) !== undefined;
  // What was decrypted already waits for `data`.
  return isFit && socket.readableLength === 0 ? 'onread' : 'data';
}

/** Reads what clients send over TLS; to be called when the handshake ends, before anything is read. */
export function readTlsSocket(socket: TLSSocket, readBuffer: ReadBuffer, mode = tlsModeOf(socket)): void {
  const places = onreadPlacesOf(socket);
  if (mode === 'data' || places === undefined) {
    socket.on('data', readBuffer.onData);
    return;
  }
  const holder = socket as unknown as Record<symbol, unknown>;
  holder[places.buffer] = readBuffer.buffer;
  holder[places.callback] = readBuffer.onread.callback;
  userBufferHandleOf(socket)?.useUserBuffer(readBuffer.buffer);
}
