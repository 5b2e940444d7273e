// Ports of loopback: a free one, and whether somebody accepts or speaks HTTP/2 there.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { HOST } from '../bench/peers/host.ts';

const START_TIMEOUT_MS = 30_000;
const RETRY_MS = 20;

/** HAProxy and nginx cannot be asked which port they were given, so all proxies are told one that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
