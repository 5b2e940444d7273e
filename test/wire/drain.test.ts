// The end of a worker as its clients see it: Close frames between frames only, answers that say close, nothing cut off.
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { webSocketCloses } from '../../src/decide/test-objects.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer } from '../support/recording-backend.ts';
import { until } from '../support/wire-client.ts';
import { get, post } from './rows.ts';
import { WireScene } from './scene.ts';
import {
  backendText,
  clientText,
  close,
  openTunnel,
  type Tunnel,
  untilArrived,
  untilReceived,
} from './tunnels.ts';

/** 1001 with its reason, as the server of RFC 6455 section 5.5.1 sends it. */
const GOING_AWAY = Buffer.from('\x88\x19\x03\xe9server is shutting down', 'latin1');

let scene: WireScene;

beforeEach(async () => {
  scene = await WireScene.start();
});
afterEach(() => scene.end());

/** Starts the drain; says later whether it is over. */
function drain(spreadMs = 0): { isOver: boolean } {
  const state = { isOver: false };
  void scene.plane.plane.drain(spreadMs).then(() => (state.isOver = true));
  return state;
}

async function untilEnded(tunnel: Tunnel): Promise<void> {
  await until(
    () => tunnel.client.ending !== undefined && tunnel.backend.ending !== undefined,
    () => `both ends; client ${tunnel.client.ending}, backend ${tunnel.backend.ending}`,
  );
}

describe('a WebSocket', () => {
  test('gets a Close frame, and ends when the client has answered it', async () => {
    const tunnel = await openTunnel(scene);
    const state = drain();
    await scene.plane.advance(200);
    await untilReceived(tunnel, GOING_AWAY);
    expect(tunnel.received()).toEqual(GOING_AWAY);
    expect(tunnel.client.ending).toBeUndefined();
    tunnel.client.send(close(1001, 5));
    await untilEnded(tunnel);
    expect(tunnel.client.ending).toBe('fin');
    expect(tunnel.arrived()).toEqual(close(1001, 5));
    tunnel.client.socket.end();
    await scene.plane.advance(6_000);
    expect(state.isOver).toBe(true);
    expect(scene.plane.records.at(-1)).toMatchObject({ event: 'websocket-closed', reason: 'shutdown' });
  });

  test('gets it between two frames only', async () => {
    const tunnel = await openTunnel(scene);
    const message = backendText('a message in two pieces');
    tunnel.backend.send(message.subarray(0, 7));
    await untilReceived(tunnel, message.subarray(0, 7));
    drain();
    await scene.plane.advance(1_000);
    expect(tunnel.received()).toEqual(message.subarray(0, 7));
    tunnel.backend.send(message.subarray(7));
    await untilReceived(tunnel, Buffer.concat([message, GOING_AWAY]));
    expect(tunnel.received()).toEqual(Buffer.concat([message, GOING_AWAY]));
  });

  test('gets it between two fragments', async () => {
    const tunnel = await openTunnel(scene);
    const first = backendText('first', { fin: false });
    tunnel.backend.send(first);
    await untilReceived(tunnel, first);
    drain();
    await scene.plane.advance(200);
    await untilReceived(tunnel, Buffer.concat([first, GOING_AWAY]));
    expect(tunnel.received()).toEqual(Buffer.concat([first, GOING_AWAY]));
  });

  test('gets nothing of the backend behind it, and its own frames go on up to its Close', async () => {
    const tunnel = await openTunnel(scene);
    drain();
    await scene.plane.advance(200);
    await untilReceived(tunnel, GOING_AWAY);
    tunnel.backend.send(backendText('too late'));
    await scene.plane.settle();
    const last = Buffer.concat([clientText('one more'), close(1001, 5)]);
    tunnel.client.send(Buffer.concat([last, clientText('behind')]));
    await untilEnded(tunnel);
    expect(tunnel.received()).toEqual(GOING_AWAY);
    expect(tunnel.arrived()).toEqual(last);
  });

  test('that does not answer ends after 5 seconds', async () => {
    const tunnel = await openTunnel(scene);
    drain();
    await scene.plane.advance(200);
    await untilReceived(tunnel, GOING_AWAY);
    await scene.plane.advance(4_500);
    expect(tunnel.client.ending).toBeUndefined();
    await scene.plane.advance(600);
    await untilEnded(tunnel);
    expect(tunnel.client.ending).toBe('fin');
  });

  test('in the middle of a frame ends after 5 seconds without one', async () => {
    const tunnel = await openTunnel(scene);
    const half = backendText('never finished').subarray(0, 5);
    tunnel.backend.send(half);
    await untilReceived(tunnel, half);
    drain();
    await scene.plane.advance(5_500);
    await untilEnded(tunnel);
    expect(tunnel.received()).toEqual(half);
  });

  test.each([
    { name: 'the backend', act: (tunnel: Tunnel) => tunnel.backend.send(Buffer.from([0x83, 0])) },
    { name: 'the client', act: (tunnel: Tunnel) => tunnel.client.send(Buffer.from([0x81, 0])) },
  ])('whose frames of $name cannot be followed ends without one', async ({ act }) => {
    const tunnel = await openTunnel(scene);
    act(tunnel);
    await scene.plane.settle();
    const before = tunnel.received();
    drain();
    await scene.plane.advance(6_000);
    await untilEnded(tunnel);
    expect(tunnel.received()).toEqual(before);
  });

  test.each([
    { name: 'the backend', act: (tunnel: Tunnel) => tunnel.backend.send(close(1000)), received: close(1000) },
    {
      name: 'the client',
      act: (tunnel: Tunnel) => tunnel.client.send(close(1000, 5)),
      received: Buffer.alloc(0),
    },
  ])('that $name is closing already gets no second one', async ({ act, received }) => {
    const tunnel = await openTunnel(scene);
    act(tunnel);
    await scene.plane.settle();
    drain();
    await scene.plane.advance(6_000);
    await untilEnded(tunnel);
    expect(tunnel.received()).toEqual(received);
  });

  test('is asked to leave in its turn', async () => {
    // Sixty within two seconds need thirty a second, whatever less the policy would have.
    await scene.end();
    scene = await WireScene.start({
      site: { webSockets: webSocketCloses({ reconnects: { perSecond: 1, maxSpreadMs: 30_000 } }) },
    });
    const opened: Tunnel[] = [];
    for (let at = 0; at < 60; at++) opened.push(await openTunnel(scene));
    const asked = () => opened.filter((tunnel) => tunnel.received().length > 0);
    drain(2_000);
    const seen: number[] = [];
    for (let step = 0; step < 20; step++) {
      await scene.plane.advance(100);
      seen.push(asked().length);
      for (const tunnel of asked())
        if (tunnel.client.ending === undefined) tunnel.client.send(close(1001, 5));
    }
    // Evenly: three in each tenth of a second, and one step more or less.
    for (const [at, count] of seen.entries()) {
      expect(count).toBeGreaterThanOrEqual(Math.min(60, 3 * at));
      expect(count).toBeLessThanOrEqual(3 * (at + 3));
    }
    expect(seen.at(-1)).toBe(60);
  });
});

describe('a request', () => {
  test('that runs is finished, and says close', async () => {
    scene.backend.script = () => undefined;
    const client = await scene.client();
    client.send(`${post('Content-Length: 4')}hi`);
    await until(
      () => scene.backend.text.endsWith('hi'),
      () => 'the body at the backend',
    );
    const state = drain();
    await scene.plane.advance(3_000);
    client.send('hi');
    await until(
      () => scene.backend.requests.length === 1,
      () => 'the request',
    );
    scene.upstream.send(answer('ok'));
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([200]);
    expect(client.text).toMatch(/^Connection: close\r$/m);
    await scene.plane.advance(200);
    expect(state.isOver).toBe(true);
  });

  test('that came while readiness was red is answered with close', async () => {
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('ok'));
    scene.plane.plane.lameDuck();
    client.send(get());
    expect(await client.ended()).toBe('fin');
    expect(client.text.match(/^Connection: close\r$/gm)).toHaveLength(1);
    expect(splitAnswers(client.bytes).statuses).toEqual([200, 200]);
  });
});

test('idle connections end at once, and no new ones are taken', async () => {
  const client = await scene.client();
  client.send(get());
  await client.until((text) => text.endsWith('ok'));
  const silent = await scene.client();
  await scene.plane.settle();
  drain();
  expect(await client.ended()).toBe('fin');
  expect(await silent.ended()).toBe('fin');
  await expect(scene.client()).rejects.toThrow('ECONNREFUSED');
});

test('what arrived in time is passed on before the end', async () => {
  const tunnel = await openTunnel(scene);
  tunnel.client.send(clientText('in time'));
  drain();
  await untilArrived(tunnel, clientText('in time'));
  expect(tunnel.arrived()).toEqual(clientText('in time'));
});

test('who is in the middle of a handshake of TLS is still answered', async () => {
  const secure = await WireScene.start({ https: true });
  const tcp = connectTcp(secure.plane.httpsPort, '127.0.0.1');
  await once(tcp, 'connect');
  await secure.plane.settle();
  let isOver = false;
  void secure.plane.plane.drain(0).then(() => (isOver = true));
  await secure.plane.advance(1_000);
  expect(isOver).toBe(false);
  const client = connectTls({ socket: tcp, servername: 'a', rejectUnauthorized: false });
  client.write(get());
  const text = Buffer.concat(await client.toArray()).toString('latin1');
  expect(text).toMatch(/^HTTP\/1\.1 200 .*Connection: close/s);
  await secure.plane.advance(1_000);
  expect(isOver).toBe(true);
  await secure.end();
});
