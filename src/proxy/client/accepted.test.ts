// Connections as they are accepted, by the handle and by Node's own socket: the same peer, the same bytes, the same end.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Accepted, type AcceptDoor, acceptDoorOf, onAccepted, SERVER_OPTIONS } from './accepted.ts';
import { ReadBuffer } from '../read-buffer.ts';
import { ownSocket } from '../socket-owner.ts';
import { CLIENT_KEEP_ALIVE } from '../socket-profiles.ts';
import { secondsToProbe } from '../../../test/support/kernel-timers.ts';

const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(): Promise<Server> {
  const server = createServer(SERVER_OPTIONS);
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

async function accept(door: AcceptDoor): Promise<{ client: Socket; accepted: Accepted }> {
  const server = await listening();
  const { promise, resolve } = Promise.withResolvers<Accepted>();
  onAccepted(server, resolve, door);
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
  return { client, accepted: await promise };
}

function throwing(error: unknown): never {
  throw error;
}

test('this Node gives its handles away', async () => {
  expect(acceptDoorOf(await listening())).toBe('handle');
});

describe.each(['handle', 'socket'] as const)('by the %s', (door) => {
  test('says who is at the other end', async () => {
    const { client, accepted } = await accept(door);
    expect([accepted.remoteAddress, accepted.remotePort]).toEqual(['127.0.0.1', client.localPort]);
    accepted.close();
    client.on('error', () => undefined);
    await once(client, 'close');
  });

  test('reads into the shared buffer', async () => {
    const { client, accepted } = await accept(door);
    const readBuffer = new ReadBuffer();
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = accepted.readingSocket(readBuffer);
    const onBytes = (chunk: Buffer, start: number, end: number) => {
      expect(chunk).toBe(readBuffer.buffer);
      resolve(chunk.toString('latin1', start, end));
    };
    ownSocket(socket, { onBytes, onEnd() {}, onDrain() {}, onClose() {} }, { onBug: throwing });
    socket.resume();
    client.write('request');
    expect(await promise).toBe('request');
    socket.destroy();
  });

  test('reads nothing before it is asked to, and all of it then', async () => {
    const { client, accepted } = await accept(door);
    const socket = accepted.pausedSocket();
    client.end('early');
    await once(client, 'finish');
    expect(socket.readableLength).toBe(0);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString())).resume();
    await once(socket, 'end');
    expect(text).toBe('early');
    socket.end();
  });

  test('has the kernel ask a silent client whether it is still there', async (context) => {
    if (process.platform !== 'linux') context.skip('The kernel shows its timers on Linux only');
    const { client, accepted } = await accept(door);
    const socket = accepted.pausedSocket();
    const seconds = secondsToProbe(socket.localPort ?? 0, socket.remotePort ?? 0);
    expect(seconds).toBeGreaterThan(CLIENT_KEEP_ALIVE.idleSeconds - 10);
    expect(seconds).toBeLessThanOrEqual(CLIENT_KEEP_ALIVE.idleSeconds);
    client.destroy();
    socket.destroy();
  });
});
