// A connection of HTTP/2 as a whole: what it announces, how long it may be silent, and how it is told to leave.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FrameClient, requestList } from '../support/http2-client.ts';
import { CODE, FRAME, headers, ping, PREFACE, SETTING, settings } from '../support/http2-frames.ts';
import { until, WireClient } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';
import { get } from './rows.ts';

let scene: Http2Scene;

beforeEach(async () => {
  scene = await Http2Scene.start({ limits: { requestsPerConnection: 50 } });
});
afterEach(() => scene.end());

/** Open until `ms` have passed, and told to leave soon after. */
async function expectLeaveAfter(client: FrameClient, ms: number): Promise<void> {
  await scene.wire.plane.advance(ms - 300);
  expect([client.ending, client.goaways]).toEqual([undefined, []]);
  await scene.wire.plane.advance(600);
  expect(await client.ended()).toBe('fin');
  expect(client.goaways.map(({ code }) => code)).toContain(CODE.none);
}

function settingsOf(client: FrameClient): ReadonlyMap<number, number> {
  const payload = client.frames.find(({ type }) => type === FRAME.settings)?.payload ?? Buffer.alloc(0);
  const count = payload.length / 6;
  return new Map(
    Array.from({ length: count }, (_, at) => [
      payload.readUInt16BE(6 * at),
      payload.readUInt32BE(6 * at + 2),
    ]),
  );
}

test('N7 N9 what is announced', async () => {
  const announced = settingsOf(await scene.client());
  expect(announced.get(SETTING.maxConcurrentStreams)).toBe(100);
  expect(announced.get(SETTING.initialWindowSize)).toBe(65_536);
  expect(announced.get(SETTING.enablePush)).toBe(0);
  // U12: nobody is invited to open WebSockets over HTTP/2.
  expect(announced.has(SETTING.enableConnectProtocol)).toBe(false);
});

describe('N7 the 101st stream at a time', () => {
  test('is refused before the limit is acknowledged, and the others are answered', async () => {
    const wide = await Http2Scene.start();
    wide.quiet();
    const client = await wide.client({ greets: false });
    client.send(PREFACE, settings([SETTING.headerTableSize, 0]));
    for (let stream = 1; stream <= 201; stream += 2) client.request(stream);
    expect((await client.settled(201)).reset).toBe(CODE.refused);
    await wide.asked(100);
    wide.answerAll();
    for (let stream = 1; stream <= 199; stream += 2)
      expect((await client.settled(stream)).statuses).toEqual([200]);
    await wide.end();
  });

  test('ends the connection of a client that had acknowledged the limit, and all of its streams', async () => {
    const wide = await Http2Scene.start();
    wide.quiet();
    const client = await wide.client();
    for (let stream = 1; stream <= 201; stream += 2) client.request(stream);
    await client.ended();
    expect(client.goaways.map(({ code }) => code)).toEqual([CODE.protocol]);
    await wide.wire.idle();
    await wide.end();
  });
});

test('is one connection, however many streams it has', async () => {
  scene.quiet();
  const client = await scene.client();
  for (let stream = 1; stream <= 19; stream += 2) client.request(stream);
  await scene.asked(10);
  expect(scene.wire.plane.metric('connections')).toBe(1);
  expect(scene.wire.plane.load).toBe(10);
  scene.answerAll();
  for (let stream = 1; stream <= 19; stream += 2) await client.settled(stream);
  expect(scene.wire.plane.metric('requests_total', '200')).toBe(10);
  client.destroy();
  await until(
    () => scene.wire.plane.metric('connections') === 0,
    () => 'the end of the connection',
  );
});

test('gives its place up at the limit while it has no stream, and is counted once', async () => {
  const small = await Http2Scene.start({ maxConnections: 1 });
  const silent = await small.client();
  const next = await small.client();
  expect(await silent.ended()).toBeDefined();
  next.request(1);
  expect((await next.settled(1)).statuses).toEqual([200]);
  await until(
    () => small.wire.plane.metric('connections') === 1,
    () => 'the end of the first connection',
  );
  next.destroy();
  await until(
    () => small.wire.plane.metric('connections') === 0,
    () => 'the end of the connection',
  );
  await small.wire.plane.settle();
  expect(small.wire.plane.metric('connections')).toBe(0);
  await small.end();
});

test('the access log tells each stream with its bytes', async () => {
  const client = await scene.client();
  client.request(1, requestList([['user-agent', 'test']], 'POST', '/x?secret=1'), 'hello');
  await client.settled(1);
  const [record] = scene.wire.plane.records;
  expect(record).toMatchObject({
    event: 'request',
    protocol: '2',
    scheme: 'https',
    host: 'a',
    method: 'POST',
    status: 200,
    requestBytes: 5,
    endpoint: 'node',
  });
  expect(record?.responseBytes).toBeGreaterThan('ok'.length);
});

describe('silence', () => {
  test('Q2 without a preface ends the connection after 10 seconds', async () => {
    await expectLeaveAfter(await scene.client({ greets: false }), 10_000);
  });

  test('Q2 with half a preface does so, too', async () => {
    const client = await scene.client({ greets: false });
    client.send(PREFACE.subarray(0, 10));
    await expectLeaveAfter(client, 10_000);
  });

  test('Q2 without a stream does so, too', async () => {
    await expectLeaveAfter(await scene.client(), 10_000);
  });

  test('Q2 with half a head does so, too', async () => {
    const client = await scene.client();
    client.send(headers(1, requestList()).subarray(0, 20));
    await scene.wire.plane.advance(10_100);
    // What was begun might be finished, for a while.
    await client.until(() => client.goaways.length > 0);
    await scene.wire.plane.advance(5_200);
    expect(await client.ended()).toBeDefined();
  });

  test('between two streams ends it after 75 seconds, PINGs or not', async () => {
    const client = await scene.client();
    client.request(1);
    await client.settled(1);
    await scene.wire.plane.advance(40_000);
    client.send(ping());
    await expectLeaveAfter(client, 35_000);
  });

  test('begins anew with each stream', async () => {
    const client = await scene.client();
    for (const stream of [1, 3, 5]) {
      client.request(stream);
      await client.settled(stream);
      await scene.wire.plane.advance(74_000);
    }
    expect(await client.isAlive()).toBe(true);
  });

  test('does not count while a stream is open', async () => {
    scene.quiet();
    const client = await scene.client();
    client.request(1);
    await scene.asked(1);
    await scene.wire.plane.advance(200_000);
    scene.answerAll();
    expect((await client.settled(1)).statuses).toEqual([200]);
    expect(await client.isAlive()).toBe(true);
  });

  test('of one who was told to leave and does not ends it after 5 seconds', async () => {
    const client = await WireClient.connectTls(scene.wire.plane.httpsPort, 'a', true, ['h2']);
    client.send(PREFACE);
    await scene.wire.plane.advance(10_100);
    await client.until((text) => text.includes('\x07'));
    expect(scene.wire.plane.metric('connections')).toBe(1);
    await scene.wire.plane.advance(5_200);
    await until(
      () => scene.wire.plane.metric('connections') === 0,
      () => 'the end of the connection',
    );
    client.destroy();
  });
});

describe('S7 a connection that speaks another protocol than it chose', () => {
  test('HTTP/1 after h2 was chosen ends it', async () => {
    const client = await scene.client({ greets: false });
    client.send(Buffer.from(get()));
    await client.ended();
    expect(scene.wire.backend.connections).toEqual([]);
    expect(scene.wire.plane.records).toEqual([]);
  });

  test.each([['http/1.1'], [undefined]])('L8 HTTP/2 after %s was chosen is no request', async (protocol) => {
    const client = await WireClient.connectTls(
      scene.wire.plane.httpsPort,
      'a',
      true,
      protocol === undefined ? [] : [protocol],
    );
    client.send(PREFACE);
    expect(await client.ended()).toBe('fin');
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(scene.wire.backend.connections).toEqual([]);
  });

  test('L8 HTTP/2 without TLS is no request', async () => {
    const client = await scene.wire.client();
    client.send(PREFACE);
    expect(await client.ended()).toBe('fin');
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
  });
});
