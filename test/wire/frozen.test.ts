// A thread that stood still, with its process or its machine: nobody is cut off for a sleep of ours.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answer, always } from '../support/recording-backend.ts';
import { until } from '../support/wire-client.ts';
import { get } from './rows.ts';
import { WireScene } from './scene.ts';
import { backendText, clientText, openTunnel, untilArrived, untilReceived } from './tunnels.ts';

const IDLE_MS = 100_000;
const MINUTE_MS = 60_000;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({
    site: { webSocketIdleTimeoutMs: IDLE_MS },
    backend: { responseTimeoutMs: 20_000 },
  });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

test.each(['client', 'backend'] as const)('a WebSocket whose %s spoke meanwhile goes on', async (side) => {
  const tunnel = await openTunnel(scene);
  await scene.plane.advance(50_000);
  const text = side === 'client' ? clientText('up') : backendText('down');
  tunnel[side].send(text);
  scene.plane.freeze(MINUTE_MS);
  await (side === 'client' ? untilArrived(tunnel, text) : untilReceived(tunnel, text));
  await scene.plane.advance(50_000);
  tunnel.client.send(clientText('more'));
  await until(
    () => tunnel.arrived().includes(clientText('more')),
    () => 'what was sent later',
  );
  expect(tunnel.client.ending).toBeUndefined();
});

test('a WebSocket that is idle ends after its time, of which the sleep is no part', async () => {
  const tunnel = await openTunnel(scene);
  await scene.plane.advance(50_000);
  scene.plane.freeze(MINUTE_MS);
  await scene.plane.advance(48_000);
  expect(tunnel.client.ending).toBeUndefined();
  await scene.plane.advance(3_000);
  await tunnel.client.ended();
});

test('a head whose rest came meanwhile is answered', async () => {
  const client = await scene.client();
  const text = get();
  client.send(text.slice(0, 9));
  await scene.plane.advance(5_000);
  client.send(text.slice(9));
  scene.plane.freeze(MINUTE_MS);
  await client.until((received) => received.endsWith('ok'));
  expect(scene.plane.records).toMatchObject([{ status: 200 }]);
});

test('an answer that came meanwhile is passed on, and speaks for its endpoint', async () => {
  scene.backend.script = () => {};
  const client = await scene.client();
  client.send(get());
  await until(
    () => scene.backend.connections.some(({ requests }) => requests.length > 0),
    () => 'the request at the backend',
  );
  await scene.plane.advance(5_000);
  scene.upstream.send(answer('late'));
  scene.plane.freeze(MINUTE_MS);
  await client.until((received) => received.endsWith('late'));
  expect(scene.plane.failuresInARow(0)).toBe(0);
  scene.backend.script = always(answer('ok'));
});
