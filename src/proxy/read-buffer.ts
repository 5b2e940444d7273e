// One buffer that all sockets of a worker are read into, so that a read allocates nothing.
// Taking over an accepted socket's handle is not a documented door of Node: it is tried here, and only here,
// and where it is shut the socket's ordinary `data` events serve the same callers.
import { Socket } from 'node:net';

/** Bytes [start, end) of a chunk that is reused as soon as the call returns. */
export type OnBytes = (chunk: Buffer, start: number, end: number) => void;

const READ_BYTES = 65_536;

export class ReadBuffer {
  readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  /** The same bytes to keep: a copy where they lie in the shared buffer. */
  keep(chunk: Buffer, start: number, end: number): Buffer {
    const view = chunk.subarray(start, end);
    return chunk === this.buffer ? Buffer.from(view) : view;
  }

  /** Options for `net.connect` that read into this buffer (documented there). */
  onread(onBytes: OnBytes): { buffer: Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean } {
    const { buffer } = this;
    return {
      buffer,
      callback: (bytes) => {
        onBytes(buffer, 0, bytes);
        return true;
      },
    };
  }
}

/** How the sockets that clients open are read. */
export type AcceptMode = 'onread' | 'data';

type HandleHolder = { _handle: unknown };

/** Which of the two ways this Node allows. */
export function acceptModeOf(shell: Socket): AcceptMode {
  const handle = (shell as unknown as HandleHolder)._handle;
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle ? 'onread' : 'data';
}

/**
 * The socket to use for an accepted one: reads go to `onBytes` through the shared buffer where that is possible.
 * The shell that Node made is emptied and put away, so that two objects never own one connection.
 */
export function adoptSocket(
  shell: Socket,
  readBuffer: ReadBuffer,
  onBytes: OnBytes,
  mode = acceptModeOf(shell),
): Socket {
  if (mode === 'data') {
    shell.on('data', (chunk: Buffer) => onBytes(chunk, 0, chunk.length));
    return shell;
  }
  const holder = shell as unknown as HandleHolder;
  const handle = holder._handle;
  holder._handle = null;
  shell.destroy();
  const options = { handle, allowHalfOpen: true, onread: readBuffer.onread(onBytes) };
  return new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
}
