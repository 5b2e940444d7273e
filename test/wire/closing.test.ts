// WebSockets that we close, byte by byte: whole frames, then one Close frame of ours with its code, whatever the cause.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admission, rule, secretHeader } from '../../src/decide/test-objects.ts';
import { configuration } from '../support/data-plane.ts';
import { encodeFrame } from '../support/frames.ts';
import { turns, until } from '../support/wire-client.ts';
import {
  closeFrame,
  endReasons,
  expectClosedWith,
  serve,
  SLOW,
  twoEndpoints,
  untilEnded,
} from './closings.ts';
import { WireScene } from './scene.ts';
import {
  clientText,
  close,
  handshake,
  openTunnel,
  switching,
  type Tunnel,
  untilReceived,
} from './tunnels.ts';

let scene: WireScene;
beforeEach(async () => {
  scene = await WireScene.start({ site: { webSockets: SLOW } });
});
afterEach(() => scene.end());

describe('each cause has its code', () => {
  const secret = (values: Readonly<Record<string, string>>) =>
    admission([rule('app', { headers: [secretHeader('x-secret', values)] })]);

  test('a node that is terminating', async () => {
    const tunnel = await openTunnel(scene);
    serve(scene, {}, twoEndpoints(scene, { state: 'draining' }));
    await scene.plane.advance(1_000);
    await expectClosedWith(tunnel, closeFrame(1012, 'node is restarting'));
    tunnel.client.send(close(1012, 7));
    await untilEnded(tunnel);
    expect(endReasons(scene)).toEqual(['endpoint-draining']);
    expect(scene.plane.metric('websocket_closed_total', 'endpoint-draining')).toBe(1);
  });

  test('a node that was removed 30 s ago', async () => {
    const tunnel = await openTunnel(scene);
    serve(scene, {}, twoEndpoints(scene).slice(1));
    await scene.plane.advance(29_000);
    expect(tunnel.receivedBytes()).toBe(0);
    await scene.plane.advance(3_000);
    await expectClosedWith(tunnel, closeFrame(1012, 'node was removed'));
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
    await expectClosedWith(tunnel, closeFrame(1001, 'site was removed'));
  });

  test('a policy that no longer admits it', async () => {
    const tunnel = await openTunnel(scene);
    const webSockets = { ...SLOW, onPolicyChange: 'Recheck' } as const;
    serve(scene, { webSockets, admission: admission([]) }, twoEndpoints(scene));
    await scene.plane.advance(1_000);
    await expectClosedWith(tunnel, closeFrame(1008, 'policy has changed'));
  });

  test('a secret that was taken away, whatever the policy says of changes', async () => {
    serve(scene, { admission: secret({ one: 'first', two: 'second' }) }, twoEndpoints(scene));
    const first = await openTunnel(scene, ['X-Secret: first']);
    const second = await openTunnel(scene, ['X-Secret: second']);
    serve(scene, { admission: secret({ two: 'second' }) }, twoEndpoints(scene));
    await scene.plane.advance(1_000);
    await expectClosedWith(first, closeFrame(1008, 'policy has changed'));
    expect(second.receivedBytes()).toBe(0);
  });

  test('a secret that was taken away while the backend thought about the handshake', async () => {
    serve(scene, { admission: secret({ one: 'first' }) }, twoEndpoints(scene));
    scene.backend.script = () => undefined;
    const client = await scene.client();
    client.send(handshake('X-Secret: first'));
    await until(
      () => scene.backend.requests.length === 1,
      () => 'the handshake',
    );
    serve(scene, { admission: secret({ two: 'second' }) }, twoEndpoints(scene));
    scene.backend.connections.at(-1)?.send(switchingOf());
    await client.until((text) => text.includes('\r\n\r\n'));
    await scene.plane.advance(1_000);
    await client.until((text) => text.includes('policy has changed'));
    expect(client.bytes.subarray(-20)).toEqual(closeFrame(1008, 'policy has changed').subarray(-20));
  });

  test('its age', async () => {
    serve(scene, { webSockets: { ...SLOW, maxDurationMs: 60_000 } }, twoEndpoints(scene));
    const tunnel = await openTunnel(scene);
    await scene.plane.advance(59_000);
    expect(tunnel.receivedBytes()).toBe(0);
    await scene.plane.advance(3_000);
    await expectClosedWith(tunnel, closeFrame(1012, 'maximum duration'));
  });
});

/** The 101 to the last handshake that came. */
function switchingOf(): string {
  const head = scene.backend.requests.at(-1)?.head ?? '';
  return switching(head);
}

describe('while changes go on', () => {
  test('what could be kept is kept', async () => {
    const tunnel = await openTunnel(scene);
    for (let round = 0; round < 20; round++) {
      scene.plane.apply(configuration([], []));
      await scene.plane.advance(1_000);
      serve(
        scene,
        { admission: admission([], { defaultAction: round % 2 === 0 ? 'Deny' : 'Allow' }) },
        twoEndpoints(scene),
      );
      await scene.plane.advance(500);
      serve(scene, {}, twoEndpoints(scene).toReversed(), { connectTimeoutMs: 1000 + round });
      await scene.plane.advance(500);
      serve(scene, {}, twoEndpoints(scene).slice(1));
      await scene.plane.advance(2_000);
    }
    serve(scene, {}, twoEndpoints(scene));
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
      serve(scene, {}, twoEndpoints(scene));
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
      // The frame that had begun ends; the next one never begins.
      let end = first.length;
      while (why !== 'lost' && !isBetweenFrames(bytes, end)) end++;
      const passed = bytes.subarray(0, end);
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
  if (cause === 'drain') serve(scene, {}, twoEndpoints(scene, { state: 'draining' }));
  else if (cause === 'policy')
    serve(
      scene,
      { webSockets: { ...SLOW, onPolicyChange: 'Recheck' }, admission: admission([]) },
      twoEndpoints(scene),
    );
  else if (cause === 'lost') tunnel.backend.socket.end();
  else serve(scene, { webSockets: { ...SLOW, maxDurationMs: 1 } }, twoEndpoints(scene));
}

function isBetweenFrames(bytes: Buffer, at: number): boolean {
  let end = 0;
  while (end < at) {
    const short = (bytes[end + 1] ?? 0) & 0x7f;
    end += short === 126 ? 4 + bytes.readUInt16BE(end + 2) : 2 + short;
  }
  return end === at;
}
