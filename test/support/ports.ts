// Ports of loopback: a free one, and whether somebody accepts or speaks HTTP/2 there.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { HOST } from '../bench/peers/host.ts';

const START_TIMEOUT_MS = 30_000;
const RETRY_MS = 20;

/** No system gives these away by itself, to whoever connects or listens at any port. */
const OURS = { first: 15_000, count: 17_000 };

/**
 * HAProxy and nginx cannot be asked which port they were given, so all proxies are told one that was free just now, and
 * that nobody is given who asks for any: it would be gone before they take it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = OURS.first + Math.floor(Math.random() * OURS.count);
    const server = createServer();
    const isFree = new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).once('listening', () => resolve(true));
    });
    server.listen(port, '127.0.0.1');
    if (!(await isFree)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Rejects when the process ends, or does not accept connections in time. */
export async function untilServing(
  name: string,
  child: ChildProcess,
  ports: readonly number[],
): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += RETRY_MS) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} at its start`);
    const accepting = await Promise.all(ports.map(isAccepting));
    if (accepting.every(Boolean)) return;
    await pause(RETRY_MS);
  }
  throw new Error(`${name} does not accept connections after ${START_TIMEOUT_MS / 1000} s`);
}

/** Whether the server on that port agrees on HTTP/2 when it is offered beside HTTP/1.1. */
export function speaksHttp2(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tlsConnect({
      host: '127.0.0.1',
      port,
      servername: HOST,
      ALPNProtocols: ['h2', 'http/1.1'],
      // Only the protocol is looked at, no word is said.
      rejectUnauthorized: false,
    });
    socket.once('secureConnect', () => {
      resolve(socket.alpnProtocol === 'h2');
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
