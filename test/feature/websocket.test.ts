// WebSockets through the whole process: whatever the two sides say passes untouched, and how it ended is known.
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EchoServer, startEchoServer } from '../support/echo-server.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const scene = new Scene();
let controller: ControllerProcess;
let node: MattermostNode;
let echo: EchoServer;
let pair: Pair;

beforeAll(async () => {
  pair = await makeCertificate(hostOf('secure'));
  node = await scene.node('node', { siteUrl: 'https://chat.example.com' });
  echo = await startEchoServer('echo');
  scene.add(echo);
  controller = await scene.controller({
    objects: [
      ...site('chat', [{ name: 'node', port: node.port }]),
      ...site('counted', [{ name: 'node', port: node.port }]),
      ...site('echo', [echo.place]),
      ...site('secure', [echo.place], { route: { tls: { secretName: 'secure' } } }),
      tlsSecret('secure', pair),
    ],
  });
});
afterAll(() => scene.end());

/** A client of the library with all its options; `secure` goes over TLS. */
async function openEcho(name: 'echo' | 'secure', options: ClientOptions = {}): Promise<WebSocket> {
  const isSecure = name === 'secure';
  const to = { host: '127.0.0.1', port: controller.port(isSecure ? 'https' : 'http') };
  const socket = new WebSocket(`${isSecure ? 'wss' : 'ws'}://${hostOf(name)}/socket`, ['echo.test'], {
    createConnection: () =>
      isSecure ? connectTls({ ...to, servername: hostOf(name), ca: pair.certificate }) : connect(to),
    ...options,
  });
  await once(socket, 'open');
  return socket;
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

describe('messages', () => {
  test.each([
    ['plain', 'echo', false],
    ['compressed', 'echo', true],
    ['over TLS', 'secure', false],
    ['over TLS, compressed', 'secure', true],
  ] as const)('%s: of every size, text and binary, in order', async (_, name, perMessageDeflate) => {
    const socket = await openEcho(name, { perMessageDeflate });
    expect(socket.protocol).toBe('echo.test');
    expect(socket.extensions).toBe(perMessageDeflate ? 'permessage-deflate' : '');
    const sizes = [0, 1, 125, 126, 127, 4096, 65_535, 65_536, 1_000_000];
    const sent = sizes.map((size) => randomBytes(size));
    const received: string[] = [];
    socket.on('message', (data: Buffer) => received.push(sha256(data)));
    for (const data of sent) socket.send(data);
    socket.send('Grüße 🌍');
    const expected = [...sent.map(sha256), sha256(Buffer.from('Grüße 🌍'))];
    await eventually(() => expect(received).toEqual(expected));
    socket.close();
    await once(socket, 'close');
  });

  test('pings and pongs pass, both ways, with what they carry', async () => {
    const socket = await openEcho('echo');
    const server = echo.sockets.at(-1);
    socket.ping('from the client');
    expect(String((await once(socket, 'pong'))[0])).toBe('from the client');
    const heard = once(socket, 'ping');
    server?.ping('from the server');
    expect(String((await heard)[0])).toBe('from the server');
    socket.terminate();
  });

  test('a client that does not read holds its server back; nothing is lost', async () => {
    const socket = await openEcho('echo', { perMessageDeflate: false, maxPayload: 200_000_000 });
    const server = echo.sockets.at(-1);
    const count = 100;
    const data = Buffer.alloc(1_000_000, 'x');
    socket.pause();
    for (let at = 0; at < count; at++) server?.send(data, { compress: false });
    // What has left the server comes to rest where all buffers on the way are full.
    let left = -1;
    await vi.waitFor(
      () => {
        const before = left;
        left = count * data.length - (server?.bufferedAmount ?? 0);
        expect(left).toBe(before);
      },
      { interval: 200, timeout: 10_000 },
    );
    expect(left).toBeLessThan((count * data.length) / 2);
    let received = 0;
    socket.on('message', () => received++);
    socket.resume();
    await eventually(() => expect(received).toBe(count));
    socket.terminate();
  });
});

describe('the end', () => {
  /** The log's word for how the WebSocket with that request id ended. */
  async function endOf(requestId: string): Promise<unknown> {
    return (await controller.logged({ msg: 'websocket closed', requestId }))['reason'];
  }

  test.each([
    ['client', 4001, 'client-closed'],
    ['server', 4002, 'backend-closed'],
  ])('said by the %s: code and reason reach the other side', async (by, code, reason) => {
    const requestId = `end-${code}`;
    const socket = await openEcho('echo', { headers: { 'X-Request-ID': requestId } });
    const server = echo.sockets.at(-1) as WebSocket;
    const [from, to] = by === 'client' ? [socket, server] : [server, socket];
    const closed = once(to, 'close');
    from.close(code, 'said why');
    expect(await closed).toEqual([code, Buffer.from('said why')]);
    expect(await endOf(requestId)).toBe(reason);
  });

  test.each([
    ['client', 'client-lost'],
    ['server', 'backend-lost'],
  ])('the %s breaks off: so does the other side', async (by, reason) => {
    const requestId = `lost-${by}`;
    const socket = await openEcho('echo', { headers: { 'X-Request-ID': requestId } });
    const server = echo.sockets.at(-1) as WebSocket;
    const [from, to] = by === 'client' ? [socket, server] : [server, socket];
    const closed = once(to, 'close');
    from.terminate();
    expect((await closed)[0]).toBe(1006);
    expect(await endOf(requestId)).toBe(reason);
  });

  test('is counted: opened, open, closed, messages by direction', async () => {
    const labels = { host: hostOf('counted') };
    const { token } = await login(`http://127.0.0.1:${node.port}`, ALICE);
    const headers = { Authorization: `Bearer ${token}`, 'X-Request-ID': 'counted-1' };
    const talk = await controller.open(hostOf('counted'), { headers });
    await talk.next(({ event }) => event === 'hello');
    const sequence = talk.send('ping');
    await talk.next((message) => message.seq_reply === sequence);
    await controller.expectMetrics((metrics) => {
      expect(metrics.sum('websocket_connections', labels)).toBe(1);
      expect(metrics.sum('endpoint_websockets', { service: 'counted', endpoint: 'node' })).toBe(1);
      expect(metrics.sum('websocket_messages_total', { ...labels, direction: 'client' })).toBe(1);
      expect(metrics.sum('websocket_messages_total', { ...labels, direction: 'backend' })).toBe(2);
    });
    talk.socket.close(1000);
    await talk.closed;
    const line = await controller.logged({ msg: 'websocket closed', requestId: 'counted-1' });
    expect(line).toMatchObject({ status: 101, messagesFromClient: 1, messagesFromBackend: 2 });
    await controller.expectMetrics((metrics) => {
      expect(metrics.sum('websocket_connections', labels)).toBe(0);
      expect(metrics.sum('websocket_opened_total', labels)).toBe(1);
      expect(metrics.sum('websocket_closed_total', { ...labels, reason: 'client-closed' })).toBe(1);
      expect(metrics.sum('websocket_messages_total', { ...labels, direction: 'client' })).toBe(1);
      expect(metrics.sum('websocket_messages_total', { ...labels, direction: 'backend' })).toBe(2);
      expect(metrics.sum('endpoint_websockets', { service: 'counted' })).toBe(0);
    });
  });
});

describe('Mattermost', () => {
  test('its refusal of a foreign page is passed on as it is', async () => {
    const opened = controller.open(hostOf('chat'), { headers: { Origin: 'https://evil.example.net' } });
    const { reply } = await opened.then(
      () => expect.unreachable(),
      (error: unknown) => error as { readonly reply: { status: number; body: Buffer } },
    );
    expect(reply.status).toBe(403);
    expect(reply.body.toString()).toMatch(
      /^Forbidden\n\{"id":"api\.web_socket\.connect\.upgrade\.app_error"/,
    );
  });

  test('hears the Origin of its own page', async () => {
    const talk = await controller.open(hostOf('chat'), { headers: { Origin: 'https://chat.example.com' } });
    talk.socket.terminate();
    await eventually(() => expect(node.sockets).toBe(0));
  });
});
