// WebSockets that we close, byte by byte: whole frames, then one Close frame of ours with its code, whatever the cause.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  admission,
  backend,
  endpoint,
  openSite,
  rule,
  secretHeader,
  site,
  webSocketCloses,
} from '../../src/decide/test-objects.ts';
import type { Backend, Endpoint, OpenSite } from '../../src/model/configuration.ts';
import { configuration } from '../support/data-plane.ts';
import { encodeFrame } from '../support/frames.ts';
import { turns, until } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';
import {
  backendText,
  clientText,
  close,
  handshake,
  openTunnel,
  type Tunnel,
  switching,
  untilReceived,
} from './tunnels.ts';

/** Many at once: one loss in a second is enough. */
const SLOW: OpenSite['webSockets'] = webSocketCloses({ reconnects: { perSecond: 4, maxSpreadMs: 30_000 } });

let scene: WireScene;
beforeEach(async () => {
  scene = await WireScene.start({ site: { webSockets: SLOW } });
});
afterEach(() => scene.end());

function closeFrame(code: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(text)]);
  payload.writeUInt16BE(code);
  return encodeFrame({ opcode: 8, payload });
}

/** Two endpoints at one address, so that one can go. */
function twoEndpoints(more: Partial<Endpoint> = {}): readonly Endpoint[] {
  const place = { address: '127.0.0.1', port: scene.backend.port };
  return [endpoint('node', { ...place, ...more }), endpoint('other', place)];
}

function serve(more: Partial<OpenSite>, endpoints: readonly Endpoint[], rest: Partial<Backend> = {}): void {
  const persistence = { ...openSite().persistence, type: 'None' } as const;
  const served = site('a', openSite({ persistence, webSockets: SLOW, ...more }));
  scene.plane.apply(configuration([served], [backend(endpoints, rest)]));
}

async function untilClosedWith(tunnel: Tunnel, expected: Buffer): Promise<void> {
  await untilReceived(tunnel, expected);
  expect(tunnel.received()).toEqual(expected);
}

async function untilEnded(tunnel: Tunnel): Promise<void> {
  await until(
    () => tunnel.client.ending !== undefined,
    () => 'the end of the client',
  );
}

function reasons(): readonly unknown[] {
  return scene.plane.records.filter(({ event }) => event === 'websocket-closed').map(({ reason }) => reason);
}

describe('each cause has its code', () => {
  const secret = (values: Readonly<Record<string, string>>) =>
    admission([rule('app', { headers: [secretHeader('x-secret', values)] })]);

  test('a node that is terminating', async () => {
    const tunnel = await openTunnel(scene);
    serve({}, twoEndpoints({ state: 'draining' }));
    await scene.plane.advance(1_000);
    await untilClosedWith(tunnel, closeFrame(1012, 'node is restarting'));
    tunnel.client.send(close(1012, 7));
    await untilEnded(tunnel);
    expect(reasons()).toEqual(['endpoint-draining']);
    expect(scene.plane.metric('websocket_closed_total', 'endpoint-draining')).toBe(1);
  });

  test('a node that was removed 30 s ago', async () => {
    const tunnel = await openTunnel(scene);
    serve({}, twoEndpoints().slice(1));
    await scene.plane.advance(29_000);
    expect(tunnel.receivedBytes()).toBe(0);
    await scene.plane.advance(3_000);
    await untilClosedWith(tunnel, closeFrame(1012, 'node was removed'));
  });

  test('a site that was removed 30 s ago', async () => {
    const tunnel = await openTunnel(scene);
    scene.plane.apply(configuration([], []));
    await scene.plane.advance(29_000);
    tunnel.client.send(clientText('still there'));
    await until(
      () => tunnel.arrivedBytes() > 0,
      () => 'the message',
    );
    await scene.plane.advance(3_000);
    await untilClosedWith(tunnel, closeFrame(1001, 'site was removed'));
  });

  test('a policy that no longer admits it', async () => {
    const tunnel = await openTunnel(scene);
    const webSockets = { ...SLOW, onPolicyChange: 'Recheck' } as const;
    serve({ webSockets, admission: admission([]) }, twoEndpoints());
    await scene.plane.advance(1_000);
    await untilClosedWith(tunnel, closeFrame(1008, 'policy has changed'));
  });

  test('a secret that was taken away, whatever the policy says of changes', async () => {
    serve({ admission: secret({ one: 'first', two: 'second' }) }, twoEndpoints());
    const first = await openTunnel(scene, ['X-Secret: first']);
    const second = await openTunnel(scene, ['X-Secret: second']);
    serve({ admission: secret({ two: 'second' }) }, twoEndpoints());
    await scene.plane.advance(1_000);
    await untilClosedWith(first, closeFrame(1008, 'policy has changed'));
    expect(second.receivedBytes()).toBe(0);
  });

  test('a secret that was taken away while the backend thought about the handshake', async () => {
    serve({ admission: secret({ one: 'first' }) }, twoEndpoints());
    scene.backend.script = () => undefined;
    const client = await scene.client();
    client.send(handshake('X-Secret: first'));
    await until(
      () => scene.backend.requests.length === 1,
      () => 'the handshake',
    );
    serve({ admission: secret({ two: 'second' }) }, twoEndpoints());
    scene.backend.connections.at(-1)?.send(switchingOf());
    await client.until((text) => text.includes('\r\n\r\n'));
    await scene.plane.advance(1_000);
    await client.until((text) => text.includes('policy has changed'));
  });

  test('its age', async () => {
    serve({ webSockets: { ...SLOW, maxDurationMs: 60_000 } }, twoEndpoints());
    const tunnel = await openTunnel(scene);
    await scene.plane.advance(59_000);
    expect(tunnel.receivedBytes()).toBe(0);
    await scene.plane.advance(3_000);
    await untilClosedWith(tunnel, closeFrame(1012, 'maximum duration'));
  });
});

/** The 101 to the last handshake that came. */
function switchingOf(): string {
  const head = scene.backend.requests.at(-1)?.head ?? '';
  return switching(head);
}

describe('a node that breaks all its WebSockets off', () => {
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
    await turns(20);
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
        await turns(5);
        left.push(quiet().length);
      }
      expect(left).toEqual([5, 1, 0, 0]);
      for (const tunnel of tunnels) await untilClosedWith(tunnel, LOST);
      for (const { client } of tunnels) client.send(close(1012, 9));
      for (const tunnel of tunnels) await untilEnded(tunnel);
      expect(new Set(reasons())).toEqual(new Set(['backend-lost']));
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
    await untilClosedWith(whole as Tunnel, Buffer.concat([message, LOST]));
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
    expect(reasons()).toEqual(['backend-closed']);
  });

  test('Calls hear of it at once', async () => {
    const [tunnel] = await openSome(1, '/api/v4/websocket?connection_id=&calls=true');
    await lose([tunnel as Tunnel], 'reset');
    await untilClosedWith(tunnel as Tunnel, LOST);
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
});

describe('while changes go on', () => {
  test('what could be kept is kept', async () => {
    const tunnel = await openTunnel(scene);
    for (let round = 0; round < 20; round++) {
      scene.plane.apply(configuration([], []));
      await scene.plane.advance(1_000);
      serve(
        { admission: admission([], { defaultAction: round % 2 === 0 ? 'Deny' : 'Allow' }) },
        twoEndpoints(),
      );
      await scene.plane.advance(500);
      serve({}, twoEndpoints().toReversed(), { connectTimeoutMs: 1000 + round });
      await scene.plane.advance(500);
      serve({}, twoEndpoints().slice(1));
      await scene.plane.advance(2_000);
    }
    serve({}, twoEndpoints());
    await scene.plane.advance(60_000);
    tunnel.client.send(clientText('still there'));
    await until(
      () => tunnel.arrivedBytes() > 0,
      () => 'the message',
    );
    expect(tunnel.receivedBytes()).toBe(0);
  });
});

test('whatever was under way: whole frames, then one Close, then nothing', async () => {
  const frame = fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    size: fc.constantFrom(0, 1, 125, 126, 300),
  });
  const cause = fc.constantFrom('drain', 'end', 'lost', 'policy');
  const property = fc.asyncProperty(
    fc.array(frame, { maxLength: 6 }),
    fc.nat(400),
    cause,
    async (frames, cut, why) => {
      serve({}, twoEndpoints());
      const tunnel = await openTunnel(scene);
      const bytes = Buffer.concat(
        frames.map(({ opcode, size }) =>
          encodeFrame({ opcode, payload: Buffer.alloc(opcode > 7 ? Math.min(size, 125) : size, 'x') }),
        ),
      );
      const first = bytes.subarray(0, Math.min(cut, bytes.length));
      tunnel.backend.send(first);
      await untilReceived(tunnel, first);
      begin(why, tunnel);
      await turns(10);
      await scene.plane.advance(1_500);
      if (why !== 'lost') tunnel.backend.send(bytes.subarray(first.length));
      await turns(10);
      await scene.plane.advance(500);
      const passed = isBetweenFrames(bytes, first.length) || why === 'lost' ? first : bytes;
      expect(tunnel.received().subarray(0, passed.length)).toEqual(passed);
      const ours = tunnel.received().subarray(passed.length);
      if (why === 'lost' && !isBetweenFrames(bytes, first.length)) expect(ours.length).toBe(0);
      else expect([ours[0], ours.length]).toEqual([0x88, 2 + (ours[1] ?? 0)]);
      await scene.plane.advance(6_000);
      await untilEnded(tunnel);
      await scene.reset();
    },
  );
  const seed = Date.now() % 1_000_000_007;
  await fc.assert(property, { seed, numRuns: 25 });
}, 30_000);

function begin(cause: 'drain' | 'end' | 'lost' | 'policy', tunnel: Tunnel): void {
  if (cause === 'drain') serve({}, twoEndpoints({ state: 'draining' }));
  else if (cause === 'policy')
    serve({ webSockets: { ...SLOW, onPolicyChange: 'Recheck' }, admission: admission([]) }, twoEndpoints());
  else if (cause === 'lost') tunnel.backend.socket.end();
  else serve({ webSockets: { ...SLOW, maxDurationMs: 1 } }, twoEndpoints());
}

function isBetweenFrames(bytes: Buffer, at: number): boolean {
  let end = 0;
  while (end < at) {
    const short = (bytes[end + 1] ?? 0) & 0x7f;
    end += short === 126 ? 4 + bytes.readUInt16BE(end + 2) : 2 + short;
  }
  return end === at;
}
