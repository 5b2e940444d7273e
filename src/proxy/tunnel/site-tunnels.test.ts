// What changes of the configuration mean for open WebSockets: who is asked to leave, why, and when. No sockets, no time.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  admission,
  COOKIE,
  endpoint,
  HOST,
  ranges,
  rule,
  webSocketCloses,
} from '../../decide/test-objects.ts';
import type { Endpoint } from '../../model/configuration.ts';
import { closedOf, pace, peakPerSecond, reasonsOf, TunnelWorld } from './test-tunnels.ts';

const A = endpoint('a');
const B = endpoint('b');
const DRAINING_A = endpoint('a', { state: 'draining' });
const SECOND = 1000;
const OTHER_HOST = 'talk.example.com';

let world: TunnelWorld;
beforeEach(() => {
  world = new TunnelWorld();
  world.serve({}, [A, B]);
});

describe('an endpoint that is terminating', () => {
  test('its tunnels leave at the pace, from the start; all others stay', () => {
    const leaving = world.open(500, 'a');
    const staying = world.open(50, 'b');
    world.serve({}, [DRAINING_A, B]);
    const counts: number[] = [];
    world.advance(6 * SECOND, () => counts.push(closedOf(leaving).length));
    expect(counts[9]).toBeGreaterThanOrEqual(90);
    expect(counts[9]).toBeLessThanOrEqual(110);
    expect(counts.at(-1)).toBe(500);
    expect(peakPerSecond(leaving)).toBeLessThanOrEqual(120);
    expect(reasonsOf(leaving)).toEqual(['1012 endpoint-draining']);
    expect(closedOf(staying)).toEqual([]);
  });

  test.each([
    {
      name: 'maxSpread',
      perSecond: 10,
      maxSpreadMs: 5 * SECOND,
      timeoutMs: 600 * SECOND,
      withinMs: 5 * SECOND,
    },
    {
      name: 'drain.timeout',
      perSecond: 10,
      maxSpreadMs: 30 * SECOND,
      timeoutMs: 3 * SECOND,
      withinMs: 3 * SECOND,
    },
  ])(
    'more than the pace allows within $name leave faster',
    ({ perSecond, maxSpreadMs, timeoutMs, withinMs }) => {
      const more = {
        ...pace(perSecond, maxSpreadMs),
        persistence: { ...COOKIE, drain: { mode: 'Fenced', timeoutMs } as const },
      };
      world.serve(more, [A, B]);
      const leaving = world.open(1000, 'a');
      world.serve(more, [DRAINING_A, B]);
      world.advance(withinMs / 2);
      expect(closedOf(leaving).length).toBeGreaterThan(400);
      expect(closedOf(leaving).length).toBeLessThan(600);
      world.advance(withinMs / 2 + 100);
      expect(closedOf(leaving)).toHaveLength(1000);
    },
  );

  test('one that is opened there still is asked to leave too', () => {
    world.open(1, 'a');
    world.serve({}, [DRAINING_A, B]);
    const late = world.open(1, 'a');
    world.advance(SECOND);
    expect(reasonsOf(late)).toEqual(['1012 endpoint-draining']);
  });

  test.each<{
    readonly name: string;
    readonly later: readonly Endpoint[] | undefined;
    readonly closed: number;
  }>([
    { name: 'stay while no other is ready', later: undefined, closed: 0 },
    { name: 'leave when one is', later: [DRAINING_A, B], closed: 5 },
  ])('tunnels of the last one $name', ({ later, closed }) => {
    const tunnels = world.open(5, 'a');
    world.serve({}, [DRAINING_A, endpoint('b', { state: 'draining' })]);
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toEqual([]);
    if (later !== undefined) world.serve({}, later);
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(closed);
  });

  test('whoever leaves by himself is not waited for', () => {
    const tunnels = world.open(200, 'a');
    world.serve({}, [DRAINING_A, B]);
    for (const tunnel of tunnels.slice(0, 150)) tunnel.leave();
    world.advance(SECOND);
    expect(closedOf(tunnels)).toHaveLength(50);
    expect(world.sets[0]?.size).toBe(0);
  });
});

describe('an endpoint that is removed', () => {
  test.each([
    { name: 'and comes back within 30 s keeps its tunnels', backMs: 29 * SECOND, closed: 0 },
    { name: 'and comes back too late does not', backMs: 40 * SECOND, closed: 5 },
  ])('$name', ({ backMs, closed }) => {
    const tunnels = world.open(5, 'a');
    world.serve({}, [B]);
    world.advance(backMs);
    world.serve({}, [A, B]);
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(closed);
    if (closed > 0) expect(reasonsOf(tunnels)).toEqual(['1012 endpoint-removed']);
  });

  test('keeps its tunnels while there is no other for them', () => {
    const tunnels = world.open(5, 'a');
    world.serve({}, []);
    world.advance(120 * SECOND);
    expect(closedOf(tunnels)).toEqual([]);
    world.serve({}, [B]);
    world.advance(2 * SECOND);
    expect(reasonsOf(tunnels)).toEqual(['1012 endpoint-removed']);
  });
});

describe('a site', () => {
  test.each([
    { name: 'that is back within 30 s keeps its tunnels', backMs: 29 * SECOND, closed: 0 },
    { name: 'that is gone for 30 s loses them', backMs: 40 * SECOND, closed: 5 },
  ])('$name', ({ backMs, closed }) => {
    const tunnels = world.open(5, 'a');
    world.serve(undefined);
    world.advance(backMs);
    world.serve({});
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(closed);
    if (closed > 0) expect(reasonsOf(tunnels)).toEqual(['1001 site-removed']);
  });

  test.each([
    { name: 'one of whose hosts is back within 30 s keeps its tunnels', backMs: 29 * SECOND, closed: 0 },
    {
      name: 'one of whose hosts is gone for 30 s loses those that came in by it',
      backMs: 40 * SECOND,
      closed: 5,
    },
  ])('$name', ({ backMs, closed }) => {
    world.hosts = [HOST, OTHER_HOST];
    world.serve({});
    const staying = world.open(5, 'a');
    const leaving = world.open(5, 'a', { host: OTHER_HOST });
    world.hosts = [HOST];
    world.serve({});
    world.advance(backMs);
    world.hosts = [OTHER_HOST, HOST];
    world.serve({});
    world.advance(60 * SECOND);
    expect(closedOf(leaving)).toHaveLength(closed);
    if (closed > 0) expect(reasonsOf(leaving)).toEqual(['1001 site-removed']);
    expect(closedOf(staying)).toEqual([]);
  });

  test('one of whose hosts comes back while its tunnels leave keeps those that still wait', () => {
    world.hosts = [HOST, OTHER_HOST];
    world.serve(pace(10));
    const tunnels = world.open(100, 'a', { host: OTHER_HOST });
    world.hosts = [HOST];
    world.serve(pace(10));
    world.advance(32 * SECOND);
    const before = closedOf(tunnels).length;
    expect(before).toBeGreaterThan(0);
    world.hosts = [HOST, OTHER_HOST];
    world.serve(pace(10));
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(before);
  });

  test.each<readonly [string, number, number]>([
    ['is the first to open', 0, 0],
    ['opens beside others', 5, 0],
    ['opens long after', 5, 300],
  ])('one of whose hosts is gone when a tunnel of it %s keeps the others', (_, others, waitSeconds) => {
    world.hosts = [HOST, OTHER_HOST];
    world.serve({});
    const late = world.late('a', OTHER_HOST);
    world.hosts = [HOST];
    world.serve({});
    const before = world.open(others, 'a');
    world.advance(waitSeconds * SECOND);
    const leaving = late();
    const staying = [...before, ...world.open(5, 'a')];
    world.advance(60 * SECOND);
    expect(reasonsOf(leaving)).toEqual(['1001 site-removed']);
    expect(closedOf(staying)).toEqual([]);
  });

  test('that a snapshot has keeps its tunnels, one that it has not loses them', () => {
    const tunnels = world.open(5, 'a');
    world.serve({}, [A, B], 'snapshot');
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toEqual([]);
    world.serve(undefined, undefined, 'snapshot');
    world.advance(40 * SECOND);
    expect(reasonsOf(tunnels)).toEqual(['1001 site-removed']);
  });

  test('that comes back while its tunnels leave keeps those that still wait', () => {
    world.serve(pace(10));
    const tunnels = world.open(100, 'a');
    world.serve(undefined);
    world.advance(32 * SECOND);
    const before = closedOf(tunnels).length;
    expect(before).toBeGreaterThan(0);
    world.serve(pace(10));
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(before);
  });

  test('that is held closed keeps its tunnels, and knows their rules when it opens again', () => {
    world.serve({ admission: admission([rule('office', { sources: ranges('192.0.2.0', '192.0.2.255') })]) });
    const tunnels = world.open(5, 'a');
    world.serve('closed');
    world.advance(120 * SECOND);
    expect(closedOf(tunnels)).toEqual([]);
    world.serve({ admission: admission([]), webSockets: webSocketCloses({ onPolicyChange: 'Recheck' }) });
    world.advance(2 * SECOND);
    expect(reasonsOf(tunnels)).toEqual(['1008 policy-changed']);
  });
});

describe('a policy that changed', () => {
  const office = (first: string, last: string) =>
    admission([rule('office', { sources: ranges(first, last) })]);
  test.each([
    { onPolicyChange: 'Keep', closed: 0 },
    { onPolicyChange: 'Recheck', closed: 3 },
  ] as const)('$onPolicyChange', ({ onPolicyChange, closed }) => {
    const webSockets = webSocketCloses({ onPolicyChange });
    world.serve({ webSockets, admission: office('192.0.2.0', '192.0.2.255') });
    const outside = world.open(3, 'a', { from: '192.0.2.200' });
    const inside = world.open(3, 'b', { from: '192.0.2.7' });
    world.serve({ webSockets, admission: office('192.0.2.0', '192.0.2.127') });
    world.advance(2 * SECOND);
    expect(closedOf(outside)).toHaveLength(closed);
    expect(reasonsOf(outside)).toEqual(closed === 0 ? [] : ['1008 policy-changed']);
    expect(closedOf(inside)).toEqual([]);
  });
});

describe('the longest life', () => {
  test('ends it, and the others go on', () => {
    world.serve({ webSockets: webSocketCloses({ maxDurationMs: 60 * SECOND }) });
    const old = world.open(3, 'a');
    world.advance(30 * SECOND);
    const young = world.open(3, 'a');
    world.advance(29 * SECOND);
    expect(closedOf(old)).toEqual([]);
    world.advance(3 * SECOND);
    expect([reasonsOf(old), closedOf(young)]).toEqual([['1012 max-duration'], []]);
    world.advance(30 * SECOND);
    expect(closedOf(young)).toHaveLength(3);
  });

  test('of many that came together ends at the pace', () => {
    world.serve({ webSockets: webSocketCloses({ maxDurationMs: 60 * SECOND }) });
    const old = world.open(500, 'a');
    world.advance(70 * SECOND);
    expect(closedOf(old)).toHaveLength(500);
    expect(peakPerSecond(old)).toBeLessThanOrEqual(120);
  });
});
