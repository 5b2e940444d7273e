// The limits of connections, when there are too many: to backends, where what is over is told so at once, and of clients,
// where those who say nothing make room for those who come.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { get } from './rows.ts';
import { type SceneOptions, WireScene } from './scene.ts';
import { handshake, openTunnel } from './tunnels.ts';

let scene: WireScene | undefined;

afterEach(async () => {
  await scene?.end();
  scene = undefined;
});

async function start(options: SceneOptions): Promise<WireScene> {
  scene = await WireScene.start(options);
  await scene.reset();
  return scene;
}

function lastStatus({ bytes }: WireClient): number | undefined {
  return splitAnswers(bytes).statuses.at(-1);
}

async function ask(place: WireScene, request = get()): Promise<WireClient> {
  const client = await place.client();
  client.send(request);
  return client;
}

async function answered(client: WireClient): Promise<number | undefined> {
  await client.until(() => splitAnswers(client.bytes).statuses.length > 0);
  return lastStatus(client);
}

describe('connections to backends', () => {
  test('over the limit requests are answered with 503, until one is free again', async () => {
    const place = await start({ maxBackendConnections: 3 });
    place.backend.script = () => undefined;
    const waiting = [await ask(place), await ask(place), await ask(place)];
    await until(
      () => place.backend.requests.length === 3,
      () => 'three requests at the backend',
    );
    const refused = await ask(place);
    expect(await answered(refused)).toBe(503);
    expect(refused.text).toMatch(/^Retry-After: 5\r$/m);
    expect(place.plane.records).toMatchObject([{ status: 503, reason: 'connect-limit' }]);
    expect(place.backend.connections).toHaveLength(3);
    place.backend.connections[0]?.send(answer('ok'));
    expect(await answered(waiting[0] as WireClient)).toBe(200);
    const served = await ask(place);
    await until(
      () => place.backend.requests.length === 4,
      () => 'the next request at the backend',
    );
    expect(served.text).toBe('');
    expect(place.backend.connections).toHaveLength(3);
  });

  test('one that is idle gives its place up for another endpoint', async () => {
    const other = await RecordingBackend.start();
    const first = await RecordingBackend.start();
    const places = [first, other].map(({ port }, at) =>
      backend([endpoint(`node-${at}`, { address: '127.0.0.1', port })], { key: `test/backend-${at}` }),
    );
    const sites = places.map(({ key }, at) => site(`host-${at}`, openSite({ backend: key })));
    const plane = await TestPlane.start(configuration(sites, places), { maxBackendConnections: 1 });
    for (const at of [0, 1, 0, 1]) {
      const client = await WireClient.connect(plane.httpPort);
      client.send(get().replace('Host: a', `Host: host-${at}`));
      expect(await answered(client)).toBe(200);
      client.destroy();
    }
    expect([first.connections.length, other.connections.length]).toEqual([2, 2]);
    await plane.close();
    await Promise.all([first.stop(), other.stop()]);
  });

  test('a WebSocket takes one for as long as it is open', async () => {
    const place = await start({ maxBackendConnections: 1 });
    const tunnel = await openTunnel(place);
    const refused = await ask(place, handshake());
    expect(await answered(refused)).toBe(503);
    tunnel.client.socket.resetAndDestroy();
    await place.upstreamEnd();
    await place.idle();
    await openTunnel(place);
  });

  test('all streams of one client count', async () => {
    const place = await start({ maxBackendConnections: 5, https: true });
    place.backend.script = () => undefined;
    const session = connectHttp2(`https://127.0.0.1:${place.plane.httpsPort}`, {
      servername: 'a',
      rejectUnauthorized: false,
    });
    const statuses: number[] = [];
    for (let at = 0; at < 60; at++) {
      const stream = session.request({ ':path': '/', ':authority': 'a' });
      stream.on('response', (headers) => statuses.push(Number(headers[':status'])));
      stream.on('error', () => undefined);
      stream.resume();
    }
    await until(
      () => statuses.length === 55,
      () => `55 answers; there are ${statuses.length}`,
    );
    await until(
      () => place.backend.requests.length === 5,
      () => `5 requests at the backend; there are ${place.backend.requests.length}`,
    );
    await place.plane.settle();
    expect([new Set(statuses), place.backend.connections.length]).toEqual([new Set([503]), 5]);
    for (const connection of place.backend.connections) connection.send(answer('ok'));
    await until(
      () => statuses.length === 60,
      () => `60 answers; there are ${statuses.length}`,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    session.destroy();
  });
});

describe('connections of clients', () => {
  const LIMIT = 12;

  /** One is accepted a turn, once the kernel has it; whose place is taken hears of it. */
  async function accepted(place: WireScene, count: number): Promise<void> {
    await place.plane.settle();
    await turns(count);
    await place.plane.settle();
  }

  async function silent(place: WireScene, count: number): Promise<readonly WireClient[]> {
    const clients: WireClient[] = [];
    for (let at = 0; at < count; at++) clients.push(await place.client());
    await accepted(place, count);
    return clients;
  }

  const open = (clients: readonly WireClient[]) => clients.filter(({ ending }) => ending === undefined);

  test('a flood of silent ones keeps nobody out: the oldest of them go', async () => {
    const place = await start({ maxConnections: LIMIT });
    const flood = await silent(place, 4 * LIMIT);
    expect(open(flood)).toEqual(flood.slice(-LIMIT));
    for (let at = 0; at < 20; at++) {
      const client = await ask(place);
      expect(await answered(client)).toBe(200);
      client.destroy();
      await silent(place, 2);
    }
    const rejected = place.plane.metric('connections_rejected_total', 'connection-limit');
    expect(rejected).toBeGreaterThan(3 * LIMIT);
    await until(
      () => place.plane.metric('connections') === LIMIT,
      () => `the limit; there are ${place.plane.metric('connections')}`,
    );
  });

  test('one that has begun to speak stays, and so does one that waits for its answer', async () => {
    const place = await start({ maxConnections: LIMIT });
    place.backend.script = () => undefined;
    const talking = await silent(place, LIMIT);
    for (const [at, client] of talking.entries()) client.send(at % 2 === 0 ? get() : 'GET / HT');
    await until(
      () => place.backend.requests.length === LIMIT / 2,
      () => 'the requests at the backend',
    );
    const late = await silent(place, 5);
    await until(
      () => open(late).length === 0,
      () => 'the end of those who are too many',
    );
    expect(open(talking)).toHaveLength(LIMIT);
    for (const connection of place.backend.connections) connection.send(answer('ok'));
    for (const [at, client] of talking.entries()) if (at % 2 === 0) expect(await answered(client)).toBe(200);
    // Now they are silent.
    const next = await ask(place);
    await until(
      () => place.backend.requests.length === LIMIT / 2 + 1,
      () => 'the next request at the backend',
    );
    await place.plane.settle();
    expect([next.ending, open(talking).length]).toEqual([undefined, LIMIT - 1]);
  });

  test('a WebSocket stays, however silent it is', async () => {
    const place = await start({ maxConnections: 3 });
    const tunnels = [await openTunnel(place), await openTunnel(place)];
    await silent(place, 10);
    expect(tunnels.map(({ client }) => client.ending)).toEqual([undefined, undefined]);
  });

  test.each(['https', 'http'] as const)('handshakes that hang go for %s, too', async (listener) => {
    const place = await start({ maxConnections: LIMIT, https: true });
    const ends: string[] = [];
    for (let at = 0; at < 3 * LIMIT; at++) {
      const socket = connect(place.plane.httpsPort, '127.0.0.1');
      socket.on('error', () => undefined).on('close', () => ends.push('closed'));
      await once(socket, 'connect');
    }
    await accepted(place, 3 * LIMIT);
    expect(ends).toHaveLength(2 * LIMIT);
    const client = listener === 'http' ? await place.client() : await place.tlsClient('a');
    client.send(get());
    expect(await answered(client)).toBe(200);
  });

  test('an HTTP/2 connection without streams goes, one with a stream stays', async () => {
    const place = await start({ maxConnections: 2, https: true });
    place.backend.script = () => undefined;
    const options = { servername: 'a', rejectUnauthorized: false };
    const sessions = [0, 1].map(() => connectHttp2(`https://127.0.0.1:${place.plane.httpsPort}`, options));
    const closed = new Set<number>();
    for (const [at, session] of sessions.entries()) {
      session.on('error', () => undefined).on('close', () => closed.add(at));
      await once(session, 'connect');
    }
    const stream = sessions[0]?.request({ ':path': '/', ':authority': 'a' });
    stream?.on('error', () => undefined).resume();
    await until(
      () => place.backend.requests.length === 1,
      () => 'the request at the backend',
    );
    await silent(place, 3);
    await until(
      () => closed.size > 0,
      () => 'the end of the silent session',
    );
    expect(closed).toEqual(new Set([1]));
    for (const session of sessions) session.destroy();
  });
});
