// WebSockets by their bytes: what stands around the 101, who may end first, and what is no handshake at all.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { answer, type BackendConnection, type RawBackend, type Script } from '../support/raw-backend.ts';
import { exchangeRaw, HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { acceptOf } from '../support/websocket-accept.ts';

const GREETING = '\x81\x05hello';
/** A Close frame of a server, with code 1000. */
const GOODBYE = '\x88\x02\x03\xe8';

const scene = new Scene();
let controller: ControllerProcess;
let backend: RawBackend;

beforeAll(async () => {
  backend = await scene.backend('frames', switching(GREETING));
  const plain = await scene.backend('plain', ({ socket }) => void socket.write(answer('no socket here')));
  const wrong = await scene.backend('wrong', ({ socket }) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    socket.write('Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n');
  });
  controller = await scene.controller({
    objects: [
      ...site('frames', [backend.place]),
      ...site('plain', [plain.place]),
      ...site('wrong', [wrong.place]),
    ],
  });
});
afterAll(() => scene.end());

/** Answers a handshake with a valid 101 and these bytes in the same write; a request without one with a page. */
function switching(behind: string): Script {
  return ({ socket, received }) => {
    const accept = acceptOf(received);
    if (accept === '') {
      socket.write(answer('a page'));
      return;
    }
    const head = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}${behind}`, 'latin1');
  };
}

function handshake(name: string, changes: Readonly<Record<string, string>> = {}): string {
  return requestText('GET /api/v4/websocket', hostOf(name), { ...HANDSHAKE, ...changes });
}

/** A tunnel, both ends of it. */
async function openTunnel(): Promise<{ client: RawConnection; server: BackendConnection }> {
  const at = backend.connections.length;
  const client = new RawConnection(controller.raw()).send(handshake('frames'));
  await client.until((text) => text.endsWith(GREETING));
  const server = backend.connections[at];
  if (server === undefined) throw new Error('The backend saw no connection');
  return { client, server };
}

describe('the bytes around a 101', () => {
  test('frames in the same packet come behind the head, in order', async () => {
    const { client } = await openTunnel();
    expect(client.received).toMatch(/^HTTP\/1\.1 101 /);
    expect(client.received.split('\r\n\r\n')[1]).toBe(GREETING);
    expect(client.received).toMatch(/\r\nUpgrade: websocket\r\n/i);
    expect(client.received).toMatch(/\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
    expect(client.received).toMatch(/\r\nSet-Cookie: MMSTICKY=/);
    client.socket.destroy();
  });

  test('a client that does not wait for it is cut off; its bytes are neither frames nor a request', async () => {
    const smuggled = requestText('GET /smuggled', hostOf('frames'));
    const { text } = await exchangeRaw(controller.raw(), handshake('frames') + smuggled);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).not.toContain('HTTP/1.1 101');
    expect(backend.received).not.toContain('smuggled');
  });

  test('each handshake goes on a connection of its own, which serves nobody else', async () => {
    expect((await controller.get(hostOf('frames'), '/')).body.toString()).toBe('a page');
    const { client, server } = await openTunnel();
    expect(server.received.match(/ HTTP\/1\.1\r\n/g)).toHaveLength(1);
    client.socket.destroy();
  });
});

describe('the end of one side', () => {
  test('the client ends first: the server hears all of it and still has its last word', async () => {
    const { client, server } = await openTunnel();
    server.farewell = GOODBYE;
    client.socket.end('\x88\x80abcd', 'latin1');
    expect(await client.ended()).toBe('fin');
    expect(server.received).toMatch(/\x88\x80abcd$/);
    expect(client.received.endsWith(GREETING + GOODBYE)).toBe(true);
  });

  test('the server ends first: its last words arrive', async () => {
    const { client, server } = await openTunnel();
    server.socket.end(GOODBYE, 'latin1');
    expect(await client.ended()).toBe('fin');
    expect(client.received.endsWith(GREETING + GOODBYE)).toBe(true);
  });

  test('bytes that are no frames pass too: the tunnel does not judge', async () => {
    const { client, server } = await openTunnel();
    client.send('\xff\xff\xff no frame');
    await eventually(() => expect(server.received).toMatch(/\xff\xff\xff no frame$/));
    server.socket.write('nor this', 'latin1');
    await client.until((text) => text.endsWith('nor this'));
    client.socket.destroy();
  });
});

describe('what is no WebSocket', () => {
  test('another version: 426 with the right one, and the backend hears nothing', async () => {
    const before = backend.connections.length;
    const { text } = await exchangeRaw(
      controller.raw(),
      handshake('frames', { 'Sec-WebSocket-Version': '8' }),
    );
    expect(text).toMatch(/^HTTP\/1\.1 426 [^]*\r\nSec-WebSocket-Version: 13\r\n/);
    expect(backend.connections).toHaveLength(before);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a short key', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }],
    ['a list of protocols', { Upgrade: 'websocket, h2c' }],
    ['a body', { 'Content-Length': '3' }],
  ])('%s: 400, and the backend hears nothing', async (_, changes) => {
    const before = backend.connections.length;
    const { text } = await exchangeRaw(controller.raw(), handshake('frames', changes));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(backend.connections).toHaveLength(before);
  });

  test('an upgrade to something else is a plain request', async () => {
    const bytes = requestText('GET /h2c', hostOf('frames'), {
      Connection: 'Upgrade, HTTP2-Settings, close',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABkAAQAAP__',
    });
    const { text } = await exchangeRaw(controller.raw(), bytes);
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*a page$/);
    const [request = ''] = /GET \/h2c [^]*?\r\n\r\n/.exec(backend.received) ?? [];
    expect(request).toContain('X-Forwarded-For: 127.0.0.1\r\n');
    expect(request.toLowerCase()).not.toMatch(/upgrade|http2-settings/);
  });

  test('a page in place of the 101 is passed on, and both connections end', async () => {
    const { text, ending } = await exchangeRaw(controller.raw(), handshake('plain'));
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*no socket here$/);
    expect(ending).toBe('fin');
  });

  test('a 101 that answers another handshake: 502', async () => {
    const client = new RawConnection(controller.raw()).send(handshake('wrong'));
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 502 /);
    client.socket.destroy();
    await controller.logged({ reason: 'upgrade-invalid', host: hostOf('wrong') });
  });
});
