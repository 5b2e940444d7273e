// Clients of HTTP/2 that others wrote, and bodies of 20 MB both ways under random pauses: equal to the byte.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'undici';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { answerOf, connectHttp2, statusesOf } from '../support/http2-session.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const SIZE = 20_000_000;
const MAX_PIECE = 100_000;
const data = randomBytes(SIZE);
const digest = digestOf(data);
const run = promisify(execFile);

const scene = new Scene();
let controller: ControllerProcess;
let pair: Pair;

beforeAll(async () => {
  pair = await makeCertificate(hostOf('files'));
  // Downloads the data, or says what was uploaded.
  const files = createServer((request, response) => {
    const hash = createHash('sha256');
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    request.on('end', () => {
      if (request.method !== 'GET') response.end(`${bytes} ${hash.digest('hex')}`);
      else if (request.url === '/small') response.end('small');
      else {
        if (request.url === '/length') response.setHeader('Content-Length', SIZE);
        response.end(data);
      }
    });
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  scene.add({
    stop: () =>
      new Promise<void>((resolve) => {
        files.close(() => resolve());
        files.closeAllConnections();
      }),
  });
  const place = { name: 'files', port: (files.address() as AddressInfo).port };
  controller = await scene.controller({
    objects: [...site('files', [place], { route: { tls: { secretName: 'cert' } } }), tlsSecret('cert', pair)],
  });
});
afterAll(() => scene.end());

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** mulberry32: the same numbers for the same seed everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A few turns of the event loop, more of them now and then. */
async function pause(random: () => number): Promise<void> {
  const turns = random() < 0.05 ? 50 : Math.floor(random() * 4);
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function requestOn(session: ClientHttp2Session, method: string, path: string): ClientHttp2Stream {
  const headers = { ':authority': hostOf('files'), ':method': method, ':path': path };
  return session.request(headers, { endStream: method === 'GET' });
}

async function upload(session: ClientHttp2Session, random: () => number): Promise<string> {
  const stream = requestOn(session, 'POST', '/upload');
  const given = answerOf(stream);
  for (let at = 0; at < SIZE; ) {
    const end = at + 1 + Math.floor(random() * MAX_PIECE);
    if (!stream.write(data.subarray(at, end)))
      await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
    at = end;
    await pause(random);
  }
  stream.end();
  return (await given).body.toString();
}

async function download(session: ClientHttp2Session, path: string, random: () => number): Promise<string> {
  const stream = requestOn(session, 'GET', path);
  const hash = createHash('sha256');
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    if (random() < 0.1) await pause(random);
  }
  return hash.digest('hex');
}

describe('node:http2', () => {
  const seed = Date.now() >>> 0;

  test(`20 MB both ways at a time under random pauses, seed ${seed}`, async () => {
    const random = randomOf(seed);
    const session = await connectHttp2(controller.port('https'), hostOf('files'));
    const results = await Promise.all([
      upload(session, random),
      download(session, '/length', random),
      download(session, '/chunked', random),
      upload(session, random),
    ]);
    const uploaded = `${SIZE} ${digest}`;
    expect(results).toEqual([uploaded, digest, digest, uploaded]);
    session.destroy();
  });

  test('100 streams at a time, of all kinds', async () => {
    const session = await connectHttp2(controller.port('https'), hostOf('files'));
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => {
        const stream = requestOn(session, at % 3 === 0 ? 'POST' : 'GET', '/small');
        if (at % 3 === 0) stream.end(data.subarray(0, at * 1000));
        return answerOf(stream);
      }),
    );
    for (const [at, given] of answers.entries()) {
      const part = data.subarray(0, at * 1000);
      const wanted = at % 3 === 0 ? `${part.length} ${digestOf(part)}` : 'small';
      expect([statusesOf(given), given.body.toString()]).toEqual([[200], wanted]);
    }
    session.destroy();
  });
});

describe('undici', () => {
  test('uploads, downloads and many requests at a time', async () => {
    const client = new Client(`https://127.0.0.1:${controller.port('https')}`, {
      allowH2: true,
      connect: { ca: pair.certificate, servername: hostOf('files') },
      pipelining: 50,
    });
    const headers = { host: hostOf('files') };
    const up = await client.request({ method: 'POST', path: '/upload', headers, body: data });
    expect([up.statusCode, await up.body.text()]).toEqual([200, `${SIZE} ${digest}`]);
    const down = await client.request({ method: 'GET', path: '/chunked', headers });
    expect(digestOf(Buffer.from(await down.body.arrayBuffer()))).toBe(digest);
    const small = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { statusCode, body } = await client.request({ method: 'GET', path: '/small', headers });
        return [statusCode, await body.text()];
      }),
    );
    expect(small).toEqual(Array(60).fill([200, 'small']));
    const line = await controller.logged(
      (each) => each['path'] === '/upload' && each['requestBytes'] === SIZE,
    );
    expect(line['protocol']).toBe('HTTP/2');
    await client.close();
  });
});

describe('curl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'curl-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function needsHttp2(context: TestContext): Promise<void> {
    const { stdout } = await run('curl', ['--version']).catch(() => ({ stdout: '' }));
    if (!/\bHTTP2\b/.test(stdout)) context.skip('There is no curl that speaks HTTP/2');
  }

  /** @returns version of HTTP, status and size of the answer */
  async function curl(path: string, ...more: readonly string[]): Promise<string> {
    const port = controller.port('https');
    const authority = join(folder, 'ca.pem');
    writeFileSync(authority, pair.certificate);
    const limits = ['--silent', '--show-error', '--max-time', '60'];
    const told = '%{http_version} %{http_code} %{size_download}';
    const results = ['--output', join(folder, 'answer'), '--write-out', told];
    const place = ['--resolve', `${hostOf('files')}:${port}:127.0.0.1`, '--cacert', authority];
    const url = `https://${hostOf('files')}:${port}${path}`;
    const { stdout } = await run('curl', [...limits, ...results, ...place, ...more, url]);
    return stdout;
  }

  test.for(['--http2', '--http1.1'])('a download with %s', async (protocol, context) => {
    await needsHttp2(context);
    expect(await curl('/chunked', protocol)).toBe(`${protocol === '--http2' ? '2' : '1.1'} 200 ${SIZE}`);
  });

  test('an upload over HTTP/2', async (context) => {
    await needsHttp2(context);
    const file = join(folder, 'upload');
    writeFileSync(file, data);
    expect(await curl('/upload', '--http2', '--request', 'POST', '--upload-file', file)).toMatch(/^2 200 /);
    expect(readFileSync(join(folder, 'answer'), 'utf8')).toBe(`${SIZE} ${digest}`);
  });
});
