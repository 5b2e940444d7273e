// A slow consumer of a WebSocket, on either side: what the proxy reads ahead of it is bounded, the other direction goes
// on, and in the end every byte has arrived.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasKernelQueues, heldBetween, untilStalled } from '../support/kernel-queues.ts';
import { untilBytes } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';
import { backendText, clientText, openTunnel, type Tunnel, untilArrived, untilReceived } from './tunnels.ts';

/** No two pieces are alike, so that one that was overwritten or exchanged shows. */
const PIECE_BYTES = 65_521;
const PIECES = 400;
const TOTAL = PIECES * PIECE_BYTES;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

function pieceAt(at: number): Buffer {
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let to = 0; to + 4 <= PIECE_BYTES; to += 4)
    piece.writeUInt32LE((at * 7_919 + to * 2_654_435_761) >>> 0, to);
  return piece;
}

/** Writes pieces as they are taken, TOTAL bytes in all. @returns their digest */
async function pour(socket: Socket): Promise<string> {
  const hash = createHash('sha1');
  for (let at = 0; at < PIECES; at++) {
    const piece = pieceAt(at);
    hash.update(piece);
    if (!socket.write(piece)) await new Promise<void>((resolve) => socket.once('drain', () => resolve()));
  }
  return hash.digest('hex');
}

function digestOf(socket: Socket): { readonly bytes: () => number; readonly digest: () => string } {
  const hash = createHash('sha1');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  return { bytes: () => bytes, digest: () => hash.copy().digest('hex') };
}

async function open(isTls: boolean): Promise<Tunnel> {
  return openTunnel(scene, [], isTls ? await scene.tlsClient('a') : await scene.client());
}

/** One read of 64 KiB on top of 64 KiB that wait; TLS holds as much again, encrypted (row Q4: 64 to 256 KiB). */
const ways = [
  { way: 'plain', isTls: false, heldBytes: 128 * 1024 },
  { way: 'over TLS', isTls: true, heldBytes: 256 * 1024 },
];

describe.each(ways)('$way', { timeout: 60_000 }, ({ isTls, heldBytes }) => {
  test('a client that does not read holds the backend back', async (context) => {
    const tunnel = await open(isTls);
    const heard = digestOf(tunnel.client.socket);
    tunnel.client.socket.pause();
    const before = heldBetween(tunnel.backend.socket, tunnel.client.raw);
    const poured = pour(tunnel.backend.socket);
    const held = (await untilStalled(tunnel.backend.socket, tunnel.client.raw)) - before;
    // The other direction goes on meanwhile.
    tunnel.client.send(clientText('still here'));
    await untilArrived(tunnel, clientText('still here'));
    tunnel.client.socket.resume();
    const digest = await poured;
    await untilBytes(TOTAL, heard.bytes, 'at the client');
    expect(heard.digest()).toBe(digest);
    if (!hasKernelQueues()) context.skip('what the kernel holds is known on Linux only');
    expect(held).toBeLessThanOrEqual(heldBytes);
  });

  test('a backend that does not read holds the client back', async (context) => {
    const tunnel = await open(isTls);
    const heard = digestOf(tunnel.backend.socket);
    tunnel.backend.socket.pause();
    const before = heldBetween(tunnel.client.raw, tunnel.backend.socket);
    const poured = pour(tunnel.client.socket);
    const held = (await untilStalled(tunnel.client.raw, tunnel.backend.socket)) - before;
    tunnel.backend.send(backendText('still here'));
    await untilReceived(tunnel, backendText('still here'));
    tunnel.backend.socket.resume();
    const digest = await poured;
    await untilBytes(TOTAL, heard.bytes, 'at the backend');
    expect(heard.digest()).toBe(digest);
    if (!hasKernelQueues()) context.skip('what the kernel holds is known on Linux only');
    expect(held).toBeLessThanOrEqual(heldBytes);
  });
});

test('both at once: neither side reads, and everything comes when they do', { timeout: 60_000 }, async () => {
  const tunnel = await open(false);
  const [above, below] = [digestOf(tunnel.backend.socket), digestOf(tunnel.client.socket)];
  tunnel.client.socket.pause();
  tunnel.backend.socket.pause();
  const poured = [pour(tunnel.client.socket), pour(tunnel.backend.socket)];
  await untilStalled(tunnel.client.socket, tunnel.backend.socket);
  await untilStalled(tunnel.backend.socket, tunnel.client.socket);
  tunnel.client.socket.resume();
  tunnel.backend.socket.resume();
  const [up, down] = await Promise.all(poured);
  await untilBytes(TOTAL, above.bytes, 'at the backend');
  await untilBytes(TOTAL, below.bytes, 'at the client');
  expect([above.digest(), below.digest()]).toEqual([up, down]);
});
