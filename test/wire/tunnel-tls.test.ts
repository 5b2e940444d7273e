// WebSockets of clients that speak TLS: the same bytes, ends and Close frames as without it.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cutBy } from '../support/cuts.ts';
import { splitAnswers } from '../support/messages.ts';
import { until } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';
import {
  backendText,
  clientText,
  close,
  handshake,
  openTunnel,
  type Tunnel,
  untilArrived,
  untilReceived,
} from './tunnels.ts';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

async function open(where = scene): Promise<Tunnel> {
  return openTunnel(where, [], await where.tlsClient('a'));
}

async function untilEnded(tunnel: Tunnel): Promise<void> {
  await until(
    () => tunnel.client.ending !== undefined && tunnel.backend.ending !== undefined,
    () => `both ends; client ${tunnel.client.ending}, backend ${tunnel.backend.ending}`,
  );
}

test('the backend is told of https', async () => {
  await open();
  expect(scene.backend.requests[0]?.head).toContain('\r\nX-Forwarded-Proto: https\r\n');
});

test.each([[1], [7, 1, 300], [50_000]])('bytes pass both ways in pieces of %i', async (...lengths) => {
  const tunnel = await open();
  const up = clientText('u'.repeat(lengths[0] === 1 ? 200 : 150_000));
  const down = backendText('d'.repeat(lengths[0] === 1 ? 200 : 150_000));
  await tunnel.client.sendPieces(cutBy(up, lengths));
  for (const piece of cutBy(down, lengths)) tunnel.backend.send(piece);
  await untilArrived(tunnel, up);
  await untilReceived(tunnel, down);
  expect([tunnel.arrived().equals(up), tunnel.received().equals(down)]).toEqual([true, true]);
});

test('bytes behind the handshake end the connection', async () => {
  const client = await scene.tlsClient('a');
  client.send(`${handshake()}\x81\x80abcd`);
  expect(await client.ended()).toBe('fin');
  expect(splitAnswers(client.bytes).statuses).toEqual([400]);
});

test('the end of the client is told to the backend, which may finish', async () => {
  const tunnel = await open();
  tunnel.client.socket.end();
  await until(
    () => tunnel.backend.ending !== undefined,
    () => 'the end at the backend',
  );
  tunnel.backend.socket.end(backendText('last'));
  await untilEnded(tunnel);
  expect(tunnel.received()).toEqual(backendText('last'));
});

test('the end of the backend is told to the client', async () => {
  const tunnel = await open();
  tunnel.backend.socket.end(backendText('last'));
  await until(
    () => tunnel.client.ending !== undefined,
    () => 'the end at the client',
  );
  expect([tunnel.client.ending, tunnel.received()]).toEqual(['fin', backendText('last')]);
});

test('a drain puts a Close frame between two frames', async () => {
  const other = await WireScene.start({ https: true });
  const tunnel = await open(other);
  const message = backendText('in two pieces');
  tunnel.backend.send(message.subarray(0, 5));
  await untilReceived(tunnel, message.subarray(0, 5));
  void other.plane.plane.drain(0);
  await other.plane.advance(500);
  tunnel.backend.send(message.subarray(5));
  await until(
    () => tunnel.receivedBytes() > message.length,
    () => 'the Close frame',
  );
  expect(tunnel.received().subarray(0, message.length)).toEqual(message);
  expect(tunnel.received().subarray(message.length, message.length + 4)).toEqual(
    Buffer.from('\x88\x19\x03\xe9', 'latin1'),
  );
  tunnel.client.send(close(1001, 3));
  await untilEnded(tunnel);
  expect(tunnel.arrived()).toEqual(close(1001, 3));
  await other.end();
});
