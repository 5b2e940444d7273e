// What a policy says of connections to its nodes: how long they are kept, how many there may be, how often one is tried.
import { afterEach, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import type { Backend, ConnectionReuse } from '../../src/model/configuration.ts';
import { NODE_KEEP_ALIVE } from '../../src/proxy/socket-profiles.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { secondsToProbe } from '../support/kernel-timers.ts';
import { splitAnswers } from '../support/messages.ts';
import { always, answer, RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { get, head } from './rows.ts';
import { WireScene } from './scene.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** The statuses of this many answers, the last of which has just come. */
async function statusesOf(client: WireClient, count: number): Promise<readonly number[]> {
  await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length >= count);
  return splitAnswers(client.bytes).statuses;
}

describe('connectionReuse', () => {
  const usual: ConnectionReuse = { maxIdlePerEndpoint: 64, idleTimeoutMs: 50_000, maxRequests: 10_000 };

  async function start(connectionReuse: ConnectionReuse | undefined): Promise<WireScene> {
    const scene = await WireScene.start({ backend: { connectionReuse } });
    endings.push(() => scene.end());
    return scene;
  }

  async function ask(scene: WireScene, times: number): Promise<void> {
    const client = await scene.client();
    for (let count = 1; count <= times; count++) {
      client.send(get());
      await statusesOf(client, count);
    }
    await turns();
  }

  /** Requests by connection, oldest connection first. */
  function counts(scene: WireScene): readonly number[] {
    return scene.backend.connections.map(({ requests }) => requests.length);
  }

  test.each([
    { name: 'as it is by default', reuse: usual, expected: [4] },
    { name: 'disabled', reuse: undefined, expected: [1, 1, 1, 1] },
    { name: 'of at most 1 request', reuse: { ...usual, maxRequests: 1 }, expected: [1, 1, 1, 1] },
    { name: 'of at most 3 requests', reuse: { ...usual, maxRequests: 3 }, expected: [3, 1] },
  ])('$name: four requests take connections of $expected', async ({ reuse, expected }) => {
    const scene = await start(reuse);
    await ask(scene, 4);
    expect(counts(scene)).toEqual(expected);
    for (let at = 0; at < expected.length - 1; at++) expect(await scene.upstreamEnd(at)).toBe('fin');
  });

  /** Connections that were in use together and went idle in this order. */
  async function withIdle(scene: WireScene, count: number): Promise<void> {
    const answers: (() => void)[] = [];
    scene.backend.script = (connection) => void answers.push(() => connection.send(answer('ok')));
    for (let at = 0; at < count; at++) {
      (await scene.client()).send(get());
      await until(
        () => answers.length === at + 1,
        () => `request ${at}`,
      );
    }
    for (const [at, give] of answers.entries()) {
      give();
      await until(
        () => scene.plane.load === count - at - 1,
        () => `the answer to request ${at}`,
      );
    }
    scene.backend.script = always(answer('ok'));
  }

  test('keeps so many idle ones and no more: that which was idle longest is closed', async () => {
    const scene = await start({ ...usual, maxIdlePerEndpoint: 2 });
    await withIdle(scene, 3);
    await scene.upstreamEnd(0);
    expect(scene.backend.connections.map(({ ending }) => ending)).toEqual(['fin', undefined, undefined]);
  });

  test('takes the one that was used last', async () => {
    const scene = await start(usual);
    await withIdle(scene, 3);
    await ask(scene, 5);
    expect(counts(scene)).toEqual([1, 1, 6]);
  });

  test.each([1_000, 30_000])('closes what is idle for %i ms', async (idleTimeoutMs) => {
    const scene = await start({ ...usual, idleTimeoutMs });
    await withIdle(scene, 1);
    await scene.plane.advance(idleTimeoutMs - 500);
    expect(scene.upstream.ending).toBeUndefined();
    await scene.plane.advance(2_000);
    await scene.upstreamEnd();
  });
});

test('the kernel asks a silent node soon whether it is still there', async (context) => {
  if (process.platform !== 'linux') context.skip('The kernel shows its timers on Linux only');
  const scene = await WireScene.start();
  endings.push(() => scene.end());
  const client = await scene.client();
  client.send(get());
  await statusesOf(client, 1);
  const { localPort = 0, remotePort = 0 } = scene.upstream.socket;
  let seconds = Number.NaN;
  // While connections come and go the kernel may leave one out of its list.
  await until(
    () => !Number.isNaN((seconds = secondsToProbe(remotePort, localPort))),
    () => 'the kernel to tell the timer of the connection',
  );
  expect(seconds).toBeGreaterThan(NODE_KEEP_ALIVE.idleSeconds - 10);
  expect(seconds).toBeLessThanOrEqual(NODE_KEEP_ALIVE.idleSeconds);
});

describe('several endpoints', () => {
  type Stage = { readonly plane: TestPlane; readonly nodes: readonly RecordingBackend[] };

  async function stage(more: Partial<Backend>, deadNodes = 0): Promise<Stage> {
    const nodes = await Promise.all([RecordingBackend.start(), RecordingBackend.start()]);
    for (const node of nodes) endings.push(() => node.stop());
    // Nobody listens there.
    const dead = Array.from({ length: deadNodes }, (_, at) =>
      endpoint(`dead-${at}`, { address: '127.99.0.1', port: 9 }),
    );
    const alive = nodes.map(({ port }, at) => endpoint(`node-${at}`, { address: '127.0.0.1', port }));
    const persistence = { ...openSite().persistence, fallback: [] };
    const plane = await TestPlane.start(
      configuration([site('a', openSite({ persistence }))], [backend([...dead, ...alive], more)]),
    );
    endings.push(() => plane.close());
    return { plane, nodes };
  }

  async function connect({ plane }: Stage): Promise<WireClient> {
    const client = await WireClient.connect(plane.httpPort);
    endings.push(async () => client.destroy());
    return client;
  }

  test.each([
    { retryAttempts: 0, deadNodes: 1, status: 502, retries: 0 },
    { retryAttempts: 1, deadNodes: 1, status: 200, retries: 1 },
    { retryAttempts: 1, deadNodes: 2, status: 502, retries: 1 },
    { retryAttempts: 2, deadNodes: 2, status: 200, retries: 2 },
    { retryAttempts: 10, deadNodes: 9, status: 200, retries: 9 },
  ])('$retryAttempts attempts over $deadNodes dead ones: $status', async (row) => {
    const given = await stage({ retryAttempts: row.retryAttempts }, row.deadNodes);
    const client = await connect(given);
    client.send(head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 0'));
    expect(await statusesOf(client, 1)).toEqual([row.status]);
    expect(given.plane.metric('retries_total', 'connect-refused')).toBe(row.retries);
  });

  describe('maxConnectionsPerEndpoint', () => {
    const silent = () => undefined;
    const running = ({ nodes }: Stage) => nodes.map(({ requests }) => requests.length);

    test('who finds an endpoint full goes to the next, and gets 503 where all are', async () => {
      const given = await stage({ maxConnectionsPerEndpoint: 2 });
      for (const node of given.nodes) node.script = silent;
      // All are led to one endpoint by their cookie.
      const request = get('Cookie: MMSTICKY=node-1-new');
      for (const [at, expected] of [
        [0, 1],
        [0, 2],
        [1, 2],
        [2, 2],
      ].entries()) {
        (await connect(given)).send(request);
        await until(
          () => String(running(given)) === String(expected),
          () => `request ${at} to arrive, now ${String(running(given))}`,
        );
      }
      const refused = await connect(given);
      refused.send(request);
      expect(await statusesOf(refused, 1)).toEqual([503]);
      expect(refused.text).toMatch(/\r\nRetry-After: \d+\r\n[^]*endpoints-full/);
      expect(given.plane.metric('faults_total', 'endpoints-full')).toBe(1);
      expect(given.plane.metric('endpoints_full_total')).toBe(4);
      expect(given.plane.load).toBe(4);
      // A place becomes free, and it is in the same connection that the next request finds it.
      given.nodes[1]?.connections[0]?.send(answer('ok'));
      await until(
        () => given.plane.load === 3,
        () => 'the answer',
      );
      for (const node of given.nodes) node.script = always(answer('ok'));
      refused.send(request);
      expect(await statusesOf(refused, 2)).toEqual([503, 200]);
      expect(given.plane.records.at(-1)).toMatchObject({ endpoint: 'node-1', persistence: 'cookie' });
    });

    test('who was moved gets the cookie of where it went', async () => {
      const given = await stage({ maxConnectionsPerEndpoint: 1 });
      for (const node of given.nodes) node.script = silent;
      (await connect(given)).send(get('Cookie: MMSTICKY=node-0-new'));
      await until(
        () => given.nodes[0]?.requests.length === 1,
        () => 'the first',
      );
      for (const node of given.nodes) node.script = always(answer('ok'));
      const moved = await connect(given);
      moved.send(get('Cookie: MMSTICKY=node-0-new'));
      expect(await statusesOf(moved, 1)).toEqual([200]);
      expect(moved.text).toContain('MMSTICKY=node-1-new');
    });
  });
});

describe('a client certificate that OpenSSL does not take', () => {
  const pair = { chain: 'no certificate', key: 'no key' };
  const tls: Backend['tls'] = {
    verify: true,
    ca: undefined,
    serverName: 'node',
    clientCertificate: pair,
    minVersion: '1.2',
  };

  test.each([
    ['from the beginning', undefined],
    ['that came after connections without were kept', { tls: undefined }],
  ])('%s: 502', async (_, before) => {
    const recorder = await RecordingBackend.start();
    endings.push(() => recorder.stop());
    const endpoints = [endpoint('node', { address: '127.0.0.1', port: recorder.port })];
    const of = (more: Partial<Backend>) => configuration([site('a', openSite())], [backend(endpoints, more)]);
    const plane = await TestPlane.start(of(before ?? { tls }));
    endings.push(() => plane.close());
    const client = await WireClient.connect(plane.httpPort);
    endings.push(async () => client.destroy());
    client.send(get());
    if (before !== undefined) {
      expect(await statusesOf(client, 1)).toEqual([200]);
      await turns();
      plane.apply(of({ tls }));
      client.send(get());
    }
    const statuses = await statusesOf(client, before === undefined ? 1 : 2);
    expect(statuses.at(-1)).toBe(502);
    expect(plane.records.at(-1)).toMatchObject({ status: 502, reason: 'tls-failed' });
    await plane.advance(5_000);
    expect([plane.load, plane.bugs]).toEqual([0, []]);
  });
});
