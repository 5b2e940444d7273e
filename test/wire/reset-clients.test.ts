// Clients that reset their connection with the very bytes that end the handshake: nobody is left to answer, and nothing
// goes on for them. The reset is known by then, so that what OpenSSL writes after a handshake is what fails of it.
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { HANDSHAKE, requestText } from '../support/raw-client.ts';
import { until } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

test.each([
  ['a request', requestText('GET /', 'a')],
  ['half of a body', `${requestText('POST /', 'a', { 'Content-Length': '100' })}half`],
  ['a handshake of a WebSocket', requestText('GET /ws', 'a', HANDSHAKE)],
  ['half of a head', requestText('GET /', 'a').slice(0, 10)],
  ['nothing', ''],
])('with %s', async (_, bytes) => {
  scene.backend.script = () => undefined;
  const tcp = connectTcp(scene.plane.httpsPort, '127.0.0.1').on('error', () => undefined);
  const client = connectTls({ socket: tcp, servername: 'a', rejectUnauthorized: false });
  client.on('error', () => undefined);
  if (bytes !== '') client.write(bytes);
  const before = handshakes();
  await once(client, 'secureConnect');
  // The last of the handshake and these bytes leave now; nobody has read them when this turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  tcp.resetAndDestroy();
  await until(
    () => handshakes() > before && connections() === 0,
    () => `the client to be forgotten: ${connections()} are there, ${scene.plane.load} requests under way`,
  );
  expect(scene.plane.load).toBe(0);
});

function handshakes(): number {
  return scene.plane.metric('tls_handshakes_total', 'ok');
}

function connections(): number {
  return scene.plane.metric('connections');
}
