// WebSockets are transparent (row U11): whatever frames two sides say, in whatever pieces and both at once, each hears
// through the proxy, plain and over TLS, the same bytes as on a direct connection between the two.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cutBy, pieceLengths, singleBytes } from '../support/cuts.ts';
import { soundStreams, wildStreams } from '../support/frame-streams.ts';
import { encodeFrame } from '../support/frames.ts';
import { turns, WireClient } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';
import {
  acceptAll,
  close,
  handshake,
  openTunnel,
  type Tunnel,
  untilArrived,
  untilReceived,
} from './tunnels.ts';

const MEBIBYTE = 1024 * 1024;
const RUNS = Number(process.env['WEBSOCKET_RUNS'] ?? 15);
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits';
const WAYS = ['directly', 'through plain', 'through TLS'] as const;
type Way = (typeof WAYS)[number];

/** What the two sides say, already in the pieces they write. */
type Talk = { readonly up: readonly Buffer[]; readonly down: readonly Buffer[] };

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

async function open(way: Way): Promise<Tunnel> {
  const fields = [DEFLATE];
  if (way === 'through plain') return openTunnel(scene, fields);
  if (way === 'through TLS') return openTunnel(scene, fields, await scene.tlsClient('a'));
  return openTunnel(scene, fields, await WireClient.connect(scene.backend.port));
}

async function sendDown(tunnel: Tunnel, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    tunnel.backend.send(piece);
    await turns(1);
  }
}

/** Both sides say all they have at the same time. @returns what each of them heard */
async function hold(
  way: Way,
  { up, down }: Talk,
): Promise<{ readonly arrived: Buffer; readonly received: Buffer }> {
  const tunnel = await open(way);
  await Promise.all([tunnel.client.sendPieces(up), sendDown(tunnel, down)]);
  await Promise.all([untilArrived(tunnel, Buffer.concat(up)), untilReceived(tunnel, Buffer.concat(down))]);
  // Nothing may come on top.
  await scene.plane.settle();
  const heard = { arrived: tunnel.arrived(), received: tunnel.received() };
  expect([tunnel.client.ending, tunnel.backend.ending]).toEqual([undefined, undefined]);
  tunnel.client.destroy();
  return heard;
}

async function expectTransparent(talk: Talk): Promise<void> {
  const direct = await hold('directly', talk);
  expect(direct.arrived.equals(Buffer.concat(talk.up))).toBe(true);
  for (const way of WAYS.slice(1)) {
    const proxied = await hold(way, talk);
    expect([way, proxied.arrived.equals(direct.arrived)]).toEqual([way, true]);
    expect([way, proxied.received.equals(direct.received)]).toEqual([way, true]);
  }
  await scene.reset();
}

describe('random streams, both ways at once, in random pieces', () => {
  const kinds = [
    { name: 'of sound frames', up: soundStreams('client'), down: soundStreams('server') },
    { name: 'of frames that nobody may send', up: wildStreams(), down: wildStreams() },
    { name: 'of sound frames up, of wild ones down', up: soundStreams('client'), down: wildStreams() },
    { name: 'of wild frames up, of sound ones down', up: wildStreams(), down: soundStreams('server') },
  ];

  test.each(kinds)('$name', { timeout: 60_000 + RUNS * 1_000 }, async ({ up, down }) => {
    // The factor keeps the number of pieces of a long stream within bounds.
    const pieces = (bytes: Buffer, lengths: readonly number[]) => {
      const factor = Math.max(1, Math.ceil(bytes.length / 4000));
      return cutBy(
        bytes,
        lengths.map((length) => length * factor),
      );
    };
    const property = fc.asyncProperty(up, down, pieceLengths, pieceLengths, (above, below, first, second) =>
      expectTransparent({ up: pieces(above, first), down: pieces(below, second) }),
    );
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });
});

describe('every byte alone', () => {
  const short = [
    { opcode: 1, payload: Buffer.from('Grüße') },
    { opcode: 2, payload: Buffer.from('frag'), fin: false },
    { opcode: 9, payload: Buffer.from('ping') },
    { opcode: 0, payload: Buffer.from('ment') },
    { opcode: 1, payload: Buffer.alloc(200, 'x'), rsv: 4 },
    { opcode: 10, payload: Buffer.alloc(0) },
  ];

  test('is passed on', async () => {
    const up = Buffer.concat(short.map((frame, at) => encodeFrame({ ...frame, mask: 0x80ff0102 + at })));
    const down = Buffer.concat(short.map(encodeFrame));
    await expectTransparent({ up: singleBytes(up), down: singleBytes(down) });
  });
});

describe('16 MiB', { timeout: 60_000 }, () => {
  const payload = Buffer.alloc(16 * MEBIBYTE);
  for (let at = 0; at < payload.length; at += 4) payload.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  const fragments = (mask?: number) =>
    Array.from({ length: 257 }, (_, at) => {
      const part = payload.subarray(at * 65_281, (at + 1) * 65_281);
      return encodeFrame({ opcode: at === 0 ? 2 : 0, fin: at === 256, payload: part, mask });
    });
  const whole = (mask?: number) => [encodeFrame({ opcode: 2, payload, mask })];

  test.each([
    { name: 'in one frame', up: whole(0xdeadbeef), down: whole() },
    { name: 'in 257 fragments', up: fragments(0xdeadbeef), down: fragments() },
    {
      name: 'in one frame, in odd pieces',
      up: cutBy(whole(7)[0] ?? payload, [65_537, 1, 9_999]),
      down: fragments(),
    },
  ])('$name', async (talk) => expectTransparent(talk));
});

describe.each(WAYS)('a Close frame, %s', (way) => {
  test('and its answer pass, whichever side begins', async () => {
    for (const first of ['client', 'backend'] as const) {
      const tunnel = await open(way);
      const [from, to] =
        first === 'client' ? [tunnel.client, tunnel.backend] : [tunnel.backend, tunnel.client];
      const said = first === 'client' ? close(4000, 9) : close(4000);
      const answer = first === 'client' ? close(4000) : close(4000, 9);
      from.send(said);
      await (first === 'client' ? untilArrived(tunnel, said) : untilReceived(tunnel, said));
      to.send(answer);
      await (first === 'client' ? untilReceived(tunnel, answer) : untilArrived(tunnel, answer));
      expect([tunnel.arrived(), tunnel.received()]).toEqual(
        first === 'client' ? [said, answer] : [answer, said],
      );
      tunnel.client.destroy();
    }
  });
});

describe.each(WAYS)('frames in one segment with the 101, %s', (way) => {
  test('come first and in order', async () => {
    const early = encodeFrame({ opcode: 1, payload: Buffer.from('early') });
    const later = encodeFrame({ opcode: 1, payload: Buffer.from('later') });
    scene.backend.script = acceptAll([], early.toString('latin1'));
    const client = await {
      directly: () => WireClient.connect(scene.backend.port),
      'through plain': () => scene.client(),
      'through TLS': () => scene.tlsClient('a'),
    }[way]();
    client.send(handshake());
    await client.until((text) => text.endsWith('early'));
    scene.upstream.send(later);
    const text = await client.until((received) => received.endsWith('later'));
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(Buffer.concat([early, later]).toString('latin1'));
    client.destroy();
  });
});
