// How large a body may be: refused by what the client says, and by what it sends; nothing half is taken for whole.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../src/demo/mattermost/demo-routes.ts';
import type { Reply } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { type RawBackend } from '../support/raw-backend.ts';
import { exchangeRaw, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const LIMIT = 64 * 1024;

const scene = new Scene();
let controller: ControllerProcess;
/** Reads everything and never answers. */
let listener: RawBackend;

beforeAll(async () => {
  const node = await scene.node('node');
  listener = await scene.backend('listener', () => undefined);
  const place = { name: 'node', port: node.port };
  controller = await scene.controller({
    objects: [
      ...site('small', [place], { limits: { requestBody: '64Ki' } }),
      ...site('raw', [listener.place], { limits: { requestBody: '64Ki' } }),
      ...site('none', [place], { limits: { requestBody: '0' } }),
      ...site('usual', [place]),
    ],
  });
});
afterAll(() => scene.end());

function echoed(reply: Reply): number {
  return (JSON.parse(reply.body.toString()) as Echo).body.sizeBytes;
}

function post(name: string, body: string | Readable, headers: Readonly<Record<string, string>> = {}) {
  return controller.get(hostOf(name), '/api/v4/demo/echo', { method: 'POST', body, headers });
}

function chunked(sizeBytes: number): Readable {
  return Readable.from([Buffer.alloc(sizeBytes - 1000), Buffer.alloc(1000)]);
}

describe('by Content-Length', () => {
  test('up to the limit passes whole', async () => {
    const reply = await post('small', 'x'.repeat(LIMIT));
    expect([reply.status, echoed(reply)]).toEqual([200, LIMIT]);
  });

  test('one byte more: 413 in the form of the API, and the backend hears nothing', async () => {
    const before = listener.received;
    const bytes = requestText('POST /api/v4/files', hostOf('raw'), { 'Content-Length': String(LIMIT + 1) });
    const { text } = await exchangeRaw(controller.raw(), bytes + 'x'.repeat(LIMIT + 1));
    expect(text).toMatch(
      /^HTTP\/1\.1 413 [^]*\r\nContent-Type: application\/json\r\n[^]*\r\nConnection: close\r\n/,
    );
    expect(text).toContain('"id":"ingress.body_too_large"');
    expect(listener.received).toBe(before);
  });

  test('a client that asks first is refused before it sends, one that may send is told so', async () => {
    const ask = (length: number) =>
      requestText('POST /api/v4/demo/echo', hostOf('small'), {
        'Content-Length': String(length),
        Expect: '100-continue',
        Connection: 'close',
      });
    const refused = await exchangeRaw(controller.raw(), ask(LIMIT + 1));
    expect(refused.text).toMatch(/^HTTP\/1\.1 413 /);
    const allowed = new RawConnection(controller.raw()).send(ask(5));
    await allowed.until((text) => text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    allowed.send('hello');
    await allowed.ended();
    expect(allowed.received).toMatch(/HTTP\/1\.1 200 [^]*"sizeBytes":5/);
  });
});

describe('in chunks', () => {
  test('up to the limit passes whole', async () => {
    const reply = await post('small', chunked(LIMIT));
    expect([reply.status, echoed(reply)]).toEqual([200, LIMIT]);
  });

  test('over it in mid-body: 413, and the backend never gets an end', async () => {
    const before = listener.connections.length;
    const client = new RawConnection(controller.raw());
    const head = requestText('POST /api/v4/files', hostOf('raw'), { 'Transfer-Encoding': 'chunked' });
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    client.send(head + chunk.repeat(3));
    await eventually(() => expect(listener.connections[before]?.received.length).toBeGreaterThan(3 * 0x4000));
    // The answer is there before the client has ended its body: an endless one does not help.
    client.send(chunk.repeat(2));
    await client.until((text) => text.includes('\r\n\r\n'));
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
    expect(await client.ended()).toBe('fin');
    await eventually(() => expect(listener.connections[before]?.isClosed).toBe(true));
    expect(listener.connections[before]?.received).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  test.each([
    ['a size that is no number', 'zz\r\nabc\r\n'],
    ['a size that lies', '2\r\nabcd\r\n'],
    ['a line that ends with LF alone', '4\nabcd\n'],
  ])('%s: 400, and the backend never gets an end', async (_, body) => {
    const before = listener.connections.length;
    const head = requestText('POST /', hostOf('raw'), { 'Transfer-Encoding': 'chunked' });
    const { text } = await exchangeRaw(controller.raw(), `${head}3\r\nabc\r\n${body}`);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    // Found in the same read the backend may not have been asked at all.
    await eventually(() =>
      expect(listener.connections.slice(before).every(({ isClosed }) => isClosed)).toBe(true),
    );
    const received = listener.connections.slice(before).map((each) => each.received);
    expect(received.join('')).not.toMatch(/\r\n0\r\n\r\n/);
  });
});

describe('other limits', () => {
  test.each(['none', 'usual'])('%s: 20 MB pass', async (name) => {
    const reply = await post(name, chunked(20_000_000));
    expect([reply.status, echoed(reply)]).toEqual([200, 20_000_000]);
  });

  test('over 110 MiB the usual site refuses, a site without a limit does not', async () => {
    const length = String(110 * 1024 * 1024 + 1);
    const refused = await exchangeRaw(
      controller.raw(),
      requestText('POST /api/v4/files', hostOf('usual'), { 'Content-Length': length }),
    );
    expect(refused.text).toMatch(/^HTTP\/1\.1 413 /);
    const asking = new RawConnection(controller.raw()).send(
      requestText('POST /api/v4/demo/echo', hostOf('none'), {
        'Content-Length': length,
        Expect: '100-continue',
      }),
    );
    await asking.until((text) => text.startsWith('HTTP/1.1 100 '));
    asking.socket.destroy();
  });
});

test('a client that leaves in mid-body: the backend is cut off too', async () => {
  const before = listener.connections.length;
  const client = new RawConnection(controller.raw());
  client.send(`${requestText('POST /', hostOf('raw'), { 'Content-Length': '1000' })}half`);
  await eventually(() => expect(listener.connections[before]?.received).toMatch(/half$/));
  client.socket.destroy();
  await eventually(() => expect(listener.connections[before]?.isClosed).toBe(true));
  const line = await controller.logged({ reason: 'client-closed', host: hostOf('raw') });
  expect(line).toMatchObject({ status: 0, requestBytes: 4 });
});
