// A WebSocket that is closed by us at any moment: what its client has heard are whole frames, then exactly one Close.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutBy, pieceLengths } from '../support/cuts.ts';
import { soundStreams, wildStreams } from '../support/frame-streams.ts';
import { splitFrames } from '../support/frames.ts';
import { turns, until } from '../support/wire-client.ts';
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

const RUNS = Number(process.env['WEBSOCKET_RUNS'] ?? 8);
const TIMEOUT_MS = 60_000 + RUNS * 2_000;
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';
/** Unmasked, whole, 25 bytes: 1001 and why. */
const GOING_AWAY = Buffer.from('\x88\x19\x03\xe9server is shutting down', 'latin1');
const GRACE_MS = 5_000;
/** Between two looks at who is to close. */
const STEP_MS = 100;

/** A scene of its own, since a drain is the end of it. */
async function withScene(act: (scene: WireScene) => Promise<void>): Promise<void> {
  const scene = await WireScene.start({ https: true });
  try {
    await act(scene);
  } finally {
    await scene.end();
  }
}

/** All WebSockets are to close now. */
async function shutDown(scene: WireScene): Promise<void> {
  void scene.plane.plane.drain(0);
  await scene.plane.advance(STEP_MS);
}

async function open(scene: WireScene, isTls: boolean): Promise<Tunnel> {
  return openTunnel(scene, [DEFLATE], isTls ? await scene.tlsClient('a') : undefined);
}

async function sendDown(tunnel: Tunnel, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    tunnel.backend.send(piece);
    await turns(1);
  }
}

async function untilEnded(tunnel: Tunnel): Promise<void> {
  await until(
    () => tunnel.client.ending !== undefined && tunnel.backend.ending !== undefined,
    () => `both ends; client ${tunnel.client.ending}, backend ${tunnel.backend.ending}`,
  );
}

function isClose({ first }: { readonly first: number }): boolean {
  return (first & 0x0f) === 8;
}

/** The frames in front of the Close, as bytes; fails where there is no single Close at the end. */
function beforeClose(received: Buffer): Buffer {
  const { frames, rest } = splitFrames(received);
  expect(frames.filter(({ isMasked }) => isMasked)).toEqual([]);
  expect(frames.findIndex(isClose)).toBe(frames.length - 1);
  expect(frames).not.toEqual([]);
  expect(rest).toEqual(Buffer.alloc(0));
  expect(received.subarray(-GOING_AWAY.length)).toEqual(GOING_AWAY);
  return received.subarray(0, -GOING_AWAY.length);
}

type Script = {
  readonly stream: Buffer;
  readonly lengths: readonly number[];
  readonly isTls: boolean;
  readonly manner: 'answers' | 'says something first' | 'is silent';
};

/** The stream in some hundred pieces at most. */
function piecesOf({ stream, lengths }: Script): readonly Buffer[] {
  const factor = Math.max(1, Math.ceil(stream.length / 2000));
  return cutBy(
    stream,
    lengths.map((length) => length * factor),
  );
}

/** What the client does when it has heard the Close. @returns what the backend hears of it */
function answerOf(manner: Script['manner']): Buffer {
  if (manner === 'is silent') return Buffer.alloc(0);
  const last = close(1001, 0x0a0b0c0d);
  return manner === 'answers' ? last : Buffer.concat([clientText('wait'), last]);
}

async function expectGoodEnd(tunnel: Tunnel, { stream, manner }: Script): Promise<void> {
  await until(
    () => splitFrames(tunnel.received()).frames.some(isClose),
    () => `the Close behind ${tunnel.receivedBytes()} of ${stream.length} bytes`,
  );
  const heard = beforeClose(tunnel.received());
  expect(heard.equals(stream.subarray(0, heard.length))).toBe(true);
  const answer = answerOf(manner);
  tunnel.client.send(answer);
  await untilArrived(tunnel, answer);
  if (manner !== 'is silent') await untilEnded(tunnel);
  // What the backend said meanwhile, or says now, goes nowhere.
  expect(beforeClose(tunnel.received())).toEqual(heard);
  expect(tunnel.arrived()).toEqual(answer);
}

describe('in the middle of random frames', () => {
  const scripts = fc.array(
    fc.record<Script>({
      stream: soundStreams('server'),
      lengths: pieceLengths,
      isTls: fc.boolean(),
      manner: fc.constantFrom('answers', 'says something first', 'is silent'),
    }),
    { minLength: 4, maxLength: 10 },
  );

  test('each client hears whole frames and one Close, however it answers', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const property = fc.asyncProperty(scripts, fc.nat(80), (all, moment) =>
      withScene(async (scene) => {
        const pairs: (readonly [Tunnel, Script])[] = [];
        for (const script of all) pairs.push([await open(scene, script.isTls), script]);
        const sending = pairs.map(([tunnel, script]) => sendDown(tunnel, piecesOf(script)));
        await turns(moment);
        await shutDown(scene);
        await Promise.all(sending);
        await Promise.all(pairs.map(([tunnel, script]) => expectGoodEnd(tunnel, script)));
        await scene.plane.advance(GRACE_MS + 200);
        await Promise.all(pairs.map(([tunnel]) => untilEnded(tunnel)));
      }),
    );
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });
});

test('between two frames that come in one piece, where no piece ends between frames', async () => {
  await withScene(async (scene) => {
    const tunnel = await open(scene, false);
    const [first, second] = [backendText('x'.repeat(200)), backendText('y'.repeat(200))];
    tunnel.backend.send(first.subarray(0, 100));
    await untilReceived(tunnel, first.subarray(0, 100));
    await shutDown(scene);
    tunnel.backend.send(Buffer.concat([first.subarray(100), second.subarray(0, 100)]));
    await untilReceived(tunnel, Buffer.concat([first, GOING_AWAY]));
    tunnel.backend.send(second.subarray(100));
    tunnel.client.send(close(1001, 7));
    await untilEnded(tunnel);
    expect(beforeClose(tunnel.received())).toEqual(first);
  });
});

describe('where there is no place for a Close frame', () => {
  test('in a frame that never ends: the client gets what there was, and the end', async () => {
    await withScene(async (scene) => {
      const tunnel = await open(scene, false);
      const half = backendText('x'.repeat(200)).subarray(0, 100);
      tunnel.backend.send(half);
      await untilReceived(tunnel, half);
      await shutDown(scene);
      await scene.plane.advance(GRACE_MS - 300);
      expect(tunnel.client.ending).toBeUndefined();
      await scene.plane.advance(600);
      await untilEnded(tunnel);
      expect([tunnel.received(), tunnel.client.ending]).toEqual([half, 'fin']);
    });
  });

  test('in bytes that are no frames: nothing is put between them', { timeout: TIMEOUT_MS }, async () => {
    const property = fc.asyncProperty(wildStreams(), (stream) =>
      withScene(async (scene) => {
        const tunnel = await open(scene, false);
        tunnel.backend.send(stream);
        await untilReceived(tunnel, stream);
        await shutDown(scene);
        await untilEnded(tunnel);
        expect(tunnel.received().equals(stream)).toBe(true);
      }),
    );
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });

  test.each(['backend', 'client'] as const)(
    'behind a Close of the %s: there is one already',
    async (side) => {
      await withScene(async (scene) => {
        const tunnel = await open(scene, false);
        const said = side === 'backend' ? close(4001) : close(4001, 7);
        tunnel[side].send(said);
        await (side === 'backend' ? untilReceived(tunnel, said) : untilArrived(tunnel, said));
        await shutDown(scene);
        const answer = side === 'backend' ? close(4001, 7) : close(4001);
        tunnel[side === 'backend' ? 'client' : 'backend'].send(answer);
        await (side === 'backend' ? untilArrived(tunnel, answer) : untilReceived(tunnel, answer));
        await scene.plane.advance(GRACE_MS + 200);
        await untilEnded(tunnel);
        expect(tunnel.received()).toEqual(side === 'backend' ? said : answer);
        expect(tunnel.arrived()).toEqual(side === 'backend' ? answer : said);
      });
    },
  );
});
