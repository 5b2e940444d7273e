// The first words of a connection of HTTP/2: they may come with the end of the handshake, and behind a PROXY header.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requestList } from '../support/http2-client.ts';
import { CODE, data, FLAG, headers, PREFACE, reset, SETTING, settings } from '../support/http2-frames.ts';
import { turns, until } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';

const GREETING = Buffer.concat([PREFACE, settings([SETTING.headerTableSize, 0])]);

let scene: Http2Scene;

beforeAll(async () => {
  scene = await Http2Scene.start();
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

describe('with the end of the handshake', () => {
  test('requests are answered, bodies and all', async () => {
    const requests = [
      headers(1, requestList(), FLAG.endStream),
      headers(3, requestList([], 'POST')),
      data(3, 'early', FLAG.endStream),
    ];
    const client = await scene.client({ early: Buffer.concat([GREETING, ...requests]) });
    expect((await client.settled(1)).statuses).toEqual([200]);
    expect((await client.settled(3)).statuses).toEqual([200]);
    expect(scene.wire.backend.requests.map(({ body }) => body.toString()).sort()).toEqual(['', 'early']);
  });

  test.each([CODE.cancel, CODE.none])(
    'streams that are reset at once, with code %i, come to nothing',
    async (code) => {
      const streams = Array.from({ length: 40 }, (_, at) => 2 * at + 1);
      const frames = streams.flatMap((stream) => [
        headers(stream, requestList([], 'POST')),
        data(stream, 'x'),
        reset(stream, code),
      ]);
      const client = await scene.client({ early: Buffer.concat([GREETING, ...frames]) });
      expect(await client.isAlive()).toBe(true);
      await scene.wire.idle();
      await until(
        () => scene.wire.backend.connections.every(({ ending }) => ending !== undefined),
        () => 'the end of what was begun',
      );
      expect(scene.wire.backend.requests).toEqual([]);
      client.request(101);
      expect((await client.settled(101)).statuses).toEqual([200]);
    },
  );

  test('what is no preface ends the connection', async () => {
    const client = await scene.client({ early: Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n') });
    expect(await client.ended()).toBeDefined();
    await turns();
    expect(scene.wire.backend.connections).toEqual([]);
  });
});

test('behind a PROXY header the address in it is the client', async () => {
  const behind = await Http2Scene.start({ proxyProtocolFrom: ['127.0.0.0/8'] });
  const client = await behind.client({
    before: Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n'),
  });
  client.request(1);
  expect((await client.settled(1)).statuses).toEqual([200]);
  expect(behind.wire.backend.requests[0]?.head).toContain('\r\nX-Forwarded-For: 192.0.2.7\r\n');
  await behind.end();
});

test('of a trusted proxy are believed, stream by stream', async () => {
  const trusting = await Http2Scene.start({ trustedProxies: ['127.0.0.0/8'] });
  const client = await trusting.client();
  for (const [at, address] of ['192.0.2.7', '192.0.2.8'].entries())
    client.request(2 * at + 1, requestList([['x-forwarded-for', address]]));
  for (const stream of [1, 3]) expect((await client.settled(stream)).statuses).toEqual([200]);
  const seen = trusting.wire.backend.requests.map(
    ({ head }) => /X-Forwarded-For: (\S+)/.exec(head)?.[1] ?? '',
  );
  expect(seen.sort()).toEqual(['192.0.2.7', '192.0.2.8']);
  await trusting.end();
});
