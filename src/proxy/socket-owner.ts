// Who a socket belongs to at the time: an attempt to connect, a connection, one end of a tunnel. Listeners are a few
// functions that all sockets share: what idles for days holds no closures, and a new owner costs one assignment.
import type { Socket } from 'node:net';

export type SocketOwner = {
  /** Bytes [start, end) of a chunk that is reused as soon as the call returns. */
  onBytes(chunk: Buffer, start: number, end: number): void;
  /** The other end sends no more. */
  onEnd(): void;
  onDrain(): void;
  /** The socket is gone, or about to be; may be said twice. @param error where the system named one */
  onClose(error: NodeJS.ErrnoException | undefined): void;
};

/** Whoever hears of a socket whoever has it. */
export type SocketWatch = {
  /** Told of what an owner throws: a mistake of ours costs this one connection, and no more. */
  readonly onBug: (error: unknown) => void;
  /** Told once when the socket is closed. */
  readonly onGone?: () => void;
};

const OWNER = Symbol('owner');
const WATCH = Symbol('watch');

type OwnedSocket = Socket & { [OWNER]?: SocketOwner; [WATCH]?: SocketWatch };

/** Gives the socket to its first owner. */
export function ownSocket(socket: Socket, owner: SocketOwner, watch: SocketWatch): void {
  const owned: OwnedSocket = socket;
  owned[OWNER] = owner;
  owned[WATCH] = watch;
  owned.on('end', onEnd).on('error', onError).on('close', onClose);
}

/** Gives the socket to another owner. */
export function handOver(socket: Socket, owner: SocketOwner): void {
  const owned: OwnedSocket = socket;
  owned[OWNER] = owner;
}

/** Has the owner told when the socket takes more; most sockets are never full. */
export function awaitDrain(socket: Socket): void {
  if (socket.listenerCount('drain') === 0) socket.on('drain', onDrain);
}

/** Hands the first bytes of a chunk to the owner. */
export function deliverBytes(socket: OwnedSocket, chunk: Buffer, length: number): void {
  try {
    socket[OWNER]?.onBytes(chunk, 0, length);
  } catch (error) {
    fail(socket, error);
  }
}

function fail(socket: OwnedSocket, error: unknown): void {
  socket[WATCH]?.onBug(error);
  socket.destroy();
}

function onEnd(this: OwnedSocket): void {
  try {
    this[OWNER]?.onEnd();
  } catch (error) {
    fail(this, error);
  }
}

function onDrain(this: OwnedSocket): void {
  try {
    this[OWNER]?.onDrain();
  } catch (error) {
    fail(this, error);
  }
}

function onError(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  close(this, error);
}

function onClose(this: OwnedSocket): void {
  this[WATCH]?.onGone?.();
  close(this, undefined);
}

function close(socket: OwnedSocket, error: NodeJS.ErrnoException | undefined): void {
  try {
    socket[OWNER]?.onClose(error);
  } catch (mistake) {
    fail(socket, mistake);
  }
}
