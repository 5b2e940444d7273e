// Uploads and downloads over real sockets, sizes and digests compared; undici as a second client.
import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { request as undiciRequest } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from './node.ts';
import type { Reply, Session } from './session.ts';
import { request } from './session.ts';
import { createTownFixture, loginAlice, urlOf } from './town-fixture.ts';

const maxFileBytes = 1_000_000;
const fixture = createTownFixture({ maxFileBytes });
let node: MattermostNode;
let session: Session;
// Without one the client itself asks for Connection: close.
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  node = await fixture.start();
  session = await loginAlice(node);
});
afterAll(async () => {
  agent.destroy();
  await fixture.stop();
});

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const bearer = (): Record<string, string> => ({ Authorization: `Bearer ${session.token}` });

function upload(body: Buffer | Readable, headers: Record<string, string> = {}): Promise<Reply> {
  const url = `${urlOf(node)}/api/v4/files?filename=a.bin`;
  return request({ url, method: 'POST', headers: { ...bearer(), ...headers }, body, agent });
}

/** A body that never fits in one chunk. */
function streamOf(bytes: Buffer): Readable {
  const parts = Array.from({ length: Math.ceil(bytes.length / 10_000) }, (_, index) =>
    bytes.subarray(index * 10_000, (index + 1) * 10_000),
  );
  return Readable.from(parts);
}

describe('a bare body', () => {
  test.each([
    ['of 1 byte', 1, false],
    ['of 300,001 bytes', 300_001, false],
    ['as large as allowed', maxFileBytes, false],
    ['as large as allowed, chunked', maxFileBytes, true],
  ])('%s comes back as it went', async (_, sizeBytes, isChunked) => {
    const bytes = randomBytes(sizeBytes);
    const reply = await upload(isChunked ? streamOf(bytes) : bytes);
    expect(reply.status).toBe(201);
    const [info] = JSON.parse(reply.body.toString()).file_infos;
    expect(reply.headers).not.toHaveProperty('connection');
    expect(info).toMatchObject({ name: 'a.bin', extension: 'bin', size: sizeBytes, sha256: digest(bytes) });
    const back = await request({ url: `${urlOf(node)}/api/v4/files/${info.id}`, headers: bearer() });
    expect(digest(back.body)).toBe(digest(bytes));
    expect(back.headers['content-length']).toBe(String(sizeBytes));
  });

  test.each([
    ['with a length', 1, false],
    ['chunked', 1, true],
    ['chunked, far too large', 11 * 1024 * 1024, true],
  ])('too large, %s, is refused with 413 the client can read', async (_, excessBytes, isChunked) => {
    const bytes = Buffer.alloc(maxFileBytes + excessBytes);
    const reply = await upload(isChunked ? streamOf(bytes) : bytes);
    expect(reply.status).toBe(413);
    expect(JSON.parse(reply.body.toString())).toMatchObject({
      id: 'api.file.upload_file.too_large_detailed.app_error',
      status_code: 413,
    });
    expect(reply.headers.connection).toBe('close');
  });

  test('of no bytes is refused', async () => {
    expect((await upload(Buffer.alloc(0), { 'Content-Length': '0' })).status).toBe(400);
  });

  test('without a session is refused before it is read', async () => {
    const url = `${urlOf(node)}/api/v4/files`;
    const reply = await request({ url, method: 'POST', body: Buffer.alloc(5_000_000), agent });
    expect([reply.status, reply.headers.connection]).toEqual([401, 'close']);
  });
});

describe('Expect: 100-continue', () => {
  const start = (sizeBytes: number): ReturnType<typeof connect> => {
    const socket = connect(node.port, node.address);
    const head = [
      'POST /api/v4/files?filename=a HTTP/1.1',
      'Host: a',
      `Authorization: Bearer ${session.token}`,
    ];
    const framing = [`Content-Length: ${sizeBytes}`, 'Expect: 100-continue', 'Connection: close'];
    socket.write(`${[...head, ...framing].join('\r\n')}\r\n\r\n`);
    return socket;
  };

  test('is granted for a body that is wanted', async () => {
    const socket = start(3);
    socket.once('data', () => socket.write('abc'));
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 Created\r\n/);
    expect(answer).toContain(digest(Buffer.from('abc')));
  });

  test('is answered with the refusal alone for one that is not', async () => {
    expect(await text(start(maxFileBytes + 1))).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('multipart', () => {
  const form = (bytes: Buffer<ArrayBuffer>, name = 'b.txt'): FormData => {
    const data = new FormData();
    data.append('channel_id', fixture.town.square.channelId);
    data.append('client_ids', 'client-1');
    data.append('files', new Blob([bytes], { type: 'text/plain' }), name);
    return data;
  };
  const send = (body: FormData): Promise<Response> =>
    fetch(`${urlOf(node)}/api/v4/files`, { method: 'POST', headers: bearer(), body });

  test('with several files', async () => {
    const first = randomBytes(200_000);
    const second = Buffer.from('\r\n--\r\n');
    const data = form(first);
    data.append('files', new Blob([second]), 'c"ü.txt');
    const reply = await send(data);
    expect(reply.status).toBe(201);
    const { file_infos: infos, client_ids: clientIds } = JSON.parse(await reply.text());
    expect(clientIds).toEqual(['client-1']);
    expect(infos).toMatchObject([
      { name: 'b.txt', mime_type: 'text/plain', size: 200_000, sha256: digest(first) },
      { size: second.length, sha256: digest(second) },
    ]);
  });

  test('as large as allowed passes, one byte more does not', async () => {
    expect((await send(form(Buffer.alloc(maxFileBytes)))).status).toBe(201);
    expect((await send(form(Buffer.alloc(maxFileBytes + 1)))).status).toBe(413);
  });

  test.each([
    ['cut short', '--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\nabc'],
    ['malformed', '--bxx'],
  ])('%s is refused', async (_, body) => {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
    expect((await upload(Buffer.from(body), headers)).status).toBe(400);
  });
});

test('undici uploads a stream and reads it back', async () => {
  const bytes = randomBytes(500_000);
  const sent = await undiciRequest(`${urlOf(node)}/api/v4/files?filename=u.bin`, {
    method: 'POST',
    headers: bearer(),
    body: streamOf(bytes),
  });
  const [info] = JSON.parse(await sent.body.text()).file_infos;
  expect(info).toMatchObject({ name: 'u.bin', size: bytes.length, sha256: digest(bytes) });
  const back = await undiciRequest(`${urlOf(node)}/api/v4/files/${info.id}`, { headers: bearer() });
  expect(digest(Buffer.from(await back.body.arrayBuffer()))).toBe(digest(bytes));
});

test('an unknown file is 404', async () => {
  const reply = await request({ url: `${urlOf(node)}/api/v4/files/${'a'.repeat(26)}`, headers: bearer() });
  expect(reply.status).toBe(404);
});
