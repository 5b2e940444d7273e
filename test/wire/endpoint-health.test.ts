// What the data plane makes of the health of endpoints, and what it counts against them, on bare sockets.
import { afterEach, describe, expect, test } from 'vitest';
import { backend, endpoint, HEALTH, openSite, site } from '../../src/decide/test-objects.ts';
import type { Backend } from '../../src/model/configuration.ts';
import type { HealthState } from '../../src/model/health-board.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { always, answer, RecordingBackend, type Script } from '../support/recording-backend.ts';
import { until, WireClient } from '../support/wire-client.ts';
import { get, head } from './rows.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const REFUSE: Partial<Backend> = { health: { ...HEALTH, whenAllUnhealthy: 'Refuse' } };

/** Two nodes, in the slots 0 and 1. */
async function stage(more: Partial<Backend> = {}) {
  const nodes = await Promise.all([RecordingBackend.start(), RecordingBackend.start()]);
  for (const node of nodes) endings.push(() => node.stop());
  const endpoints = nodes.map(({ port }, at) => endpoint(`node-${at}`, { address: '127.0.0.1', port }));
  const persistence = { ...openSite().persistence, fallback: [] };
  const plane = await TestPlane.start(
    configuration([site('a', openSite({ persistence }))], [backend(endpoints, more)]),
  );
  endings.push(() => plane.close());
  const ask = async (request: string): Promise<WireClient> => {
    const client = await WireClient.connect(plane.httpPort);
    endings.push(async () => client.destroy());
    client.send(request);
    return client;
  };
  const answerTo = async (request: string) => {
    const client = await ask(request);
    await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length >= 1);
    return { status: splitAnswers(client.bytes).statuses[0], text: client.text };
  };
  const asked = () => nodes.map(({ requests }) => requests.length).join(' ');
  return { plane, nodes, ask, answerTo, asked };
}

const HOLDER = get('Cookie: MMSTICKY=node-0-new');

describe('the holder of the cookie of node 0', () => {
  test.each<[HealthState, HealthState, Partial<Backend>, string]>([
    ['ready', 'ready', {}, '200 1 0'],
    ['slow-start', 'ready', {}, '200 1 0'],
    ['unhealthy', 'ready', {}, '200 0 1 node-1-new'],
    ['ejected', 'ready', {}, '200 0 1 node-1-new'],
    ['unhealthy', 'unhealthy', {}, '200 1 0'],
    ['unhealthy', 'ejected', {}, '200 1 0'],
    ['unhealthy', 'unhealthy', REFUSE, '503 0 0'],
    ['unhealthy', 'ready', REFUSE, '200 0 1 node-1-new'],
  ])('with node 0 %s and node 1 %s', async (first, second, more, expected) => {
    const { plane, answerTo, asked } = await stage(more);
    plane.setHealth(0, first);
    plane.setHealth(1, second);
    const { status, text } = await answerTo(HOLDER);
    const [, cookie] = /^set-cookie: MMSTICKY=([^;]*)/im.exec(text) ?? [];
    expect([status, asked(), ...(cookie === undefined ? [] : [cookie])].join(' ')).toBe(expected);
    if (status === 503) expect(text).toMatch(/\r\nRetry-After: \d+\r\n/);
  });

  test('a change counts from the next request on, on the same connection', async () => {
    const { plane, ask, asked } = await stage();
    const client = await ask(HOLDER);
    for (const [at, state, expected] of [
      [1, 'unhealthy', '1 0'],
      [2, 'ready', '1 1'],
      [3, 'ready', '2 1'],
    ] as const) {
      await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length >= at);
      expect(asked()).toBe(expected);
      plane.setHealth(0, state);
      client.send(HOLDER);
    }
    await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length >= 4);
  });

  test('where the healthy node is full the unhealthy one is not asked instead', async () => {
    const { plane, nodes, ask, answerTo, asked } = await stage({ maxConnectionsPerEndpoint: 1 });
    plane.setHealth(0, 'unhealthy');
    for (const node of nodes) node.script = () => undefined;
    await ask(HOLDER);
    await until(
      () => asked() === '0 1',
      () => `a request to arrive, now ${asked()}`,
    );
    expect((await answerTo(HOLDER)).status).toBe(503);
    expect(asked()).toBe('0 1');
    nodes[1]?.connections[0]?.send(answer('ok'));
  });

  test('where no node is healthy and one is full the next one serves', async () => {
    const { plane, nodes, ask, answerTo, asked } = await stage({ maxConnectionsPerEndpoint: 1 });
    plane.setHealth(0, 'unhealthy');
    plane.setHealth(1, 'unhealthy');
    const [node] = nodes;
    if (node !== undefined) node.script = () => undefined;
    await ask(HOLDER);
    await until(
      () => asked() === '1 0',
      () => `a request to arrive, now ${asked()}`,
    );
    expect((await answerTo(HOLDER)).status).toBe(200);
    expect(asked()).toBe('1 1');
    node?.connections[0]?.send(answer('ok'));
  });
});

describe('what speaks against a node', () => {
  const closing: Script = (connection) => void connection.socket.destroy();

  test.each<[string, Script, string, number]>([
    ['an end without an answer', closing, get('Cookie: MMSTICKY=node-0-new'), 1],
    ['what is no HTTP', always('no HTTP at all\r\n\r\n'), HOLDER, 1],
    [
      'not an end that a body may have caused',
      closing,
      `${head('POST / HTTP/1.1', 'Host: a', 'Cookie: MMSTICKY=node-0-new', 'Content-Length: 1')}x`,
      0,
    ],
    ['not an error of its own', always('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'), HOLDER, 0],
    ['not a 503', always('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'), HOLDER, 0],
  ])('%s', async (_, script, request, expected) => {
    const { plane, nodes, answerTo } = await stage({ retryAttempts: 0 });
    const [node] = nodes;
    if (node !== undefined) node.script = script;
    await answerTo(request);
    expect(plane.failuresInARow(0)).toBe(expected);
  });

  test('silence', async () => {
    const { plane, nodes, ask } = await stage({ retryAttempts: 0, responseTimeoutMs: 20_000 });
    const [node] = nodes;
    if (node !== undefined) node.script = () => undefined;
    const client = await ask(HOLDER);
    await until(
      () => node?.requests.length === 1,
      () => 'the request',
    );
    await plane.advance(20_500);
    await client.until((text) => text.startsWith('HTTP/1.1 504 '));
    expect(plane.failuresInARow(0)).toBe(1);
  });

  test('a row of failures ends with an answer', async () => {
    const { plane, nodes, answerTo } = await stage({ retryAttempts: 0 });
    const [node] = nodes;
    if (node === undefined) return;
    node.script = closing;
    for (const expected of [1, 2, 3]) {
      expect((await answerTo(HOLDER)).status).toBe(502);
      expect(plane.failuresInARow(0)).toBe(expected);
    }
    node.script = always('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');
    await answerTo(HOLDER);
    expect(plane.failuresInARow(0)).toBe(0);
  });

  test('an endpoint that has left meanwhile is not tried, and nothing is said of who has its place now', async () => {
    const { plane, nodes, answerTo, asked } = await stage();
    const [leaving, gone] = nodes.map(({ port }, at) =>
      endpoint(`node-${at}`, { address: '127.0.0.1', port, state: at === 0 ? 'draining' : 'ready' }),
    );
    const [node, other] = nodes;
    if (leaving === undefined || gone === undefined || node === undefined || other === undefined) return;
    const { persistence } = openSite();
    const drain = { mode: 'Fenced', timeoutMs: 60_000 } as const;
    const sites = [site('a', openSite({ persistence: { ...persistence, fallback: [], drain } }))];
    plane.setDraining(0);
    plane.apply(configuration(sites, [backend([leaving, gone])]));
    const here = backend([leaving]);
    node.script = (connection) => {
      plane.apply(configuration(sites, [here]));
      const elsewhere = backend([endpoint('new', { address: '127.0.0.1', port: 9 })], { key: 'chat/other' });
      plane.apply(configuration(sites, [here, elsewhere]));
      connection.socket.destroy();
    };
    other.script = closing;
    expect((await answerTo(HOLDER)).status).toBe(502);
    expect([asked(), plane.failuresInARow(1)]).toEqual(['1 0', 0]);
  });
});
