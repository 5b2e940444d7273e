// Large bodies both ways: equal to the byte, and never more of them in memory than a slow reader has taken.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MessageSplitter } from '../support/messages.ts';
import type { BackendConnection } from '../support/recording-backend.ts';
import { eventually, turns, until } from '../support/wire-client.ts';
import { get, post } from './rows.ts';
import { WireScene } from './scene.ts';

const MEBIBYTE = 1024 * 1024;
const TOTAL = 20 * MEBIBYTE;
/** What the kernel's own buffers of two connections hold at most, with some room. */
const KERNEL_BYTES = 40 * MEBIBYTE;
const PIECE = Buffer.from(Array.from({ length: 65_521 }, (_, at) => (at * 7919) >> 3));

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true, site: { requestBodyMaxBytes: 256 * MEBIBYTE } });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

/** Writes `bytes` bytes as fast as they are taken, framed if wanted; returns their digest. */
async function pour(socket: Socket, bytes: number, chunked: boolean): Promise<string> {
  const hash = createHash('sha1');
  for (let left = bytes; left > 0; ) {
    const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
    left -= piece.length;
    hash.update(piece);
    if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
    const isPieceTaken = socket.write(piece);
    const isTaken = chunked ? socket.write('\r\n') : isPieceTaken;
    if (!isTaken) await new Promise<void>((resolve) => socket.once('drain', () => resolve()));
  }
  if (chunked) socket.write('0\r\n\r\n');
  return hash.digest('hex');
}

/** Reads one large message: its head, then digest and length of its content; chunks are decoded as they come. */
class Drain {
  head = '';
  bytes = 0;
  isComplete = false;
  readonly #hash = createHash('sha1');
  #rest: Buffer = Buffer.alloc(0);
  #left = 0;
  #isChunked = false;

  take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.head === '' && !this.#takeHead()) return;
    while (!this.isComplete && this.#takePart());
  }

  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  #takeHead(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    this.head = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 4);
    this.#isChunked = this.head.includes('Transfer-Encoding: chunked');
    this.#left = Number(/Content-Length: (\d+)/.exec(this.head)?.[1] ?? 0);
    return true;
  }

  #takePart(): boolean {
    if (this.#left === 0 && this.#isChunked && !this.#takeSize()) return false;
    const part = this.#rest.subarray(0, this.#left);
    this.#hash.update(part);
    this.bytes += part.length;
    this.#left -= part.length;
    this.#rest = this.#rest.subarray(part.length);
    if (this.#left > 0) return false;
    if (!this.#isChunked) this.isComplete = true;
    return true;
  }

  /** The line in front of a chunk, with the end of the one before. */
  #takeSize(): boolean {
    const line = /^(?:\r\n)?([0-9a-f]+)\r\n/.exec(this.#rest.toString('latin1', 0, 32));
    if (line === null) return false;
    this.#rest = this.#rest.subarray(line[0].length);
    this.#left = Number.parseInt(line[1] ?? '', 16);
    this.isComplete = this.#left === 0;
    return !this.isComplete;
  }
}

/** Waits for the whole message, while more and more of it comes. */
async function untilComplete(drain: Drain): Promise<void> {
  while (!drain.isComplete) {
    const { bytes } = drain;
    await until(
      () => drain.isComplete || drain.bytes > bytes,
      () => `the rest of the body behind ${bytes}`,
    );
  }
}

function handed(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}

/** What the kernel has taken of a writer whose reader has stopped; rejects if that goes on without end. */
async function untilStalled(socket: Socket): Promise<number> {
  let before = -1;
  await eventually(() => {
    const now = handed(socket);
    const isSame = now === before;
    before = now;
    expect(isSame && now > 0).toBe(true);
  });
  await turns(1000);
  return handed(socket);
}

const ofLength = { name: 'of a length', head: (bytes: number) => `Content-Length: ${bytes}`, chunked: false };
const ofChunks = { name: 'of chunks', head: () => 'Transfer-Encoding: chunked', chunked: true };
const bodies = [
  { ...ofLength, listener: 'http' },
  { ...ofChunks, listener: 'http' },
  { ...ofChunks, listener: 'https' },
] as const;

describe.each(bodies)('over $listener a body $name', { timeout: 60_000 }, ({ head, chunked, listener }) => {
  const open = (keeps = true) => (listener === 'http' ? scene.client(keeps) : scene.tlsClient('a', keeps));

  /** The backend drains the body of each request; `onHead` hears of its connection first. */
  function drainAtBackend(onHead: (connection: BackendConnection) => void = () => undefined): Drain {
    const drain = new Drain();
    scene.backend.intercept = (connection, chunk) => {
      if (drain.head === '') onHead(connection);
      drain.take(chunk);
      if (drain.isComplete) connection.send('HTTP/1.1 204 No Content\r\n\r\n');
    };
    return drain;
  }

  test('goes up unchanged', async () => {
    const drain = drainAtBackend();
    const client = await open();
    client.send(post(head(TOTAL)));
    const digest = await pour(client.socket, TOTAL, chunked);
    await client.until((text) => text.includes(' 204 '));
    expect([drain.bytes, drain.digest]).toEqual([TOTAL, digest]);
    expect(scene.plane.records).toMatchObject([{ status: 204, requestBytes: TOTAL }]);
  });

  test('comes down unchanged', async () => {
    let digest = Promise.resolve('');
    scene.backend.script = (connection) => {
      connection.send(`HTTP/1.1 200 OK\r\n${head(TOTAL)}\r\n\r\n`);
      digest = pour(connection.socket, TOTAL, chunked);
    };
    const client = await open(false);
    const drain = new Drain();
    client.socket.on('data', (chunk: Buffer) => drain.take(chunk));
    client.send(get());
    await untilComplete(drain);
    expect([drain.bytes, drain.digest]).toEqual([TOTAL, await digest]);
    await scene.idle();
    expect(scene.upstream.ending).toBeUndefined();
  });

  test('waits for a backend that does not read', async () => {
    let held: Socket | undefined;
    const drain = drainAtBackend(({ socket }) => {
      held = socket.pause();
    });
    const client = await open();
    client.send(post(head(3 * TOTAL)));
    const poured = pour(client.socket, 3 * TOTAL, chunked);
    expect(await untilStalled(client.socket)).toBeLessThan(KERNEL_BYTES);
    held?.resume();
    const digest = await poured;
    await client.until((text) => text.includes(' 204 '));
    expect([drain.bytes, drain.digest]).toEqual([3 * TOTAL, digest]);
  });

  test('waits for a client that does not read', async () => {
    let digest = Promise.resolve('');
    scene.backend.script = (connection) => {
      connection.send(`HTTP/1.1 200 OK\r\n${head(3 * TOTAL)}\r\n\r\n`);
      digest = pour(connection.socket, 3 * TOTAL, chunked);
    };
    const client = await open(false);
    const drain = new Drain();
    client.socket.on('data', (chunk: Buffer) => {
      if (drain.head === '') client.socket.pause();
      drain.take(chunk);
    });
    client.send(get());
    await until(
      () => drain.head !== '',
      () => 'the head',
    );
    expect(await untilStalled(scene.upstream.socket)).toBeLessThan(KERNEL_BYTES);
    client.socket.resume();
    await untilComplete(drain);
    expect([drain.bytes, drain.digest]).toEqual([3 * TOTAL, await digest]);
  });
});

test('small pieces of a chunked body are passed on as they come', async () => {
  const client = await scene.client();
  let seen = '';
  scene.backend.intercept = (connection, chunk) => {
    seen += chunk.toString('latin1');
    if (seen.endsWith('0\r\n\r\n')) connection.send('HTTP/1.1 204 No Content\r\n\r\n');
  };
  client.send(post('Transfer-Encoding: chunked'));
  for (const piece of ['a', 'bc', 'def']) {
    client.send(`${piece.length}\r\n${piece}\r\n`);
    await until(
      () => seen.includes(`${piece.length}\r\n${piece}\r\n`),
      () => `${piece} at the backend`,
    );
  }
  client.send('0\r\n\r\n');
  await client.until((text) => text.includes(' 204 '));
  expect(new MessageSplitter().push(Buffer.from(seen, 'latin1'))[0]?.body.toString()).toBe('abcdef');
});
