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

type Ending = { readonly code: number; readonly reason: string; readonly atMs: number };

function place(at: number, more: Partial<EndpointPlace> = {}): EndpointPlace {
  const { name = '', port = 0 } = nodes[at] ?? {};
  return { name, port, ...more };
}

function chat(...places: readonly EndpointPlace[]) {
  return site('chat', places, { websocket: WEBSOCKET });
}

async function openMany(count: number): Promise<readonly Conversation[]> {
  return Promise.all(Array.from({ length: count }, () => controller.open(hostOf('chat'))));
}

function endingsOf(talks: readonly Conversation[]): Ending[] {
  const endings: Ending[] = [];
  for (const talk of talks) void talk.closed.then((end) => endings.push({ ...end, atMs: performance.now() }));
  return endings;
}

function peakPerSecond(endings: readonly Ending[]): number {
  const times = endings.map(({ atMs }) => atMs);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
}

describe('a node that is terminating', () => {
  test('its WebSockets leave in turn; whoever comes, comes to the other one, with its cookie', async () => {
    await controller.apply('chat.yaml', ...chat(place(0)));
    const talks = await openMany(SOCKETS);
    const cookie = talks[0]?.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const endings = endingsOf(talks);
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
    expect(peakPerSecond(endings)).toBeGreaterThan(PER_SECOND / 2);
    expect(peakPerSecond(endings)).toBeLessThanOrEqual(PER_SECOND * 1.3);
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
    await nodes[0]?.stop();
    await eventually(() => expect(endings).toHaveLength(SOCKETS));
    const told = endings.filter(({ code, reason }) => code === 1012 && reason === 'node was lost');
    const cut = endings.filter(({ code }) => code === 1006);
    expect(told.length + cut.length).toBe(SOCKETS);
    // A fifth of the pace, over both workers, that may lose some at the same moment.
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.length).toBeLessThanOrEqual(PER_SECOND / 5 + 1);
    expect(peakPerSecond(endings)).toBeLessThanOrEqual(PER_SECOND * 1.4);
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
