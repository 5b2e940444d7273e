// Nodes that go, through the whole process with two workers: WebSockets leave at one pace over both, requests never fail.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { type EndpointPlace, hostOf, secret, site } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const SOCKETS = 60;
const PER_SECOND = 30;
const WEBSOCKET = { reconnects: { perSecond: PER_SECOND, maxSpread: '30s' } };

let scene = new Scene();
let nodes: readonly MattermostNode[];
let controller: ControllerProcess;

beforeEach(async () => {
  nodes = await scene.nodes('node-a', 'node-b');
  controller = await scene.controller();
});
afterEach(async () => {
  await scene.end();
  scene = new Scene();
});

type Ending = {
  readonly code: number;
  readonly reason: string;
  readonly id: string;
  readonly atMs: number;
};

function place(at: number, more: Partial<EndpointPlace> = {}): EndpointPlace {
  const { name = '', port = 0 } = nodes[at] ?? {};
  return { name, port, ...more };
}

function chat(...places: readonly EndpointPlace[]) {
  return site('chat', places, { websocket: WEBSOCKET });
}

async function openMany(count: number): Promise<readonly Conversation[]> {
  const open = (at: number) => controller.open(hostOf('chat'), { headers: { 'X-Request-ID': idOf(at) } });
  return Promise.all(Array.from({ length: count }, (_, at) => open(at)));
}

/** By which the log knows that WebSocket. */
function idOf(at: number): string {
  return `socket-${at}`;
}

function endingsOf(talks: readonly Conversation[]): Ending[] {
  const endings: Ending[] = [];
  for (const [at, talk] of talks.entries())
    void talk.closed.then((end) => endings.push({ ...end, id: idOf(at), atMs: performance.now() }));
  return endings;
}

/** When they ended by the clock of the process that ended them, which no pause of ours can shift. */
function endedMs(endings: readonly Ending[]): Promise<readonly number[]> {
  const lines = endings.map(({ id }) => controller.logged({ requestId: id, msg: 'websocket closed' }));
  return Promise.all(lines.map(async (line) => Number((await line)['time'])));
}

/**
 * All of them, one after another, take that long at the pace; at twice of it, that of each worker for itself, never.
 * Seen from the outside it is never less, whoever stands still.
 */
const ALL_MS = ((SOCKETS / PER_SECOND) * 1000) / 1.3;

/** The most within so long. */
function peakOf(timesMs: readonly number[], withinMs: number): number {
  return Math.max(
    ...timesMs.map((from) => timesMs.filter((at) => at >= from && at < from + withinMs).length),
  );
}

describe('a node that is terminating', () => {
  test('its WebSockets leave in turn; whoever comes, comes to the other one, with its cookie', async () => {
    await controller.apply('chat.yaml', ...chat(place(0)));
    const talks = await openMany(SOCKETS);
    const cookie = talks[0]?.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const endings = endingsOf(talks);
    const beganMs = performance.now();
    await controller.apply('chat.yaml', ...chat(place(0, { terminating: true }), place(1)));
    const back = await controller.open(hostOf('chat'), { headers: { Cookie: cookie } });
    expect(back.node).toBe('node-b');
    expect(back.headers['set-cookie']?.[0]).toMatch(/^MMSTICKY=[\w-]{22};/);
    const held = await controller.get(hostOf('chat'), '/', { headers: { Cookie: cookie } });
    expect([held.status, held.node]).toEqual([200, 'node-a']);
    await eventually(() => expect(endings).toHaveLength(SOCKETS));
    expect(new Set(endings.map(({ code, reason }) => `${code} ${reason}`))).toEqual(
      new Set(['1012 node is restarting']),
    );
    // Between the pace of one worker alone and that of all at once.
    expect(performance.now() - beganMs).toBeGreaterThan(ALL_MS);
    const times = endings.map(({ atMs }) => atMs);
    expect(peakOf(times, 1000)).toBeGreaterThan(PER_SECOND / 2);
    expect(back.socket.readyState).toBe(back.socket.OPEN);
    await controller.expectMetrics((metrics) => {
      const closed = { host: hostOf('chat'), reason: 'endpoint-draining' };
      expect(metrics.sum('websocket_closed_total', closed)).toBe(SOCKETS);
    });
    back.socket.terminate();
  });
});

describe('a node that stops, as Mattermost does', () => {
  test('breaks all off at once; a few clients see that, the others are told in turn', async () => {
    await controller.apply('chat.yaml', ...chat(place(0)));
    const talks = await openMany(SOCKETS);
    await controller.apply('chat.yaml', ...chat(place(0), place(1)));
    const endings = endingsOf(talks);
    const beganMs = performance.now();
    await nodes[0]?.stop();
    await eventually(() => expect(endings).toHaveLength(SOCKETS));
    expect(performance.now() - beganMs).toBeGreaterThan(ALL_MS);
    const told = endings.filter(({ code, reason }) => code === 1012 && reason === 'node was lost');
    const cut = endings.filter(({ code }) => code === 1006);
    expect(told.length + cut.length).toBe(SOCKETS);
    // A fifth of the pace, over both workers, that may lose some at the same moment. Whoever sees the end of the node
    // half a second later counts anew.
    expect(cut.length).toBeGreaterThan(0);
    expect(peakOf(await endedMs(cut), 500)).toBeLessThanOrEqual(PER_SECOND / 5 + 1);
    const next = await controller.open(hostOf('chat'));
    expect(next.node).toBe('node-b');
    next.socket.terminate();
  });
});

describe('a secret that is taken away', () => {
  test('takes those with it that showed it, and leaves the others', async () => {
    const header = { name: 'X-Mattermost-Preauth-Secret', secretRef: { name: 'preauth' } };
    const admission = {
      rules: [{ name: 'apps', headers: [header], action: 'Allow' }],
      defaultAction: 'Deny',
    };
    const objects = (data: Readonly<Record<string, string>>) => [
      ...site('chat', [place(0)], { websocket: WEBSOCKET, admission }),
      secret('preauth', data),
    ];
    const [old, next] = ['an-old-secret-of-the-app', 'the-next-secret-of-the-app'];
    await controller.apply('chat.yaml', ...objects({ old, next }));
    const open = (value: string) =>
      controller.open(hostOf('chat'), { headers: { 'X-Mattermost-Preauth-Secret': value } });
    const [leaving, staying] = [await open(old), await open(next)];
    await controller.apply('chat.yaml', ...objects({ next }));
    expect(await leaving.closed).toMatchObject({ code: 1008, reason: 'policy has changed' });
    expect(staying.socket.readyState).toBe(staying.socket.OPEN);
    staying.socket.terminate();
  });
});
