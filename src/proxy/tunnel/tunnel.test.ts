// What meets in one moment: an end that waits for its turn, and a wish of ours behind it.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { closeFrame } from '../../wire/websocket-frame.ts';
import { Crowd } from '../crowd.ts';
import { ReadBuffer } from '../read-buffer.ts';
import { ownSocket } from '../socket-owner.ts';
import { TimerWheel } from '../timers.ts';
import { CLOSINGS } from './closing.ts';
import { Tunnel, type TunnelSummary } from './tunnel.ts';

function fail(error: unknown): never {
  throw error;
}

/** Both ends of a connection, ours first. */
async function socketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const other = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [own] = (await once(server, 'connection')) as [Socket];
  server.close();
  onTestFinished(() => void [own, other].map((socket) => socket.destroy()));
  return [own, other];
}

test.each(['onEnd', 'onClose'] as const)(
  '%s of a node while its client is asked to leave takes no Close frame with it',
  async (ending) => {
    const [[client, user], [backend, node]] = [await socketPair(), await socketPair()];
    const { promise, resolve } = Promise.withResolvers<TunnelSummary>();
    const tunnel = new Tunnel(
      { client, backend },
      {
        readBuffer: new ReadBuffer(),
        timers: new TimerWheel({ epochMs: () => 0, monotonicMs: () => 0 }, fail),
        crowd: new Crowd(fail),
      },
      { idleTimeoutMs: Number.POSITIVE_INFINITY, extensions: false },
      { onMessages() {}, onBackendLost: () => 'pass', onClosed: resolve, onClientGone() {} },
    );
    ownSocket(client, tunnel.client, { onBug: fail });
    ownSocket(backend, tunnel.backend, { onBug: fail });
    const heard = buffer(user);
    node.resume();
    // What the node's end comes to, and only then ours, in one turn.
    tunnel.backend[ending](undefined);
    expect(tunnel.closeByServer(CLOSINGS.shutdown)).toBe(true);
    expect(await heard).toEqual(closeFrame(CLOSINGS.shutdown.code, CLOSINGS.shutdown.text));
    user.end();
    client.resume();
    backend.resume();
    expect((await promise).reason).toBe('shutdown');
  },
);
