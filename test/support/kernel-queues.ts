// How many bytes of a connection lie where: with the kernel, by its own count, or with whoever sends and reads.
// The rest of what was sent is what a proxy between two connections holds itself. Linux only.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, vi } from 'vitest';

/** Bytes the kernel holds for one end of a connection: not yet acknowledged by the other end, not yet read by this one. */
type Queues = { readonly unsent: number; readonly unread: number };

export function hasKernelQueues(): boolean {
  return process.platform === 'linux';
}

/** What the kernel says of all connections. */
function readConnections(): string {
  return readFileSync('/proc/net/tcp', 'utf8');
}

function queuesOf(connections: string, localPort: number, remotePort: number): Queues {
  const start = connections.indexOf(`${placeOf(localPort)} ${placeOf(remotePort)} `);
  if (start === -1) return { unsent: 0, unread: 0 };
  const [, , , queues = ''] = connections.slice(start, start + 100).split(' ');
  const [unsent = 0, unread = 0] = queues.split(':').map((part) => Number.parseInt(part, 16));
  return { unsent, unread };
}

/** As the kernel writes a port of 127.0.0.1. */
function placeOf(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** All that the kernel holds of a connection from one port to another. */
function queued(connections: string, from: number, to: number): number {
  return queuesOf(connections, from, to).unsent + queuesOf(connections, to, from).unread;
}

type Handle = { readonly bytesWritten: number; readonly writeQueueSize: number };

/** What the kernel has taken of a socket so far; the socket's own count includes what waits in front of the kernel. */
function handedOver(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: Handle | null };
  return handle === null ? 0 : handle.bytesWritten - handle.writeQueueSize;
}

/** What lies between two sockets of ours and is with no kernel: the proxy has read it, and not yet written it. */
export function heldBetween(from: Socket, to: Socket): number {
  const connections = readConnections();
  const { localPort: near = 0, remotePort: entry = 0 } = from;
  const { localPort: far = 0, remotePort: exit = 0 } = to;
  const inKernel = queued(connections, near, entry) + queued(connections, exit, far);
  return handedOver(from) - inKernel - to.bytesRead;
}

/** Waits until a number has stayed as it is for some looks. */
export async function untilStill(count: () => number, looks: number, intervalMs: number): Promise<number> {
  let before = Number.NaN;
  let still = 0;
  await vi.waitFor(
    () => {
      const now = count();
      still = now === before ? still + 1 : 0;
      before = now;
      expect(still).toBeGreaterThanOrEqual(looks);
    },
    // The kernel may shuffle for seconds what it has, on a machine that has much else to do.
    { timeout: 20_000, interval: intervalMs },
  );
  return before;
}

/** Waits until nothing moves any more. @returns what the proxy holds then */
export async function untilStalled(from: Socket, to: Socket): Promise<number> {
  await untilStill(() => handedOver(from), 20, 5);
  // What is not acknowledged yet counts twice: an acknowledgement may be late.
  return untilStill(() => heldBetween(from, to), 3, 50);
}

/** Resets a connection behind what was sent on it: a reset takes with it what the kernel has not handed over. */
export async function resetBehind(socket: Socket): Promise<void> {
  if (hasKernelQueues()) await untilRead(socket);
  socket.resetAndDestroy();
}

/** Stops this thread, so that nobody here reads anything, until all that was sent lies with the kernel of the other end. */
export function stopUntilHandedOver({ localPort = 0, remotePort = 0 }: Socket): void {
  const untilMs = performance.now() + 5_000;
  const isUnsent = () => queuesOf(readConnections(), localPort, remotePort).unsent > 0;
  while (hasKernelQueues() && isUnsent() && performance.now() < untilMs);
}

/** Waits until the program at the other end has read all that was sent. */
export function untilRead({ localPort = 0, remotePort = 0 }: Socket): Promise<void> {
  const look = () => expect(queued(readConnections(), localPort, remotePort)).toBe(0);
  return vi.waitFor(look, { timeout: 10_000, interval: 5 });
}
