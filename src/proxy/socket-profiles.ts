// How long a silent peer is believed in: patient towards clients, who come over mobile networks, quick towards nodes.
// Where nothing is sent, only the kernel's probes tell a lost peer from one that has nothing to say.
import type { Socket } from 'node:net';

export type KeepAlive = {
  /** Silence before the first probe. */
  readonly idleSeconds: number;
  readonly intervalSeconds: number;
  /** Probes without an answer after which the connection is over. */
  readonly probes: number;
};

/** Over after two and a half minutes: a tunnel, a lift, a change of cells. libuv's own ten seconds of probes are too short. */
export const CLIENT_KEEP_ALIVE: KeepAlive = { idleSeconds: 30, intervalSeconds: 15, probes: 8 };

/** Over after half a minute: in a cluster who does not answer is gone, and its clients should know. */
export const NODE_KEEP_ALIVE: KeepAlive = { idleSeconds: 15, intervalSeconds: 3, probes: 5 };

/** To be called when the socket is connected: before, the system has nothing to set it on. */
export function keepAlive(socket: Socket, { idleSeconds, intervalSeconds, probes }: KeepAlive): void {
  const times = { initialDelay: idleSeconds * 1000, interval: intervalSeconds * 1000 };
  socket.setKeepAlive({ enable: true, ...times, count: probes });
}
