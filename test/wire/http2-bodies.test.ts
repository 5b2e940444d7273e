// Request bodies over HTTP/2: how fast they must come, how much of them is held, and what happens to the rest of one
// that nobody wants.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FrameClient, requestList } from '../support/http2-client.ts';
import { CODE, data, FLAG, FRAME, headers, SETTING, windowUpdate } from '../support/http2-frames.ts';
import { answer } from '../support/recording-backend.ts';
import { turns, until } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
/** What the kernel's own buffers of a connection hold at most, with some room. */
const KERNEL_BYTES = 40 * MEBIBYTE;
const POST = requestList([], 'POST');
const PIECE = 'x'.repeat(16 * KIBIBYTE);

let scene: Http2Scene;

beforeAll(async () => {
  scene = await Http2Scene.start({ site: { requestBodyMaxBytes: 1000 * KIBIBYTE } });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

/** What the windows of a stream and of its connection have been opened by. */
function granted(client: FrameClient, stream: number): number {
  const updates = client.frames.filter((each) => each.type === FRAME.windowUpdate && each.stream === stream);
  return updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
}

describe('Q3 a body', () => {
  test('that stops for 60 seconds is answered with 408 and broken off at the backend; other streams go on', async () => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, POST), data(1, 'half'));
    await scene.requested('half');
    await scene.wire.plane.advance(59_500);
    expect(client.story(1).statuses).toEqual([]);
    await scene.wire.plane.advance(1_000);
    expect(await client.settled(1)).toMatchObject({ statuses: [408], ended: true });
    await scene.wire.upstreamEnd();
    expect(scene.wire.backend.requests).toEqual([]);
    expect(scene.wire.plane.records).toMatchObject([{ status: 408, reason: 'body-timeout' }]);
    // Whoever still sends is told to stop, and not that anything went wrong.
    await client.until(() => client.story(1).reset === CODE.none);
    scene.wire.backend.script = (connection) => connection.send(answer('ok'));
    client.request(3);
    expect((await client.settled(3)).statuses).toEqual([200]);
  });

  test('that comes with less than 500 bytes a second ends after 30 seconds', async () => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, POST));
    for (let second = 0; second < 31; second++) {
      client.send(data(1, 'x'.repeat(400)));
      expect(await client.isAlive()).toBe(true);
      expect(client.story(1).statuses).toEqual([]);
      await scene.wire.plane.advance(1_000);
    }
    client.send(data(1, 'x'));
    expect(await client.settled(1)).toMatchObject({ statuses: [408], ended: true });
  });

  test('over the limit is answered with 413 and broken off', async () => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, POST));
    let sent = 0;
    while (sent < 1000 * KIBIBYTE) {
      const spent = sent;
      await client.until(
        () => 65_535 + Math.min(granted(client, 1), granted(client, 0)) - spent >= PIECE.length,
      );
      client.send(data(1, PIECE));
      sent += PIECE.length;
    }
    client.send(data(1, PIECE));
    expect(await client.settled(1)).toMatchObject({ statuses: [413], ended: true });
    await client.until(() => client.story(1).reset === CODE.none);
    await scene.wire.upstreamEnd();
    expect(scene.wire.backend.requests).toEqual([]);
    expect(await client.isAlive()).toBe(true);
  });

  test('that the backend does not take is held back by its window', async () => {
    const wide = await Http2Scene.start({ site: { requestBodyMaxBytes: 256 * MEBIBYTE } });
    wide.wire.backend.intercept = (connection) => connection.socket.pause();
    const client = await wide.client();
    client.send(headers(1, POST));
    let sent = 0;
    let idleTurns = 0;
    while (idleTurns < 500 && sent < 2 * KERNEL_BYTES) {
      const room = 65_535 + Math.min(granted(client, 1), granted(client, 0)) - sent;
      if (room >= PIECE.length) {
        client.send(data(1, PIECE));
        sent += PIECE.length;
        idleTurns = 0;
      } else idleTurns++;
      await turns(1);
    }
    // The rest is with the kernel: both of its buffers for the connection to the backend are full.
    expect(sent).toBeLessThan(KERNEL_BYTES);
    expect(sent - granted(client, 1)).toBeLessThanOrEqual(65_536);
    expect(await client.isAlive()).toBe(true);
    await wide.end();
  });
});

describe('R6 an answer before the end of the body', () => {
  const early = () => {
    scene.wire.backend.intercept = (connection, chunk) => {
      if (chunk.includes('first')) connection.send(answer('early'));
    };
  };

  test('is relayed, its backend connection is not used again, and the client is told to stop', async () => {
    early();
    const client = await scene.client();
    client.send(headers(1, POST), data(1, 'first'));
    const story = await client.settled(1);
    expect([story.statuses, story.body.toString(), story.ended]).toEqual([[200], 'early', true]);
    await client.until(() => client.story(1).reset === CODE.none);
    await scene.wire.upstreamEnd();
    expect(await client.isAlive()).toBe(true);
  });

  test('ends before the stream is reset, however late its window opens', async () => {
    early();
    const client = await scene.client({ settings: [[SETTING.initialWindowSize, 2]] });
    client.send(headers(1, POST), data(1, 'first'));
    await client.until(() => client.story(1).body.length === 2);
    await scene.wire.plane.advance(10_000);
    expect(client.story(1)).toMatchObject({ ended: false, reset: undefined });
    client.send(windowUpdate(1, 100));
    await client.until(() => client.story(1).reset === CODE.none);
    expect(client.story(1)).toMatchObject({ ended: true });
  });

  test('whose end alone waits for a window ends before the stream is reset, too', async () => {
    scene.wire.backend.intercept = (connection, chunk) => {
      if (!chunk.includes('first')) return;
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n');
      void turns(20).then(() => connection.send('0\r\n\r\n'));
    };
    const client = await scene.client({ settings: [[SETTING.initialWindowSize, 2]] });
    client.send(headers(1, POST), data(1, 'first'));
    await client.until(() => client.story(1).body.length === 2);
    await scene.wire.upstreamEnd();
    await scene.wire.plane.advance(10_000);
    expect(client.story(1)).toMatchObject({ ended: false, reset: undefined });
    client.send(windowUpdate(1, 100));
    expect(await client.settled(1)).toMatchObject({ ended: true, reset: undefined });
    await scene.wire.plane.advance(51_000);
    await client.until(() => client.story(1).reset === CODE.none);
  });
});

test('an answer of ours to a body that was not read: the answer is whole, then the stream is reset', async () => {
  const client = await scene.client();
  client.send(headers(1, requestList([], 'PROPFIND')), data(1, 'unread'));
  expect(await client.settled(1)).toMatchObject({ statuses: [501], ended: true });
  await client.until(() => client.story(1).reset === CODE.none);
  expect(await client.isAlive()).toBe(true);
});

describe('C6 trailers of a request', () => {
  test('go nowhere', async () => {
    const client = await scene.client();
    client.send(headers(1, POST), data(1, 'body'), headers(1, [['x-trailer', 'evil']], FLAG.endStream));
    expect((await client.settled(1)).statuses).toEqual([200]);
    const [request] = scene.wire.backend.requests;
    expect([request?.body.toString(), request?.isChunked]).toEqual(['body', true]);
    expect(scene.wire.backend.text).not.toContain('evil');
  });

  test.each([
    ['a length', 'content-length', '9'],
    ['a pseudo field', ':path', '/evil'],
    ['a field of a connection', 'connection', 'close'],
  ])('with %s are a mistake: nothing whole reaches the backend', async (_, name, value) => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, POST), data(1, 'body'));
    await scene.requested('body');
    client.send(headers(1, [[name, value]], FLAG.endStream));
    expect(await client.settled(1)).toMatchObject({ statuses: [], reset: CODE.protocol });
    await scene.wire.upstreamEnd();
    expect(scene.wire.backend.requests).toEqual([]);
  });
});

test('N1 a body longer than its length is the end of it, at the backend too', async () => {
  scene.quiet();
  const client = await scene.client();
  client.send(headers(1, requestList([['content-length', '4']], 'POST')), data(1, 'ab'));
  await scene.requested('ab');
  client.send(data(1, 'cdEVIL', FLAG.endStream));
  await until(
    () => client.ending !== undefined || client.story(1).reset !== undefined,
    () => 'the end of the stream',
  );
  await scene.wire.upstreamEnd();
  expect(scene.wire.backend.text).not.toContain('EVIL');
  expect(scene.wire.backend.requests).toEqual([]);
});
