// How many bytes of a connection lie where: with the kernel, by its own count, or with whoever sends and reads.
// The rest of what was sent is what a proxy between two connections holds itself. Linux only.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, vi } from 'vitest';

/** Bytes the kernel holds for one end of a connection: not yet acknowledged by the other end, not yet read by this one. */
type Queues = { readonly unsent: number; readonly unread: number };

/** Looks, 5 ms apart, at which nothing has moved. */
const STILL_LOOKS = 20;

export function hasKernelQueues(): boolean {
  return process.platform === 'linux';
}

function queuesOf(localPort: number, remotePort: number): Queues {
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    if (portOf(local) !== localPort || portOf(remote) !== remotePort) continue;
    const [unsent = 0, unread = 0] = queues.split(':').map((part) => Number.parseInt(part, 16));
    return { unsent, unread };
  }
  return { unsent: 0, unread: 0 };
}

function portOf(place: string): number {
  return Number.parseInt(place.split(':')[1] ?? '', 16);
}

/** All that the kernel holds of a connection in the direction away from this end. */
function queuedFrom({ localPort = 0, remotePort = 0 }: Socket): number {
  return queuesOf(localPort, remotePort).unsent + queuesOf(remotePort, localPort).unread;
}

/** All that the kernel holds of a connection in the direction to this end. */
function queuedTo({ localPort = 0, remotePort = 0 }: Socket): number {
  return queuesOf(remotePort, localPort).unsent + queuesOf(localPort, remotePort).unread;
}

type Handle = { readonly bytesWritten: number; readonly writeQueueSize: number };

/** What the kernel has taken of a socket so far; the socket's own count includes what waits in front of the kernel. */
function handedOver(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: Handle | null };
  return handle === null ? 0 : handle.bytesWritten - handle.writeQueueSize;
}

/** What lies between two sockets of ours and is with no kernel: the proxy has read it, and not yet written it. */
export function heldBetween(from: Socket, to: Socket): number {
  return handedOver(from) - queuedFrom(from) - queuedTo(to) - to.bytesRead;
}

/** The kernel may shuffle for seconds what it has, on a machine that has much else to do. */
function look(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 5 });
}

/** Waits until nothing moves any more. @returns what the proxy holds then */
export async function untilStalled(from: Socket, to: Socket): Promise<number> {
  let before = -1;
  let still = 0;
  await look(() => {
    const now = handedOver(from);
    still = now === before ? still + 1 : 0;
    before = now;
    expect(still).toBeGreaterThan(STILL_LOOKS);
  });
  // What is not acknowledged yet counts twice: an acknowledgement may be late.
  let held = Number.NaN;
  await look(() => {
    const again = heldBetween(from, to);
    const isSame = again === held;
    held = again;
    expect(isSame).toBe(true);
  });
  return held;
}
