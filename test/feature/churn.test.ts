// Nothing is dropped by a change: 500 WebSockets and steady requests while everything that can change changes.
import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { Ask, ControllerProcess } from '../support/controller-process.ts';
import { hostOf, type Manifest, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const SOCKETS = 500;
const SECURE_SOCKETS = 100;
const CHANGES = 100;
const AT_ONCE = 50;
const TIMEOUT_MS = 120_000;

const scene = new Scene();
let controller: ControllerProcess;
let nodes: readonly MattermostNode[];
let token = '';
let pairs: readonly Pair[];

beforeAll(async () => {
  nodes = await scene.nodes('node-a', 'node-b', 'spare');
  // Their subjects differ, so that a client which trusts both can tell them apart.
  const names = ['first.test', 'second.test'];
  pairs = await Promise.all(names.map((name) => makeCertificate(name, hostOf('secure'))));
  controller = await scene.controller();
  await controller.apply('chat.yaml', ...chat({}));
  await controller.apply('secure.yaml', ...secure(0));
  const [node] = nodes;
  ({ token } = await login(`http://127.0.0.1:${node?.port ?? 0}`, ALICE));
}, TIMEOUT_MS);
afterAll(() => scene.end());

type Shape = { readonly hasSpare?: boolean; readonly isDraining?: boolean; readonly parts?: Manifest };

function chat({ hasSpare = false, isDraining = false, parts = {} }: Shape): readonly Manifest[] {
  const places = nodes
    .filter(({ name }) => name !== 'spare' || hasSpare)
    .map(({ name, port }) => ({ name, port, terminating: name === 'spare' && isDraining }));
  const admission = {
    rules: [{ name: 'app', headers: [{ name: 'X-App', secretRef: { name: 'app' } }], action: 'Allow' }],
    defaultAction: 'Allow',
  };
  return [
    ...site('chat', places, { admission, ...parts }),
    secret('app', { key: `a-secret-of-enough-bytes-${JSON.stringify(parts).length}` }),
  ];
}

function secure(at: number): readonly Manifest[] {
  const places = nodes.slice(0, 2).map(({ name, port }) => ({ name, port }));
  const pair = pairs[at % 2];
  if (pair === undefined) throw new Error('There are two certificates');
  return [...site('secure', places, { route: { tls: { secretName: 'secure' } } }), tlsSecret('secure', pair)];
}

/** What changes, in turn; each differs from what was there before. */
const CHANGE: readonly ((round: number) => readonly [file: string, objects: readonly Manifest[]])[] = [
  () => ['chat.yaml', chat({ hasSpare: true })],
  () => ['chat.yaml', chat({ hasSpare: true, isDraining: true })],
  () => ['chat.yaml', chat({})],
  (round) => ['secure.yaml', secure(round)],
  () => ['chat.yaml', chat({ parts: { sessionPersistence: { type: 'SourceAddress' } } })],
  () => ['chat.yaml', chat({ parts: { websocket: { idleTimeout: '2h' }, limits: { requestBody: '10Mi' } } })],
  () => ['chat.yaml', chat({ parts: { backend: { loadBalancing: 'RoundRobin' } } })],
  () => ['chat.yaml', chat({ parts: { backend: { timeouts: { response: '30s' } } } })],
  (round) => ['other.yaml', site(`other-${round}`, [])],
  () => ['chat.yaml', chat({ parts: { accessLog: { enabled: false } } })],
];

async function openAll(): Promise<readonly Conversation[]> {
  const talks: Conversation[] = [];
  const headers = { Authorization: `Bearer ${token}` };
  while (talks.length < SOCKETS) {
    const isSecure = talks.length < SECURE_SOCKETS;
    const ask: Ask = { headers, ...(isSecure ? { ca: pairs[0]?.certificate ?? '' } : {}) };
    const host = hostOf(isSecure ? 'secure' : 'chat');
    talks.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => controller.open(host, ask)))));
  }
  return talks;
}

/** Asks without a pause until it is told to stop; every answer that is not 200 is noted. */
function startRequests(): {
  readonly stop: () => Promise<{ readonly asked: number; readonly failed: readonly unknown[] }>;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failed: unknown[] = [];
  let asked = 0;
  let isOver = false;
  const both = pairs.map(({ certificate }) => certificate).join('\n');
  const ways: readonly (readonly [host: string, ask: Ask])[] = [
    [hostOf('chat'), {}],
    [hostOf('chat'), { agent }],
    [hostOf('secure'), { ca: both }],
  ];
  const loops = ways.map(async ([host, ask]) => {
    while (!isOver) {
      const answer = controller.get(host, '/api/v4/system/ping', ask).then(
        ({ status }) => status,
        (error: unknown) => error,
      );
      if ((await answer) !== 200) failed.push(await answer);
      asked += 1;
    }
  });
  const stop = async () => {
    isOver = true;
    await Promise.all(loops);
    agent.destroy();
    return { asked, failed };
  };
  return { stop };
}

test(
  `${SOCKETS} WebSockets live through ${CHANGES} changes, no request fails`,
  async () => {
    const talks = await openAll();
    const closed: number[] = [];
    for (const talk of talks) void talk.closed.then(({ code }) => closed.push(code));
    const requests = startRequests();
    const first = controller.served;
    const startMs = performance.now();
    for (let round = 0; round < CHANGES; round++) {
      const change = CHANGE[round % CHANGE.length]?.(1 + Math.floor(round / CHANGE.length));
      if (change !== undefined) await controller.apply(change[0], ...change[1]);
    }
    const tookMs = performance.now() - startMs;
    const { asked, failed } = await requests.stop();
    console.log(`${CHANGES} changes in ${Math.round(tookMs)} ms beside ${asked} requests`);
    expect(controller.served - first).toBeGreaterThanOrEqual(CHANGES);
    expect(failed.slice(0, 5)).toEqual([]);
    expect(asked).toBeGreaterThan(CHANGES);
    expect(closed).toEqual([]);
    // They are not only open: each still reaches its node.
    await Promise.all(
      talks.map((talk) => {
        const sequence = talk.send('ping');
        return talk.next((message) => message.seq_reply === sequence, 20_000);
      }),
    );
    const metrics = await controller.metrics();
    expect(metrics.sum('websocket_connections')).toBe(SOCKETS);
    expect(metrics.sum('websocket_opened_total')).toBe(SOCKETS);
    expect(metrics.sum('websocket_closed_total')).toBe(0);
    expect(metrics.sum('retries_total')).toBe(0);
    for (const { socket } of talks) socket.terminate();
    await controller.expectMetrics((metrics) => expect(metrics.sum('websocket_connections')).toBe(0));
  },
  TIMEOUT_MS,
);
