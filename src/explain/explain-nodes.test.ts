// What is told of nodes: their states, the choice and its key, and what is sent there.
import { describe, expect, test } from 'vitest';
import type { Serving } from '../decide/compiled.ts';
import {
  endpoint,
  HEALTH,
  loadView,
  openSite,
  serving,
  servingBackend,
  site,
} from '../decide/test-objects.ts';
import type { Backend } from '../model/configuration.ts';
import { HealthBoard, healthBoardBytes } from '../model/health-board.ts';
import { explain } from './explain.ts';
import { explanationText } from './text.ts';
import { described, HANDSHAKE, knowledge, outcomeOf, outcomeText, siteOf } from './test-knowledge.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';

function backendOf(more: Partial<Backend>): Serving {
  const compiled = servingBackend([endpoint('node-1'), endpoint('node-2')], more);
  return { ...siteOf(), backends: new Map([[compiled.backend.key, compiled]]) };
}

describe('nodes', () => {
  function health(...states: readonly ('ready' | 'unhealthy')[]) {
    const board = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(8)));
    states.forEach((state, slot) => board.set(slot, state, 0));
    return board;
  }

  test('that fail are told, and nobody is sent there', () => {
    const board = health('unhealthy', 'ready');
    const known = knowledge(siteOf(), {
      loads: loadView([], 0, board),
      endpoint: (slot) => ({ state: board.state(slot), reason: 'check-failed', inFlight: 3, webSockets: 4 }),
    });
    const found = explain(described('GET /'), known);
    expect(found.endpoints?.all).toMatchObject([
      { name: 'node-1', state: 'unhealthy', isUsable: false, isChosen: false, inFlight: 3, webSockets: 4 },
      { name: 'node-2', isUsable: true, isChosen: true },
    ]);
  });

  test('none of which takes anybody', () => {
    const refusing = backendOf({ health: { ...HEALTH, whenAllUnhealthy: 'Refuse' } });
    const known = knowledge(refusing, { loads: loadView([], 0, health('unhealthy', 'unhealthy')) });
    const found = explain(described('GET /'), known);
    expect(outcomeText(found)).toBe('answer 503 no-endpoints');
    expect(found.notes.join()).toContain('whenAllUnhealthy is Refuse');
  });

  test('that are full', () => {
    const known = knowledge(backendOf({ maxConnectionsPerEndpoint: 2 }), { loads: loadView([2, 2]) });
    expect(outcomeOf(described('GET /'), known)).toBe('answer 503 endpoints-full');
    const one = knowledge(backendOf({ maxConnectionsPerEndpoint: 2 }), { loads: loadView([2, 1]) });
    expect(explain(described('GET /'), one).endpoints?.all.map(({ isChosen }) => isChosen)).toEqual([
      false,
      true,
    ]);
  });

  test('that are not there', () => {
    expect(outcomeOf(described('GET /'), knowledge(serving([site('chat.example.com')], [])))).toBe(
      'answer 503 no-endpoints',
    );
  });

  test.each([
    ['LeastConnections', [3, 3], [true, true]],
    ['LeastConnections', [3, 2], [false, true]],
    ['RoundRobin', [9, 0], [true, true]],
    ['Random', [0, 0], [true, true]],
  ] as const)('%s with loads %j leaves it to chance among: %j', (loadBalancing, loads, chosen) => {
    const none = { ...openSite().persistence, type: 'None', fallback: [] } as const;
    const compiled = servingBackend([endpoint('node-1'), endpoint('node-2')], { loadBalancing });
    const known = { ...siteOf({ persistence: none }), backends: new Map([[compiled.backend.key, compiled]]) };
    const found = explain(described('GET /'), knowledge(known, { loads: loadView(loads) }));
    expect(found.persistence?.result).toBe('balanced');
    expect(found.endpoints?.all.map(({ isChosen }) => isChosen)).toEqual(chosen);
  });

  test.each([
    ['a cookie', ['Cookie: MMSTICKY=node-2-new'], 'cookie', 'names node-2', false],
    ['a cookie of an older key', ['Cookie: MMSTICKY=node-2-old'], 'cookie', 'names node-2', true],
    ['a cookie of nobody', ['Cookie: MMSTICKY=x'], 'source', 'sent, but names no node of this Service', true],
    ['a user', [`Cookie: MMUSERID=${ID}`], 'user', 'not sent', true],
    ['an address', [], 'source', 'not sent', true],
  ])('persistence by %s', (...row) => {
    const [, lines, result, cookie, setsCookie] = row;
    const found = explain(described('GET /', lines), knowledge(siteOf()));
    expect(found.persistence).toMatchObject({
      result,
      setsCookie,
      keys: [{ key: 'cookie MMSTICKY', result: cookie }, {}, {}],
    });
    expect(found.endpoints?.all.filter(({ isChosen }) => isChosen)).toHaveLength(1);
  });

  test('a cookie that holds no longer is set anew, unless chance leads to its node again', () => {
    const persistence = {
      ...openSite().persistence,
      fallback: [],
      drain: { mode: 'Fenced', timeoutMs: 0 },
    } as const;
    const draining = { state: 'draining' } as const;
    const nodes = [endpoint('node-1', draining), endpoint('node-2', draining)];
    const known = knowledge(serving([site('chat.example.com', openSite({ persistence }))], nodes));
    const found = explain(described('GET /', ['Cookie: MMSTICKY=node-2-new']), known);
    expect(found.persistence?.result).toBe('balanced');
    expect(found.persistence).not.toHaveProperty('setsCookie');
    expect(explanationText(found, (_, text) => text)).toContain(
      "the node's own, with a new cookie MMSTICKY, unless it is the node that the cookie names",
    );
    expect(explain(described('GET /'), known).persistence?.setsCookie).toBe(true);
  });

  test('a draining one keeps its users, but gets no WebSocket', () => {
    const nodes = [endpoint('node-1', { state: 'draining' }), endpoint('node-2')];
    const known = knowledge(serving([site('chat.example.com')], nodes));
    const cookie = 'Cookie: MMSTICKY=node-1-new';
    expect(explain(described('GET /', [cookie]), known).persistence?.result).toBe('cookie-draining');
    const socket = explain(described('GET /api/v4/websocket', [...HANDSHAKE, cookie]), known);
    expect(socket.persistence?.keys[0]?.result).toContain('WebSockets go elsewhere');
    expect(socket.endpoints?.all.map(({ state, isChosen }) => [state, isChosen])).toEqual([
      ['draining', false],
      ['ready', true],
    ]);
  });
});

test('what is sent is told by name, and only ours with its value', () => {
  const lines = [
    'Cookie: a=1; MMSTICKY=canary',
    'X-App: canary',
    'Connection: x-hop',
    'X-Hop: canary',
    'X-Forwarded-For: 6.6.6.6',
  ];
  const found = explain(described('GET /hooks/canary?code=canary&canary', lines), knowledge(siteOf()));
  expect(found.backend).toMatchObject({
    path: '/hooks/***',
    query: ['code'],
    kept: ['Host', 'Cookie', 'X-App'],
  });
  expect(found.backend?.dropped.map(({ name }) => name).sort()).toEqual([
    'connection',
    'cookie MMSTICKY',
    'x-forwarded-for',
    'x-hop',
  ]);
  expect(found.backend?.added).toContainEqual({ name: 'X-Forwarded-For', value: '203.0.113.9' });
  expect(JSON.stringify(found)).not.toContain('canary');
});
