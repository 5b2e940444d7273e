// Large bodies of many clients at a time, some of whom read slowly or leave half-way: buffers are used again, and nobody
// ever gets a byte of somebody else's. Each body is a stream of bytes that no other one shares.
import { get as getPlain, type IncomingMessage, request as requestPlain } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { get as getSecure } from 'node:https';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BackendConnection } from '../support/recording-backend.ts';
import { turns } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';

/** More than the buffers of the kernel take for who does not read. */
const BODY_BYTES = 6_000_000;
const CLIENTS = 12;
const TIMEOUT_MS = 60_000;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true, http2: true, site: { requestBodyMaxBytes: BODY_BYTES } });
});
beforeEach(async () => {
  await scene.reset();
  scene.backend.script = (connection: BackendConnection, { head }) => {
    const number = Number(/^GET \/(\d+) /.exec(head)?.[1] ?? 0);
    connection.send(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`));
    connection.send(bodyOf(number));
  };
});
afterAll(() => scene.end());

/** Bytes that differ from place to place and from body to body (xorshift). */
function bodyOf(number: number): Buffer {
  const words = new Uint32Array(BODY_BYTES / 4);
  let word = 0x9e3779b9 ^ (number + 1);
  for (let at = 0; at < words.length; at++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[at] = word;
  }
  return Buffer.from(words.buffer);
}

/** Some read as fast as they can, some only when those are done, some leave in the middle. */
const HABITS = ['fast', 'slow', 'leaves'] as const;
type Habit = (typeof HABITS)[number];

async function read(stream: Readable, habit: Habit, others: Promise<unknown>): Promise<Buffer | undefined> {
  if (habit === 'slow') await others;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (habit === 'leaves' && bytes > BODY_BYTES / 3) {
      stream.destroy();
      return undefined;
    }
    if (habit === 'slow') await turns(1);
  }
  return Buffer.concat(pieces);
}

type Open = (path: string) => Promise<{ readonly stream: Readable; readonly end: () => void }>;

const nothing = (): void => undefined;

const WAYS: Readonly<Record<string, Open>> = {
  'HTTP/1.1': (path) =>
    new Promise((resolve, reject) => {
      const options = {
        port: scene.plane.httpPort,
        host: '127.0.0.1',
        path,
        agent: false,
        headers: { host: 'a' },
      };
      getPlain(options, (stream) => resolve({ stream, end: nothing })).on('error', reject);
    }),
  'HTTP/1.1 over TLS': (path) =>
    new Promise((resolve, reject) => {
      const place = {
        port: scene.plane.httpsPort,
        host: '127.0.0.1',
        servername: 'a',
        rejectUnauthorized: false,
      };
      const options = { ...place, path, agent: false, headers: { host: 'a' } };
      getSecure(options, (stream) => resolve({ stream, end: nothing })).on('error', reject);
    }),
  'HTTP/2': (path) =>
    new Promise((resolve, reject) => {
      const settings = { rejectUnauthorized: false, servername: 'a' };
      const session = connectHttp2(`https://127.0.0.1:${scene.plane.httpsPort}`, settings).on(
        'error',
        reject,
      );
      const stream = session.request({ ':path': path, ':authority': 'a' });
      stream.on('error', nothing);
      resolve({ stream, end: () => session.close() });
    }),
};

describe.each(Object.entries(WAYS))('answers over %s', (_, open) => {
  test(
    'reach each client whole and unmixed',
    async () => {
      const others: Promise<unknown>[] = [];
      const asked = Array.from({ length: CLIENTS }, async (__, number) => {
        const habit = HABITS[number % HABITS.length] ?? 'fast';
        const { stream, end } = await open(`/${number}`);
        const reading = read(stream, habit, Promise.all(others));
        if (habit !== 'slow') others.push(reading);
        const body = await reading;
        end();
        return habit === 'leaves' || body?.equals(bodyOf(number)) === true;
      });
      expect(await Promise.all(asked)).toEqual(Array.from({ length: CLIENTS }, () => true));
    },
    TIMEOUT_MS,
  );
});

describe('uploads', () => {
  test(
    'reach the backend whole and unmixed',
    async () => {
      const received = new Map<BackendConnection, Buffer[]>();
      const whole: BackendConnection[] = [];
      scene.backend.intercept = (connection, chunk) => {
        const pieces = received.get(connection) ?? [];
        received.set(connection, [...pieces, chunk]);
        void readOn(connection);
        const bytes = pieces.reduce((sum, { length }) => sum + length, chunk.length);
        const headBytes = (pieces[0] ?? chunk).indexOf('\r\n\r\n') + 4;
        if (bytes === headBytes + BODY_BYTES) whole.push(connection);
        // Not before all are there: a connection that has become free would take another upload.
        if (whole.length < CLIENTS) return;
        for (const each of whole.splice(0)) each.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      };
      await Promise.all(Array.from({ length: CLIENTS }, (_, number) => upload(number)));
      const uploads = [...received.values()].map((pieces) => Buffer.concat(pieces));
      expect(uploads).toHaveLength(CLIENTS);
      for (const bytes of uploads) {
        const number = Number(/^POST \/(\d+) /.exec(bytes.toString('latin1', 0, 20))?.[1]);
        const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
        expect(body.equals(bodyOf(number)), `upload ${number}`).toBe(true);
      }
    },
    TIMEOUT_MS,
  );
});

/** A node that looks away after each piece. */
async function readOn({ socket }: BackendConnection): Promise<void> {
  socket.pause();
  await turns(5);
  socket.resume();
}

function upload(number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const place = { port: scene.plane.httpPort, host: '127.0.0.1', method: 'POST', path: `/${number}` };
    const headers = { host: 'a', 'content-length': BODY_BYTES };
    const request = requestPlain({ ...place, agent: false, headers }, (answer: IncomingMessage) =>
      answer.resume().on('end', resolve),
    );
    request.on('error', reject).end(bodyOf(number));
  });
}
