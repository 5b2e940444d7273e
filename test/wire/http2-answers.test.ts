// Answers over HTTP/2 as their clients take them: windows that open late or never, and streams that are reset.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FrameClient, requestList } from '../support/http2-client.ts';
import { CODE, data, FLAG, headers, reset, SETTING, windowUpdate } from '../support/http2-frames.ts';
import { hasKernelQueues, untilStalled } from '../support/kernel-queues.ts';
import { answer } from '../support/recording-backend.ts';
import { eventually, turns, until } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';

const MEBIBYTE = 1024 * 1024;
const TEN_BYTES = [SETTING.initialWindowSize, 10] as const;

let scene: Http2Scene;

beforeAll(async () => {
  scene = await Http2Scene.start({ site: { requestBodyMaxBytes: 10 * MEBIBYTE } });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

async function untilReceived(client: FrameClient, stream: number, bytes: number): Promise<void> {
  await client.until(() => client.story(stream).body.length >= bytes);
}

describe('a window', () => {
  test('holds an answer back, byte by byte', async () => {
    const body = Array.from({ length: 5_000 }, (_, at) => String.fromCharCode(at % 256)).join('');
    scene.wire.backend.script = (connection) => connection.send(answer(body));
    const client = await scene.client({ settings: [TEN_BYTES] });
    client.request(1);
    await untilReceived(client, 1, 10);
    await turns(20);
    expect(client.story(1)).toMatchObject({ statuses: [200], ended: false });
    expect(client.story(1).body).toHaveLength(10);
    client.send(windowUpdate(1, 7));
    await untilReceived(client, 1, 17);
    client.send(windowUpdate(1, 5_000));
    const story = await client.settled(1);
    expect([story.ended, story.body.toString('latin1') === body]).toEqual([true, true]);
  });

  test('that is just as large as the answer leaves its end to come: the stream is not reset', async () => {
    scene.wire.backend.script = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n');
      void turns(20).then(() => connection.send('0\r\n\r\n'));
    };
    const client = await scene.client({ settings: [TEN_BYTES] });
    client.request(1);
    await untilReceived(client, 1, 10);
    await scene.wire.idle();
    await turns(50);
    expect(client.story(1)).toMatchObject({ ended: false, reset: undefined });
    client.send(windowUpdate(1, 1));
    expect(await client.settled(1)).toMatchObject({ ended: true, reset: undefined });
  });

  test('of one stream does not hold back another', async () => {
    scene.wire.backend.script = (connection, request) =>
      connection.send(answer(request.head.includes('/long') ? 'x'.repeat(50_000) : 'short'));
    const client = await scene.client({ settings: [TEN_BYTES] });
    client.request(1, requestList([], 'GET', '/long'));
    await untilReceived(client, 1, 10);
    client.request(3);
    expect((await client.settled(3)).body.toString()).toBe('short');
  });

  test('Q4 that stays shut resets the stream after 60 seconds, and ends its backend', async () => {
    scene.wire.backend.script = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 83886080\r\n\r\n');
      connection.send(Buffer.alloc(80 * MEBIBYTE, 'x'));
    };
    const client = await scene.client({ settings: [TEN_BYTES] });
    client.request(1);
    await untilReceived(client, 1, 10);
    await turns(1_000);
    await scene.wire.plane.advance(59_000);
    expect(client.story(1).reset).toBeUndefined();
    expect(scene.wire.upstream.ending).toBeUndefined();
    await scene.wire.plane.advance(2_000);
    expect(await client.settled(1)).toMatchObject({ ended: false, reset: CODE.internal });
    await scene.wire.upstreamEnd();
    expect(scene.wire.plane.records).toMatchObject([{ status: 200, reason: 'slow-reader', protocol: '2' }]);
    expect(await client.isAlive()).toBe(true);
  });

  test('Q4 that stays shut does so for an answer that is all here, too', async () => {
    scene.wire.backend.script = (connection) => connection.send(answer('x'.repeat(5_000)));
    const client = await scene.client({ settings: [TEN_BYTES] });
    client.request(1);
    await untilReceived(client, 1, 10);
    await scene.wire.idle();
    await scene.wire.plane.advance(59_000);
    expect(client.story(1).reset).toBeUndefined();
    await scene.wire.plane.advance(2_000);
    expect(await client.settled(1)).toMatchObject({ ended: false, reset: CODE.internal });
  });

  test('is all that is read ahead of a client that does not read', async (context) => {
    if (!hasKernelQueues()) context.skip('The kernel does not tell its queues');
    scene.wire.backend.script = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 83886080\r\n\r\n');
      connection.send(Buffer.alloc(80 * MEBIBYTE, 'x'));
    };
    const client = await scene.client({ settings: [TEN_BYTES] });
    client.request(1);
    await untilReceived(client, 1, 10);
    expect(await untilStalled(scene.wire.upstream.socket, client.socket)).toBeLessThan(256 * 1024);
  });
});

describe('a client that resets its stream', () => {
  test.each(['GET', 'HEAD'])('before the answer of %s: the backend connection ends', async (method) => {
    scene.quiet();
    const client = await scene.client();
    client.request(1, requestList([], method));
    await scene.requested();
    client.send(reset(1, CODE.cancel));
    await scene.wire.upstreamEnd();
    await scene.wire.idle();
    expect(scene.wire.plane.records).toMatchObject([{ status: 0, reason: 'client-closed' }]);
    expect(await client.isAlive()).toBe(true);
  });

  test.each([CODE.cancel, CODE.none])(
    'in the middle of its answer with code %i: so does it',
    async (code) => {
      scene.wire.backend.script = (connection) =>
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi');
      const client = await scene.client();
      client.request(1);
      await untilReceived(client, 1, 2);
      client.send(reset(1, code));
      await scene.wire.upstreamEnd();
      await scene.wire.idle();
      expect(scene.wire.plane.records).toMatchObject([{ status: 200, reason: 'client-closed' }]);
      expect(await client.isAlive()).toBe(true);
    },
  );

  test.each([CODE.cancel, CODE.none])(
    'B9 in the middle of its body with code %i: no end is made up',
    async (code) => {
      scene.quiet();
      const client = await scene.client();
      client.send(headers(1, requestList([], 'POST')));
      client.send(Buffer.concat([data(1, 'half of it'), reset(1, code)]));
      await scene.wire.idle();
      if (scene.wire.backend.connections.length > 0) await scene.wire.upstreamEnd();
      expect(scene.wire.backend.requests).toEqual([]);
      expect(scene.wire.backend.text).not.toContain('0\r\n\r\n');
      expect(await client.isAlive()).toBe(true);
    },
  );

  test.each([CODE.cancel, CODE.none])('B9 and later, with code %i', async (code) => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, requestList([], 'POST')), data(1, 'half of it'));
    await scene.requested('half of it');
    client.send(reset(1, code));
    await scene.wire.upstreamEnd();
    expect(scene.wire.backend.requests).toEqual([]);
    await scene.wire.idle();
  });

  test('B9 in the middle of a body of HEAD, whose answer has none', async () => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, requestList([], 'HEAD')), data(1, 'half of it'));
    await scene.requested('half of it');
    client.send(reset(1, CODE.none));
    await scene.wire.upstreamEnd();
    expect(scene.wire.backend.requests).toEqual([]);
    await scene.wire.idle();
  });

  test('before anything was sent: nothing reaches a backend, or is broken off there', async () => {
    const client = await scene.client();
    client.send(headers(1, requestList(), FLAG.endStream), reset(1, CODE.cancel));
    expect(await client.isAlive()).toBe(true);
    await scene.wire.idle();
    await until(
      () => scene.wire.backend.connections.every(({ ending }) => ending !== undefined),
      () => 'the end of what was begun',
    );
    expect(scene.wire.backend.requests).toEqual([]);
  });

  test('by going away, with all of its streams', async () => {
    scene.quiet();
    const client = await scene.client();
    for (let stream = 1; stream < 40; stream += 2) client.request(stream);
    await until(
      () => scene.wire.backend.requests.length === 20,
      () => 'the requests at the backend',
    );
    await client.vanish();
    await scene.wire.idle();
    await until(
      () => scene.wire.backend.connections.every(({ ending }) => ending !== undefined),
      () => 'the end of all backend connections',
    );
    await eventually(() => expect(scene.wire.plane.metric('connections')).toBe(0));
  });
});
