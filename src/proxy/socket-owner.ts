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

const OWNER = Symbol('owner');
const ON_GONE = Symbol('onGone');

type OwnedSocket = Socket & { [OWNER]?: SocketOwner; [ON_GONE]?: () => void };

/**
 * Gives the socket to an owner, from whoever had it before.
 * @param onGone told once when the socket is closed, whoever has it then
 */
export function ownSocket(socket: Socket, owner: SocketOwner, onGone?: () => void): void {
  const owned: OwnedSocket = socket;
  const isFirst = owned[OWNER] === undefined;
  owned[OWNER] = owner;
  if (onGone !== undefined) owned[ON_GONE] = onGone;
  if (isFirst) owned.on('end', onEnd).on('error', onError).on('close', onClose);
}

/** Has the owner told when the socket takes more; most sockets are never full. */
export function awaitDrain(socket: Socket): void {
  if (socket.listenerCount('drain') === 0) socket.on('drain', onDrain);
}

/** Hands the first bytes of a chunk to the owner. A mistake of ours on the way costs this one connection. */
export function deliverBytes(
  socket: OwnedSocket,
  chunk: Buffer,
  length: number,
  onBug: (error: unknown) => void,
): void {
  try {
    socket[OWNER]?.onBytes(chunk, 0, length);
  } catch (error) {
    onBug(error);
    socket.destroy();
  }
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]?.onEnd();
}

function onDrain(this: OwnedSocket): void {
  this[OWNER]?.onDrain();
}

function onError(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  this[OWNER]?.onClose(error);
}

function onClose(this: OwnedSocket): void {
  this[ON_GONE]?.();
  this[OWNER]?.onClose(undefined);
}
