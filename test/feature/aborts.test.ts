// Connections that break at any moment, on either side: no worker falls over it, and nothing stays counted as open.
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { answer } from '../support/raw-backend.ts';
import { HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { acceptOf } from '../support/websocket-accept.ts';

const EACH = 6;
const HALF_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';

const scene = new Scene();
let controller: ControllerProcess;

beforeAll(async () => {
  const [silent, half, page, frames] = await Promise.all([
    scene.backend('silent', () => undefined),
    scene.backend('half', ({ socket }) => void socket.write(HALF_ANSWER)),
    scene.backend('page', ({ socket }) => void socket.write(answer('page'))),
    scene.backend('frames', ({ socket, received }) => {
      const head = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(received)}\r\n\r\n`;
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}`);
    }),
  ]);
  const pair = await makeCertificate('any.test');
  const tls = { route: { tls: { secretName: 'any' } } };
  controller = await scene.controller({
    objects: [
      ...[silent, half, page, frames].flatMap(({ name, place }) => [
        ...site(name, [place]),
        ...site(`${name}-tls`, [place], tls),
      ]),
      tlsSecret('any', pair),
    ],
  });
});
afterAll(() => scene.end());

/** What a client has sent, and waits for, when it breaks off. */
const MOMENTS: readonly (readonly [
  what: string,
  name: string,
  bytes: (host: string) => string,
  waitsFor: string | undefined,
])[] = [
  ['before a byte', 'page', () => '', undefined],
  ['in the middle of a head', 'page', (host) => requestText('GET /', host).slice(0, 20), undefined],
  ['while the backend thinks', 'silent', (host) => requestText('GET /', host), undefined],
  [
    'in the middle of a body',
    'silent',
    (host) => `${requestText('POST /', host, { 'Content-Length': '100' })}half`,
    undefined,
  ],
  ['in the middle of an answer', 'half', (host) => requestText('GET /', host), 'half'],
  ['between two requests', 'page', (host) => requestText('GET /', host), '\r\n\r\npage'],
  ['with a second request on the way', 'half', (host) => requestText('GET /', host).repeat(2), 'half'],
  ['in a handshake', 'silent', (host) => requestText('GET /ws', host, HANDSHAKE), undefined],
  ['in a tunnel', 'frames', (host) => requestText('GET /ws', host, HANDSHAKE), ' 101 '],
];

/** Everything is over: no connection, no request, no tunnel, and both workers are the ones that started. */
async function expectCalm(of = controller): Promise<void> {
  await of.expectMetrics((metrics) => {
    expect(metrics.sum('connections')).toBe(0);
    expect(metrics.sum('endpoint_inflight')).toBe(0);
    expect(metrics.sum('endpoint_websockets')).toBe(0);
    expect(metrics.sum('websocket_connections')).toBe(0);
    expect(metrics.sum('worker_restarts_total')).toBe(0);
  });
}

describe.each(['plain', 'over TLS'])('a client that resets its connection, %s', (way) => {
  test.each(MOMENTS)('%s', async (_, name, bytes, waitsFor) => {
    const isTls = way !== 'plain';
    const host = hostOf(isTls ? `${name}-tls` : name);
    const clients = Array.from({ length: EACH }, () => {
      const tcp = connectTcp({ host: '127.0.0.1', port: controller.port(isTls ? 'https' : 'http') });
      const target = { ...controller.raw(), tcp, ...(isTls ? { serverName: host } : {}) };
      return { tcp, connection: new RawConnection(target).send(bytes(host)) };
    });
    await Promise.all(
      clients.map(({ connection, tcp }) =>
        waitsFor === undefined ? roundTrip(tcp) : connection.until((text) => text.includes(waitsFor)),
      ),
    );
    for (const { tcp } of clients) tcp.resetAndDestroy();
    await expectCalm();
  });
});

/** Until the bytes of a connection have left, and another client was served since. */
async function roundTrip(tcp: Socket): Promise<void> {
  await new Promise<void>((resolve) => (tcp.connecting ? tcp.once('connect', resolve) : resolve()));
  expect((await controller.get(hostOf('page'), '/')).status).toBe(200);
}

describe('a TLS listener', () => {
  // Of its own: a worker may come to the handshakes that others broke off above only now, and counts them then.
  let listening: ControllerProcess;
  beforeAll(async () => {
    listening = await scene.controller();
  });

  test.each([
    ['plain HTTP', requestText('GET /', 'page-tls.example.com')],
    ['half a hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['nothing at all', ''],
    ['rubbish', '\xff\xfe\xfd'.repeat(50)],
  ])('hears %s: that connection ends, counted as a failed handshake', async (_, bytes) => {
    const failed = { version: 'unknown', result: 'failed' };
    const before = (await listening.metrics()).sum('tls_handshakes_total', failed);
    for (let at = 0; at < EACH; at++) {
      const connection = new RawConnection({ port: listening.port('https') }).send(bytes);
      connection.socket.end();
      await connection.ended();
      expect(connection.received).not.toContain('HTTP/1.1');
    }
    await listening.expectMetrics((metrics) =>
      expect(metrics.sum('tls_handshakes_total', failed)).toBe(before + EACH),
    );
    await expectCalm(listening);
  });
});

describe('a backend that resets its connection', () => {
  test.each([
    ['before its answer', '', 502],
    ['in the middle of its head', 'HTTP/1.1 200 OK\r\nContent-', 502],
    ['in the middle of its body', HALF_ANSWER, 200],
    ['behind its answer', answer('whole'), 200],
  ])('%s', async (what, bytes, status) => {
    const name = `reset-${what.replaceAll(' ', '-')}`;
    const backend = await scene.backend(name, ({ socket }) => {
      socket.write(bytes, () => socket.resetAndDestroy());
    });
    await controller.apply(`${name}.yaml`, ...site(name, [backend.place]));
    for (let at = 0; at < EACH; at++) {
      const connection = new RawConnection(controller.raw());
      connection.send(requestText('POST /', hostOf(name), { Connection: 'close' }));
      await connection.ended();
      // A reset may overtake what was sent before it; then it is one before the answer.
      expect([status, 502]).toContain(Number(/^HTTP\/1\.1 (\d+)/.exec(connection.received)?.[1]));
    }
    await expectCalm();
  });
});
