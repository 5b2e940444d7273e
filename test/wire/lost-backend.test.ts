// A node that breaks all its WebSockets off, as Mattermost does when it stops: their clients are held, and told one by one.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeFrame, endReasons, expectClosedWith, SLOW, untilEnded } from './closings.ts';
import { WireScene } from './scene.ts';
import { backendText, close, openTunnel, type Tunnel, untilReceived } from './tunnels.ts';

let scene: WireScene;
beforeEach(async () => {
  scene = await WireScene.start({ site: { webSockets: SLOW } });
});
afterEach(() => scene.end());

const LOST = closeFrame(1012, 'node was lost');

async function openSome(count: number, target?: string): Promise<Tunnel[]> {
  const tunnels: Tunnel[] = [];
  for (let at = 0; at < count; at++) tunnels.push(await openTunnel(scene, [], undefined, target));
  return tunnels;
}

async function lose(tunnels: readonly Tunnel[], how: 'fin' | 'reset'): Promise<void> {
  for (const { backend: connection } of tunnels) {
    if (how === 'fin') connection.socket.end();
    else connection.socket.resetAndDestroy();
  }
  await scene.plane.settle();
}

test.each(['fin', 'reset'] as const)(
  'by %s: the first ones follow, the others hear of it in turn',
  async (how) => {
    const tunnels = await openSome(9);
    await lose(tunnels, how);
    const quiet = () =>
      tunnels.filter(({ client, receivedBytes }) => client.ending === undefined && receivedBytes() === 0);
    // Of four a second a fifth is none, so that the first loss is many.
    expect(quiet()).toHaveLength(9);
    const left: number[] = [];
    for (let second = 0; second < 4; second++) {
      await scene.plane.advance(1_000);
      left.push(quiet().length);
    }
    expect(left).toEqual([5, 1, 0, 0]);
    for (const tunnel of tunnels) await expectClosedWith(tunnel, LOST);
    for (const { client } of tunnels) client.send(close(1012, 9));
    for (const tunnel of tunnels) await untilEnded(tunnel);
    expect(new Set(endReasons(scene))).toEqual(new Set(['backend-lost']));
  },
);

test('a client that leaves meanwhile just leaves', async () => {
  const [tunnel] = await openSome(1);
  await lose([tunnel as Tunnel], 'reset');
  tunnel?.client.send(close(1000, 3));
  await untilEnded(tunnel as Tunnel);
  expect(tunnel?.receivedBytes()).toBe(0);
});

test('a client that breaks off meanwhile is forgotten', async () => {
  const [tunnel] = await openSome(1);
  await lose([tunnel as Tunnel], 'fin');
  tunnel?.client.destroy();
  await scene.idle();
  expect(scene.plane.metric('websocket_connections')).toBe(0);
});

test('what it said before is passed on whole; half a frame gets no Close behind it', async () => {
  const [whole, half] = await openSome(2);
  const message = backendText('the last words');
  whole?.backend.send(message);
  half?.backend.send(message.subarray(0, 6));
  await untilReceived(whole as Tunnel, message);
  await untilReceived(half as Tunnel, message.subarray(0, 6));
  await lose([whole as Tunnel, half as Tunnel], 'fin');
  await scene.plane.advance(2_000);
  await expectClosedWith(whole as Tunnel, Buffer.concat([message, LOST]));
  await untilEnded(half as Tunnel);
  expect(half?.received()).toEqual(message.subarray(0, 6));
});

test('one that it had closed in good order is no loss', async () => {
  const [tunnel] = await openSome(1);
  tunnel?.backend.send(close(1000));
  tunnel?.backend.socket.end();
  await untilEnded(tunnel as Tunnel);
  expect(tunnel?.received()).toEqual(close(1000));
  tunnel?.client.destroy();
  await scene.idle();
  expect(endReasons(scene)).toEqual(['backend-closed']);
});

test('Calls hear of it at once', async () => {
  const [tunnel] = await openSome(1, '/api/v4/websocket?connection_id=&calls=true');
  await lose([tunnel as Tunnel], 'reset');
  await expectClosedWith(tunnel as Tunnel, LOST);
});

test('a client that does not answer ends after five seconds', async () => {
  const [tunnel] = await openSome(1);
  await lose([tunnel as Tunnel], 'reset');
  await scene.plane.advance(1_000);
  await untilReceived(tunnel as Tunnel, LOST);
  await scene.plane.advance(5_100);
  await untilEnded(tunnel as Tunnel);
  expect(tunnel?.client.ending).toBe('fin');
});
