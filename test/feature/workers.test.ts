// A worker thread that ends takes its own connections and nothing else, and another one takes its place.
import { afterEach, expect, test } from 'vitest';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { stateOf } from '../support/dashboard-page.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';
import { INSPECT, WorkerThreads } from '../support/worker-threads.ts';

const SOCKETS = 24;
/** So that it is full soon. */
const SMALL_HEAP = '--max-old-space-size=64';
const LEAK =
  'globalThis.kept = []; void setInterval(() => kept.push(Array.from({ length: 200_000 }, (_, at) => ({ at }))), 1)';
const host = hostOf('chat');

let scene = new Scene();
afterEach(async () => {
  // What this file does to the workers, and what the inspector says of itself.
  await scene.end((trouble) => /worker|^Debugger|^For help/.test(trouble));
  scene = new Scene();
});

async function start(): Promise<{
  readonly controller: ControllerProcess;
  readonly node: MattermostNode;
  readonly threads: WorkerThreads;
}> {
  const node = await scene.node('node');
  const controller = await scene.controller({
    nodeFlags: [INSPECT, SMALL_HEAP],
    objects: site('chat', [{ name: 'node', port: node.port }]),
  });
  const threads = await WorkerThreads.attach(controller);
  await eventually(() => expect(threads.count).toBe(2));
  return { controller, node, threads };
}

async function openMany(controller: ControllerProcess, node: MattermostNode) {
  const { token } = await login(`http://127.0.0.1:${node.port}`, ALICE);
  const headers = { Authorization: `Bearer ${token}` };
  const talks = await Promise.all(Array.from({ length: SOCKETS }, () => controller.open(host, { headers })));
  const closed = new Set<Conversation>();
  for (const talk of talks) void talk.closed.then(() => closed.add(talk));
  return { talks, closed };
}

/** Both workers are there and serve what is served. */
async function complete(controller: ControllerProcess): Promise<void> {
  await eventually(async () => {
    const { body } = await controller.admin('/readyz?verbose');
    const { generation, workers } = JSON.parse(body.toString()) as {
      readonly generation: number;
      readonly workers: readonly object[];
    };
    expect(workers).toEqual([
      { worker: 0, alive: true, generation },
      { worker: 1, alive: true, generation },
    ]);
  });
}

test.each([
  ['ends', 'process.exit(3)'],
  ['throws', 'void setTimeout(() => { throw new Error("planted") })'],
  ['fills its heap', LEAK],
])('a worker that %s: the connections of the other live on, it is replaced', async (what, expression) => {
  const { controller, node, threads } = await start();
  const { talks, closed } = await openMany(controller, node);
  for (let at = 0; at < SOCKETS; at++) expect((await controller.get(host, '/')).status).toBe(200);
  await controller.expectMetrics((metrics) =>
    expect(metrics.sum('requests_total', { host, code: '200' })).toBe(SOCKETS),
  );
  threads.run(expression);
  expect(await controller.logged({ msg: 'worker ended and is replaced' })).toMatchObject({ level: 50 });
  if (what !== 'ends') await controller.logged({ msg: 'worker failed' });
  await complete(controller);

  // Its own connections are gone, the others reach their node as before.
  await eventually(() => expect(node.sockets).toBe(SOCKETS - closed.size));
  expect(closed.size).toBeGreaterThan(0);
  const alive = talks.filter((talk) => !closed.has(talk));
  expect(alive.length).toBeGreaterThan(0);
  await Promise.all(
    alive.map((talk) => {
      const sequence = talk.send('ping');
      return talk.next((message) => message.seq_reply === sequence);
    }),
  );

  // New connections reach both workers, and a change does too.
  for (let at = 0; at < SOCKETS; at++) expect((await controller.get(host, '/')).status).toBe(200);
  await controller.apply('later.yaml', ...site('later', [{ name: 'node', port: node.port }]));
  for (let at = 0; at < SOCKETS; at++) expect((await controller.get(hostOf('later'), '/')).status).toBe(200);

  // What was counted stays counted; what was open there is open no more.
  await controller.expectMetrics((metrics) => {
    expect(metrics.sum('worker_restarts_total')).toBe(1);
    expect(metrics.sum('requests_total', { host, code: '200' })).toBe(2 * SOCKETS);
    expect(metrics.sum('websocket_connections')).toBe(alive.length);
    expect(metrics.sum('connections')).toBe(alive.length);
    expect(metrics.sum('endpoint_websockets')).toBe(alive.length);
    expect(metrics.sum('endpoint_inflight')).toBe(0);
  });
  const { workers } = await stateOf(controller);
  expect(workers.map(({ restarts }) => restarts).toSorted((one, other) => one - other)).toEqual([0, 1]);
  const sumOf = (name: 'webSockets' | 'connections') => workers.reduce((sum, each) => sum + each[name], 0);
  expect([sumOf('webSockets'), sumOf('connections')]).toEqual([alive.length, alive.length]);
  threads.detach();
});

test('the process lives while workers come and go, one after the other', async () => {
  const { controller, threads } = await start();
  for (let round = 1; round <= 3; round++) {
    const mark = controller.log.all.length;
    threads.run('process.exit(1)');
    await controller.logged({ msg: 'worker ended and is replaced' }, mark);
    expect((await controller.admin('/livez')).status).toBe(200);
    await complete(controller);
    await eventually(() => expect([threads.seen, threads.count]).toEqual([2 + round, 2]));
    expect((await controller.get(host, '/')).status).toBe(200);
  }
  expect((await controller.metrics()).sum('worker_restarts_total')).toBe(3);
  threads.detach();
});
