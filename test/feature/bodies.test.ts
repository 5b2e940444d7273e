// Large bodies through the whole process: every byte arrives, both ways, however the length is told.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../src/demo/mattermost/demo-routes.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const SIZE = 12_000_000;
const data = randomBytes(SIZE);
const digest = createHash('sha256').update(data).digest('hex');

const scene = new Scene();
let controller: ControllerProcess;
let pair: Pair;

beforeAll(async () => {
  pair = await makeCertificate(hostOf('echo'), hostOf('files'));
  const node = await scene.node('node', { tls: { key: pair.key, cert: pair.certificate } });
  const files = createServer((request, response) => {
    // By its length, in chunks, or until the connection ends, as the path says.
    if (request.url === '/length') response.setHeader('Content-Length', SIZE);
    if (request.url === '/close') response.setHeader('Connection', 'close').removeHeader('Transfer-Encoding');
    if (request.url === '/close') response.useChunkedEncodingByDefault = false;
    Readable.from(pieces()).pipe(response);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  scene.add({
    stop: () =>
      new Promise<void>((resolve) => {
        files.close(() => resolve());
        files.closeAllConnections();
      }),
  });
  const tls = { route: { tls: { secretName: 'site' } } };
  const secureBackend = { backend: { tls: { mode: 'InsecureSkipVerify' } } };
  const place = { name: 'files', port: (files.address() as AddressInfo).port };
  controller = await scene.controller({
    objects: [
      ...site('echo', [{ name: 'node', port: node.port }], { ...tls, ...secureBackend }),
      ...site('files', [place], tls),
      ...site('plain', [place]),
      tlsSecret('site', pair),
    ],
  });
});
afterAll(() => scene.end());

/** The data in pieces of uneven size. */
function* pieces(): Generator<Buffer> {
  for (let at = 0, size = 1; at < SIZE; at += size, size = (size * 7 + 13) % 200_000)
    yield data.subarray(at, at + size);
}

describe('an upload, over TLS on both sides', () => {
  test.each([
    ['by its length', data],
    ['in chunks', undefined],
  ])('%s', async (_, body) => {
    const reply = await controller.get(hostOf('echo'), '/api/v4/demo/echo', {
      method: 'POST',
      ca: pair.certificate,
      body: body ?? Readable.from(pieces()),
    });
    const { body: seen } = JSON.parse(reply.body.toString()) as Echo;
    expect(seen).toEqual({ sizeBytes: SIZE, sha256: digest });
  });
});

describe.each(['plain', 'files'])('a download, site %s', (name) => {
  test.each(['/length', '/chunked', '/close'])('%s', async (path) => {
    const ask = name === 'plain' ? {} : { ca: pair.certificate };
    const replies = await Promise.all(
      Array.from({ length: 3 }, () => controller.get(hostOf(name), path, ask)),
    );
    const digests = replies.map(({ body }) => createHash('sha256').update(body).digest('hex'));
    expect(digests).toEqual(Array(3).fill(digest));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
