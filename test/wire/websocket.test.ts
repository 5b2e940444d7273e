// WebSocket handshakes through the real data plane: rows U1 and U6 to U10.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admission, COOKIE, rule } from '../../src/decide/test-objects.ts';
import { REQUEST_ID } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer } from '../support/recording-backend.ts';
import { turns, until } from '../support/wire-client.ts';
import { get } from './rows.ts';
import { WireScene } from './scene.ts';
import { acceptAll, HANDSHAKE, handshake, KEY, openTunnel, switching } from './tunnels.ts';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start();
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

async function refusedBy(
  script: typeof scene.backend.script,
  request: string,
  status: number,
): Promise<string> {
  scene.backend.script = script;
  const client = await scene.client();
  client.send(request);
  await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length > 0);
  expect(splitAnswers(client.bytes).statuses).toEqual([status]);
  await scene.upstreamEnd();
  await scene.idle();
  client.destroy();
  return client.text;
}

describe('U1 a handshake', () => {
  test('is written anew', async () => {
    await openTunnel(scene, [
      'Sec-WebSocket-Protocol: chat, v2',
      'Origin: https://a',
      'Cookie: a=b',
      'TE: x',
    ]);
    const ours = [
      'X-Forwarded-For: 127.0.0.1',
      'X-Real-IP: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: a',
      `X-Forwarded-Port: ${scene.plane.httpPort}`,
      `X-Request-ID: ${REQUEST_ID}`,
      'Via: 1.1 mattermost-ingress',
      'Connection: Upgrade',
      'Upgrade: websocket',
    ];
    expect(scene.upstream.requests[0]?.head.split('\r\n')).toEqual([
      'GET / HTTP/1.1',
      'Host: a',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: chat, v2',
      'Origin: https://a',
      'Cookie: a=b',
      ...ours,
    ]);
  });

  test('goes over a connection of its own, which nobody uses afterwards', async () => {
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('ok'));
    const tunnel = await openTunnel(scene);
    expect(scene.backend.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect(scene.plane.load).toBe(1);
    tunnel.client.socket.end();
    await until(
      () => tunnel.backend.ending !== undefined,
      () => 'the end of the tunnel at the backend',
    );
    tunnel.backend.socket.end();
    await scene.idle();
    scene.backend.script = (connection) => connection.send(answer('ok'));
    client.send(get());
    await client.until((text) => text.split('\r\n\r\nok').length === 3);
    expect(scene.backend.connections.map(({ requests }) => requests.length)).toEqual([2, 1]);
  });

  test('may follow other requests on its connection', async () => {
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('ok'));
    scene.backend.script = acceptAll();
    client.send(handshake());
    expect(await client.until((text) => text.includes(' 101 '))).toMatch(/^HTTP\/1.1 200 OK/);
  });
});

describe('U6 bytes before the 101', () => {
  const frame = '\x81\x80\x01\x02\x03\x04';
  test.each([
    { name: 'a frame', early: frame },
    { name: 'a request', early: get('Evil: 1') },
    { name: 'one byte', early: '\0' },
  ])('in one segment with the handshake: $name', async ({ early }) => {
    const client = await scene.client();
    client.send(handshake() + early);
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([400]);
    await scene.idle();
    expect(scene.backend.text).not.toContain('Evil');
    expect(scene.backend.requests.length).toBe(0);
  });

  test.each([
    { name: 'a frame', early: frame },
    { name: 'a request', early: get('Evil: 1') },
  ])('behind the handshake, while the backend is silent: $name', async ({ early }) => {
    scene.backend.script = () => undefined;
    const client = await scene.client();
    client.send(handshake());
    await until(
      () => scene.backend.requests.length === 1,
      () => 'the handshake at the backend',
    );
    client.send(early);
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([400]);
    await scene.upstreamEnd();
    expect(scene.upstream.rest).toBe('');
    expect(scene.backend.requests).toHaveLength(1);
  });
});

describe('U7 another answer than 101', () => {
  test('is a 403 where nothing but the shape of a cookie opened the door', async () => {
    const id = 'a'.repeat(26);
    const shape = rule('signed-in', {
      request: 'WebSocket',
      cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }],
    });
    const closed = await WireScene.start({ site: { admission: admission([shape]) } });
    closed.backend.script = (connection) => connection.send(answer('secret page'));
    const client = await closed.client();
    client.send(handshake(`Cookie: MMAUTHTOKEN=${id}`).replace('GET / ', 'GET /api/v4/websocket '));
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([403]);
    expect(client.text).not.toContain('secret');
    await closed.upstreamEnd();
    expect(closed.plane.records).toMatchObject([
      { status: 403, reason: 'upgrade-not-accepted', detail: 'The endpoint answered 200' },
    ]);
    await closed.end();
  });
});

describe('U8 a 101 that is none', () => {
  const offers = ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Extensions: permessage-deflate'];
  const bad: readonly {
    readonly name: string;
    readonly change: (text: string) => string;
    readonly plain?: true;
  }[] = [
    { name: 'without Accept', change: (text) => text.replace(/Sec-WebSocket-Accept.*\r\n/, '') },
    { name: 'with the Accept of another key', change: (text) => text.replace(/Accept: ./, 'Accept: _') },
    { name: 'with two Accepts', change: (text) => text.replace(/(Sec-WebSocket-Accept.*\r\n)/, '$1$1') },
    { name: 'without Upgrade', change: (text) => text.replace(/Upgrade: websocket\r\n/, '') },
    { name: 'with another Upgrade', change: (text) => text.replace('Upgrade: websocket', 'Upgrade: h2c') },
    { name: 'without Connection', change: (text) => text.replace(/Connection.*\r\n/, '') },
    {
      name: 'with another Connection',
      change: (text) => text.replace('Connection: Upgrade', 'Connection: close'),
    },
    {
      name: 'with a protocol nobody offered',
      change: (text) => text.replace(/\r\n$/, 'Sec-WebSocket-Protocol: x\r\n\r\n'),
    },
    {
      name: 'with a protocol where none was offered',
      change: (text) => text.replace(/\r\n$/, 'Sec-WebSocket-Protocol: chat\r\n\r\n'),
      plain: true,
    },
    {
      name: 'with an extension nobody offered',
      change: (text) => text.replace(/\r\n$/, 'Sec-WebSocket-Extensions: x\r\n\r\n'),
    },
    { name: 'with a length', change: (text) => text.replace(/\r\n$/, 'Content-Length: 0\r\n\r\n') },
    { name: 'with a coding', change: (text) => text.replace(/\r\n$/, 'Transfer-Encoding: chunked\r\n\r\n') },
    { name: 'in HTTP/1.0', change: (text) => text.replace('HTTP/1.1', 'HTTP/1.0') },
  ];

  test.each(bad)('$name', async ({ change, plain }) => {
    await refusedBy(
      (connection, { head }) => connection.send(change(switching(head)) + 'frames'),
      handshake(...(plain === undefined ? offers : [])),
      502,
    );
    expect(scene.plane.records).toMatchObject([{ status: 502, reason: 'upgrade-invalid' }]);
  });

  test('a proper one opens the tunnel', async () => {
    const tunnel = await openTunnel(scene, offers);
    expect(tunnel.client.text).toContain('101');
  });
});

describe('the 101 that the client gets', () => {
  test('U9 has no field of the other hop', async () => {
    scene.backend.script = acceptAll([
      'Keep-Alive: x',
      'Trailer: x',
      'Set-Cookie: a=b',
      'Proxy-Authenticate: x',
      'X-Reject-Reason: pre-auth',
    ]);
    const client = await scene.client();
    client.send(handshake());
    const head = await client.until((text) => text.endsWith('\r\n\r\n'));
    expect(head.split('\r\n').slice(0, -2)).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'Set-Cookie: a=b',
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]);
  });

  test('sets the cookie of persistence', async () => {
    const sticky = await WireScene.start({ site: { persistence: COOKIE } });
    const tunnel = await openTunnel(sticky);
    expect(tunnel.client.text).toMatch(/^Set-Cookie: MMSTICKY=node-new; Path=\/; HttpOnly; SameSite=Lax\r$/m);
    await sticky.end();
  });

  test.each([
    { name: 'whole', cut: false },
    { name: 'byte by byte', cut: true },
  ])('U10 comes before the bytes behind it, $name', async ({ cut }) => {
    scene.backend.script = (connection, { head }) => {
      const bytes = Buffer.from(`${switching(head)}\x81\x05hello`, 'latin1');
      if (!cut) connection.send(bytes);
      else void sendSlowly(bytes, (byte) => connection.send(byte));
    };
    const client = await scene.client();
    client.send(handshake());
    const text = await client.until((received) => received.endsWith('hello'));
    expect(text.split('\r\n\r\n').slice(1)).toEqual(['\x81\x05hello']);
  });

  async function sendSlowly(bytes: Buffer, send: (byte: Buffer) => void): Promise<void> {
    for (const byte of bytes) {
      send(Buffer.from([byte]));
      await turns(2);
    }
  }

  test('may come behind other interim answers', async () => {
    scene.backend.script = (connection, { head }) =>
      connection.send(`HTTP/1.1 103 Early Hints\r\n\r\n${switching(head)}`);
    const client = await scene.client();
    client.send(handshake());
    await client.until((text) => text.includes(' 101 '));
    expect(splitAnswers(client.bytes).statuses).toEqual([103, 101]);
  });
});

test('a client that goes before its 101 takes the backend connection with it', async () => {
  scene.backend.script = () => undefined;
  const client = await scene.client();
  client.send(get(...HANDSHAKE));
  await until(
    () => scene.backend.requests.length === 1,
    () => 'the handshake at the backend',
  );
  client.socket.resetAndDestroy();
  await scene.upstreamEnd();
  await scene.idle();
  expect(scene.plane.records).toMatchObject([{ reason: 'client-closed' }]);
});
