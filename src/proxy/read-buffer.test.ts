// Accepted sockets read through the shared buffer, and the fallback for a Node that does not let us: same bytes, same ends.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { makeCertificate } from '../../test/support/certificates.ts';
import { acceptModeOf, adoptSocket, ReadBuffer, readTlsSocket, tlsModeOf } from './read-buffer.ts';
import { ownSocket } from './socket-owner.ts';

const open: { close(): void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** One accepted connection: the client's end and the shell Node made for ours, which reads nothing yet. */
async function accepted(): Promise<{ client: Socket; shell: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  // Either end may hear of it first.
  const [[shell]] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    once(client, 'ready'),
  ]);
  return { client, shell };
}

function adopt(shell: Socket, mode: 'onread' | 'data') {
  const readBuffer = new ReadBuffer();
  const seen = { text: '', shared: false };
  const socket = adoptSocket(shell, readBuffer, mode);
  watch(socket, readBuffer, seen);
  socket.resume();
  return { socket, seen, readBuffer };
}

function watch(socket: Socket, readBuffer: ReadBuffer, seen: { text: string; shared: boolean }): void {
  ownSocket(
    socket,
    {
      onBytes: (chunk, start, end) => {
        seen.text += chunk.toString('latin1', start, end);
        seen.shared ||= chunk === readBuffer.buffer;
      },
      onEnd: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
    },
    { onBug: throwing },
  );
}

function throwing(error: unknown): never {
  throw error;
}

test('this Node lets accepted sockets read into a buffer of ours', async () => {
  const { client, shell } = await accepted();
  expect(acceptModeOf(shell)).toBe('onread');
  client.destroy();
});

describe.each(['onread', 'data'] as const)('by %s', (mode) => {
  test('bytes come in order, from the shared buffer or not', async () => {
    const { client, shell } = await accepted();
    const { socket, seen } = adopt(shell, mode);
    const sent = 'x'.repeat(200_000) + 'end';
    client.end(sent);
    await once(socket, 'end');
    expect(seen.text).toBe(sent);
    expect(seen.shared).toBe(mode === 'onread');
    socket.destroy();
  });

  test('both ends may close one after the other', async () => {
    const { client, shell } = await accepted();
    const { socket } = adopt(shell, mode);
    client.end('request');
    await once(socket, 'end');
    let answer = '';
    client.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.end('answer');
    await once(client, 'close');
    expect(answer).toBe('answer');
  });

  test('a reset is a reset for the client', async () => {
    const { client, shell } = await accepted();
    const { socket } = adopt(shell, mode);
    socket.resetAndDestroy();
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  test('what is paused is not read', async () => {
    const { client, shell } = await accepted();
    const { socket, seen } = adopt(shell, mode);
    socket.pause();
    client.write('early');
    await nextTurn();
    expect(seen.text).toBe('');
    socket.resume();
    client.end();
    await once(socket, 'end');
    expect(seen.text).toBe('early');
    socket.destroy();
  });
});

/** The server's end of a TLS connection at the end of its handshake, and the client's. */
async function secured(): Promise<{ client: TLSSocket; socket: TLSSocket }> {
  const { certificate, key } = await makeCertificate('a.test');
  const { client: plain, shell } = await accepted();
  const context = createSecureContext({ cert: certificate, key });
  const socket = new TLSSocket(shell, { isServer: true, secureContext: context });
  const client = connectTls({ socket: plain, servername: 'a.test', ca: certificate });
  await once(socket, 'secure');
  return { client, socket };
}

test('this Node lets TLS sockets read into a buffer of ours', async () => {
  const { client, socket } = await secured();
  expect(tlsModeOf(socket)).toBe('onread');
  client.destroy();
  socket.destroy();
});

describe.each(['onread', 'data'] as const)('over TLS by %s', (mode) => {
  test('bytes come in order, also those that were sent while nothing was read', async () => {
    const { client, socket } = await secured();
    const readBuffer = new ReadBuffer();
    const seen = { text: '', shared: false };
    watch(socket, readBuffer, seen);
    readTlsSocket(socket, readBuffer, mode);
    socket.resume();
    const sent = 'x'.repeat(300_000) + 'end';
    client.write('first');
    await eventually(() => expect(seen.text).toBe('first'));
    socket.pause();
    client.end(sent);
    socket.resume();
    await once(socket, 'end');
    expect(seen).toEqual({ text: `first${sent}`, shared: mode === 'onread' });
    socket.destroy();
  });

  test('a mistake of an owner costs its connection and is told', async () => {
    const { client, socket } = await secured();
    const bugs: unknown[] = [];
    const readBuffer = new ReadBuffer();
    const mistake = new Error('a mistake');
    const fail = () => {
      throw mistake;
    };
    const watch = { onBug: (error: unknown) => void bugs.push(error) };
    ownSocket(socket, { onBytes: fail, onEnd() {}, onDrain() {}, onClose() {} }, watch);
    readTlsSocket(socket, readBuffer, mode);
    socket.resume();
    client.on('error', () => undefined).write('request');
    await once(client, 'close');
    expect(bugs).toEqual([mistake]);
  });
});

test('bytes that are kept do not change with the next read', () => {
  const readBuffer = new ReadBuffer();
  readBuffer.buffer.write('first', 0, 'latin1');
  const kept = readBuffer.keep(readBuffer.buffer, 0, 5);
  readBuffer.buffer.write('other', 0, 'latin1');
  expect(kept.toString()).toBe('first');
  const own = Buffer.from('own bytes');
  expect(readBuffer.keep(own, 0, 3).buffer).toBe(own.buffer);
});
