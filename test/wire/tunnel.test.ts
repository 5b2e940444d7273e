// WebSockets after their 101 (row U11): bytes pass, ends and deadlines are those of both sides.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configuration } from '../support/data-plane.ts';
import { until } from '../support/wire-client.ts';
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

const IDLE_MS = 120_000;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ site: { webSocketIdleTimeoutMs: IDLE_MS } });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

async function untilEnded(tunnel: Tunnel): Promise<void> {
  await until(
    () => tunnel.client.ending !== undefined && tunnel.backend.ending !== undefined,
    () => `both ends; client ${tunnel.client.ending}, backend ${tunnel.backend.ending}`,
  );
}

function closing(): object | undefined {
  return scene.plane.records.find(({ event }) => event === 'websocket-closed');
}

describe('bytes', () => {
  test('pass both ways', async () => {
    const tunnel = await openTunnel(scene);
    tunnel.client.send(clientText('up'));
    await untilArrived(tunnel, clientText('up'));
    tunnel.backend.send(backendText('down'));
    await untilReceived(tunnel, backendText('down'));
    expect(tunnel.arrived()).toEqual(clientText('up'));
    expect(tunnel.received()).toEqual(backendText('down'));
  });

  test('that are no frames pass too', async () => {
    const tunnel = await openTunnel(scene);
    const noise = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 31 + 7) % 256));
    tunnel.client.send(noise);
    tunnel.backend.send(noise);
    await untilArrived(tunnel, noise);
    await untilReceived(tunnel, noise);
    expect([tunnel.arrived().equals(noise), tunnel.received().equals(noise)]).toEqual([true, true]);
  });
});

describe('the end', () => {
  test('of the client is told to the backend, which may finish', async () => {
    const tunnel = await openTunnel(scene);
    tunnel.client.send(clientText('last'));
    tunnel.client.socket.end();
    await until(
      () => tunnel.backend.ending !== undefined,
      () => 'the end at the backend',
    );
    expect(tunnel.arrived()).toEqual(clientText('last'));
    tunnel.backend.send(backendText('answer'));
    await untilReceived(tunnel, backendText('answer'));
    tunnel.backend.socket.end();
    await untilEnded(tunnel);
    expect(tunnel.client.ending).toBe('fin');
    await scene.idle();
    expect(closing()).toMatchObject({ reason: 'client-lost' });
  });

  test('of the backend is told to the client, which may finish', async () => {
    const tunnel = await openTunnel(scene);
    tunnel.backend.socket.end(backendText('last'));
    await until(
      () => tunnel.client.ending !== undefined,
      () => 'the end at the client',
    );
    expect(tunnel.received()).toEqual(backendText('last'));
    tunnel.client.send(clientText('answer'));
    await untilArrived(tunnel, clientText('answer'));
    tunnel.client.socket.end();
    await untilEnded(tunnel);
    expect(closing()).toMatchObject({ reason: 'backend-lost' });
  });

  test.each(['client', 'backend'] as const)(
    'of the %s only gives the other side 10 seconds',
    async (side) => {
      const tunnel = await openTunnel(scene);
      tunnel[side].socket.end();
      await scene.plane.advance(9_800);
      expect(scene.plane.load).toBe(1);
      // Traffic does not prolong it.
      if (side === 'client') tunnel.backend.send(backendText('x'));
      else tunnel.client.send(clientText('x'));
      await scene.plane.advance(400);
      await scene.idle();
      await untilEnded(tunnel);
    },
  );

  test.each(['client', 'backend'] as const)('by a reset of the %s ends the other side', async (side) => {
    const tunnel = await openTunnel(scene);
    tunnel[side].socket.resetAndDestroy();
    await untilEnded(tunnel);
    await scene.idle();
    expect(closing()).toMatchObject({ reason: `${side}-lost` });
  });

  test('in good order is known by the Close frames', async () => {
    const tunnel = await openTunnel(scene);
    tunnel.client.send(Buffer.concat([clientText('a'), clientText('b'), close(1000, 7)]));
    await untilArrived(tunnel, Buffer.concat([clientText('a'), clientText('b'), close(1000, 7)]));
    tunnel.backend.socket.end(Buffer.concat([backendText('c'), close(1000)]));
    await untilReceived(tunnel, Buffer.concat([backendText('c'), close(1000)]));
    tunnel.client.socket.end();
    await untilEnded(tunnel);
    await scene.idle();
    expect(scene.plane.records.map(({ event }) => event)).toEqual(['websocket-opened', 'websocket-closed']);
    expect(closing()).toMatchObject({
      reason: 'client-closed',
      messagesFromClient: 2,
      messagesFromBackend: 1,
      requestBytes: 2 * clientText('a').length + close(1000, 7).length,
      responseBytes: backendText('c').length + close(1000).length,
    });
    expect(scene.plane.metric('websocket_connections')).toBe(0);
  });

  test('comes behind a Close frame: what follows one goes nowhere', async () => {
    const tunnel = await openTunnel(scene);
    tunnel.backend.send(Buffer.concat([close(1001), backendText('behind')]));
    await untilReceived(tunnel, close(1001));
    await scene.plane.settle();
    tunnel.backend.send(backendText('later'));
    await scene.plane.settle();
    expect(tunnel.received()).toEqual(close(1001));
  });
});

describe('silence', () => {
  test('ends the tunnel after its idle timeout', async () => {
    const tunnel = await openTunnel(scene);
    await scene.plane.advance(IDLE_MS - 300);
    expect(scene.plane.load).toBe(1);
    await scene.plane.advance(600);
    await untilEnded(tunnel);
    await scene.idle();
    expect(closing()).toMatchObject({ reason: 'idle' });
  });

  test('is broken by bytes of either side', async () => {
    const tunnel = await openTunnel(scene);
    for (let round = 0; round < 4; round++) {
      await scene.plane.advance(IDLE_MS - 1_000);
      if (round % 2 === 0) tunnel.client.send(clientText('x'));
      else tunnel.backend.send(backendText('x'));
    }
    await scene.plane.advance(IDLE_MS - 1_000);
    expect([tunnel.client.ending, tunnel.backend.ending]).toEqual([undefined, undefined]);
  });
});

test('a change of configuration leaves tunnels as they are', async () => {
  const other = await WireScene.start();
  const tunnel = await openTunnel(other);
  other.plane.apply(configuration([], []));
  await other.plane.advance(5_000);
  tunnel.client.send(clientText('still'));
  await untilArrived(tunnel, clientText('still'));
  tunnel.backend.send(backendText('here'));
  await untilReceived(tunnel, backendText('here'));
  expect([tunnel.client.ending, tunnel.backend.ending]).toEqual([undefined, undefined]);
  await other.end();
});
