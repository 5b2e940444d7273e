// Frames that are sent to make work, or to be held: rows N6 and N8 and their like. Whoever sends them is shown out,
// nothing of it stays, and a second client is served all the while.
import type { ClientHttp2Session } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FrameClient, requestList } from '../support/http2-client.ts';
import {
  block,
  CODE,
  data,
  FLAG,
  FRAME,
  type Frame,
  frame,
  headers,
  ping,
  reset,
  SETTING,
  settings,
  windowUpdate,
} from '../support/http2-frames.ts';
import { ask, connectHttp2, statusesOf } from '../support/http2-session.ts';
import { heldBytes } from '../support/memory.ts';
import { turns } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';

const MEBIBYTE = 1024 * 1024;
/** What an attack may leave behind, and what noise of the measurement there is. */
const MAX_HELD_BYTES = 8 * MEBIBYTE;

let scene: Http2Scene;
let honest: ClientHttp2Session;

beforeAll(async () => {
  scene = await Http2Scene.start({
    site: { requestBodyMaxBytes: 100 * MEBIBYTE },
    limits: { requestsPerConnection: 1_000_000 },
  });
});
beforeEach(async () => {
  await scene.reset();
  honest = await connectHttp2(scene.wire.plane.httpsPort);
});
afterEach(() => honest.destroy());
afterAll(() => scene.end());

/** Sends all of it, asking as an honest client from time to time; ends early when the connection is ended. */
async function attack(
  client: FrameClient,
  rounds: number,
  bytesOf: (round: number) => Buffer,
): Promise<void> {
  const step = Math.ceil(rounds / 10);
  for (let round = 0; round < rounds && client.ending === undefined; round++) {
    client.send(bytesOf(round));
    if (round % 50 === 0) await turns(1);
    if (round % step === 0) await expectServed();
  }
  await expectServed();
}

async function expectServed(): Promise<void> {
  const given = await ask(honest);
  expect([statusesOf(given), given.code]).toEqual([[200], CODE.none]);
}

async function expectShownOut(client: FrameClient, codes: readonly number[]): Promise<void> {
  await client.ended();
  for (const { code } of client.goaways) expect(codes).toContain(code);
  await scene.wire.idle();
  await expectServed();
}

const stream = (round: number) => 2 * round + 1;

describe('N8 streams that are opened to be reset', () => {
  test('by the client', async () => {
    const client = await scene.client();
    await attack(client, 20_000, (round) =>
      Buffer.concat([
        headers(stream(round), requestList(), FLAG.endStream),
        reset(stream(round), CODE.cancel),
      ]),
    );
    await expectShownOut(client, [CODE.enhanceYourCalm, CODE.internal]);
    // Each was a request that might have been meant: few enough reached as far as a backend.
    expect(scene.wire.backend.connections.length).toBeLessThan(1_000);
  });

  test('by us, since they are no requests', async () => {
    const client = await scene.client();
    await attack(client, 2_000, (round) =>
      headers(stream(round), requestList([['host', 'b']]), FLAG.endStream),
    );
    await expectShownOut(client, [CODE.enhanceYourCalm]);
    expect(client.story(1).statuses).toEqual([400]);
    expect(client.frames.filter(({ type }) => type === FRAME.headers).length).toBeLessThan(700);
  });

  test.each([
    ['windows of nothing', (id: number) => windowUpdate(id, 0)],
    ['windows beyond all bounds', (id: number) => windowUpdate(id, 0x7fffffff)],
    ['data behind their end', (id: number) => data(id, 'x')],
    ['heads behind their end', (id: number) => headers(id, [['x', 'y']])],
    ['heads that are none', (id: number) => headers(id, [['x', 'y']], FLAG.endStream)],
    ['priorities of a wrong length', (id: number) => frame(FRAME.priority, 0, id, 'xyz')],
  ])('by us, for %s', async (_, mistake) => {
    scene.quiet();
    const before = scene.wire.backend.connections.length;
    const client = await scene.client();
    scene.wire.backend.script = (connection) =>
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await attack(client, 5_000, (round) =>
      Buffer.concat([headers(stream(round), requestList(), FLAG.endStream), mistake(stream(round))]),
    );
    await expectShownOut(client, [
      CODE.protocol,
      CODE.flowControl,
      CODE.streamClosed,
      CODE.frameSize,
      CODE.enhanceYourCalm,
      CODE.internal,
      CODE.none,
    ]);
    expect(scene.wire.backend.connections.length - before).toBeLessThan(2_000);
  });

  test('a client that asks 600 times in a second is nobody of that kind', async () => {
    const client = await scene.client();
    for (let round = 0; round < 600; round++) {
      client.request(stream(round));
      if (round % 50 === 49) await client.settled(stream(round));
    }
    await client.settled(stream(599));
    expect(await client.isAlive()).toBe(true);
  });
});

describe('heads without an end', () => {
  test.each([
    ['full', 'x'.repeat(16_384)],
    ['empty', ''],
    ['of a byte', 'x'],
  ])('CONTINUATION frames that are %s', async (_, payload) => {
    const client = await scene.client();
    client.send(frame(FRAME.headers, FLAG.endStream, 1, block(requestList())));
    await attack(client, 5_000, () => frame(FRAME.continuation, 0, 1, payload));
    await expectShownOut(client, [CODE.enhanceYourCalm, CODE.protocol, CODE.internal, CODE.compression]);
    expect(scene.wire.backend.connections.length).toBeLessThan(20);
  });
});

describe('N6 small heads that unfold into large ones', () => {
  /** Puts a field of 4000 bytes into the table, and then names it by one byte, over and over. */
  function bomb(id: number, isFirst: boolean, times: number): Buffer {
    const entry = Buffer.concat([
      Buffer.from([0x40, 1]),
      Buffer.from('x'),
      Buffer.from([0x7f, 0xa1, 0x1e]),
      Buffer.alloc(4000, 'y'),
    ]);
    const list = isFirst ? [block(requestList()), entry] : [block(requestList())];
    return frame(
      FRAME.headers,
      FLAG.endHeaders | FLAG.endStream,
      id,
      Buffer.concat([...list, Buffer.alloc(times, 0xbe)]),
    );
  }

  test('are refused, and nothing of them is held behind shut windows', async () => {
    const before = heldBytes();
    const clients: FrameClient[] = [];
    for (let count = 0; count < 10; count++) {
      const client = await scene.client({ settings: [[SETTING.initialWindowSize, 0]] });
      clients.push(client);
      for (let round = 0; round < 90; round++) client.send(bomb(stream(round), round === 0, 8_000));
      await client.settled(stream(89));
      for (let round = 0; round < 90; round++)
        expect(await client.settled(stream(round))).toMatchObject({
          statuses: [],
          reset: CODE.enhanceYourCalm,
        });
      await expectServed();
    }
    expect(scene.wire.backend.connections.length).toBeLessThan(3);
    expect(heldBytes() - before).toBeLessThan(MAX_HELD_BYTES);
  });

  test('of a size that is told are answered', async () => {
    const client = await scene.client({ settings: [[SETTING.initialWindowSize, 0]] });
    client.send(bomb(1, true, 8));
    await client.until(() => client.story(1).statuses.length > 0);
    expect(client.story(1).statuses).toEqual([431]);
    expect(scene.wire.backend.connections.length).toBeLessThan(3);
  });
});

describe('frames without an end', () => {
  const ROUNDS = 50_000;
  const isAcknowledgement = ({ type, flags }: Frame) =>
    (type === FRAME.settings || type === FRAME.ping) && flags === FLAG.ack;

  test('empty DATA', async () => {
    const client = await scene.client();
    client.send(headers(1, requestList([], 'POST')));
    await attack(client, 20_000, () => data(1, ''));
    await expectShownOut(client, [CODE.enhanceYourCalm, CODE.protocol, CODE.internal]);
  });

  test.each([
    ['SETTINGS', () => settings([SETTING.initialWindowSize, 65_535])],
    ['PING', () => ping()],
  ])('%s to somebody who does not read the answers', async (_, bytesOf) => {
    const before = heldBytes();
    const client = await scene.client();
    client.socket.pause();
    await attack(client, ROUNDS, bytesOf);
    // Node reads no further while it cannot write.
    expect(heldBytes() - before).toBeLessThan(MAX_HELD_BYTES);
    client.socket.resume();
    // The kernel decides whether all answers fit into its buffers: else too many wait, and the sender is shown out.
    if (await client.isAlive()) expect(client.frames.filter(isAcknowledgement)).toHaveLength(ROUNDS + 2);
    else await expectShownOut(client, [CODE.enhanceYourCalm, CODE.protocol, CODE.internal]);
  });

  test('unknown ones are ignored', async () => {
    const client = await scene.client();
    await attack(client, 5_000, () => frame(0x42, 0, 1, 'unknown'));
    expect(await client.isAlive()).toBe(true);
  });
});

test('a window beyond all bounds ends the connection', async () => {
  const client = await scene.client();
  client.send(windowUpdate(0, 0x7fffffff));
  await expectShownOut(client, [CODE.flowControl]);
});

test('many streams behind shut windows hold no more than their windows, and end after a minute', async () => {
  const part = Buffer.alloc(2 * MEBIBYTE, 'x');
  const before = heldBytes();
  scene.wire.backend.script = (connection) => {
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n');
    connection.send(part);
  };
  const client = await scene.client({ settings: [[SETTING.initialWindowSize, 0]] });
  for (let round = 0; round < 50; round++) client.request(stream(round));
  await scene.asked(50);
  await turns(500);
  expect(heldBytes() - before).toBeLessThan(50 * 256 * 1024 + MAX_HELD_BYTES);
  await scene.wire.plane.advance(61_000);
  for (let round = 0; round < 50; round++)
    expect((await client.settled(stream(round))).reset).toBe(CODE.internal);
  await scene.wire.idle();
});
