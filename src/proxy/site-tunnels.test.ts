// What changes of the configuration mean for open WebSockets: who is asked to leave, why, and when. No sockets, no time.
import { beforeEach, describe, expect, test } from 'vitest';
import { admission, COOKIE, endpoint, ranges, rule, webSocketCloses } from '../decide/test-objects.ts';
import type { Endpoint, OpenSite } from '../model/configuration.ts';
import { type FakeTunnel, peakPerSecond, TunnelWorld } from './test-tunnels.ts';

const A = endpoint('a');
const B = endpoint('b');
const DRAINING_A = endpoint('a', { state: 'draining' });
const SECOND = 1000;

let world: TunnelWorld;
beforeEach(() => {
  world = new TunnelWorld();
  world.serve({}, [A, B]);
});

function closedOf(tunnels: readonly FakeTunnel[]): readonly FakeTunnel[] {
  return tunnels.filter(({ closed }) => closed !== undefined);
}

function reasonsOf(tunnels: readonly FakeTunnel[]): readonly string[] {
  return [...new Set(closedOf(tunnels).map(({ closed }) => `${closed?.code} ${closed?.reason}`))];
}

function pace(perSecond: number, maxSpreadMs = 30 * SECOND): Partial<OpenSite> {
  return { webSockets: webSocketCloses({ reconnects: { perSecond, maxSpreadMs } }) };
}

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
    readonly then: readonly Endpoint[] | undefined;
    readonly closed: number;
  }>([
    { name: 'stay while no other is ready', then: undefined, closed: 0 },
    { name: 'leave when one is', then: [DRAINING_A, B], closed: 5 },
  ])('tunnels of the last one $name', ({ then, closed }) => {
    const tunnels = world.open(5, 'a');
    world.serve({}, [DRAINING_A, endpoint('b', { state: 'draining' })]);
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toEqual([]);
    if (then !== undefined) world.serve({}, then);
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

describe('an endpoint that is lost', () => {
  test('few are passed on, the rest of many is held and told at the pace', () => {
    const lost = world.open(2000, 'a');
    const answers = lost.map((tunnel) => tunnel.lose());
    expect(answers.filter((answer) => answer === 'pass')).toHaveLength(20);
    expect(answers.lastIndexOf('pass')).toBe(19);
    world.advance(20 * SECOND + 100);
    expect(closedOf(lost)).toHaveLength(1980);
    expect(peakPerSecond(lost)).toBeLessThanOrEqual(120);
    expect(reasonsOf(lost)).toEqual(['1012 backend-lost']);
  });

  test('more than the pace allows are held for 20 s at most', () => {
    world.serve(pace(5, 600 * SECOND));
    const lost = world.open(1000, 'a');
    for (const tunnel of lost) tunnel.lose();
    world.advance(20 * SECOND + 100);
    expect(closedOf(lost)).toHaveLength(999);
  });

  test('one after another, slower than the pace, are never held', () => {
    const lost = world.open(100, 'a');
    for (const tunnel of lost) {
      expect(tunnel.lose()).toBe('pass');
      world.advance(100);
    }
  });

  test('Calls are told at once', () => {
    const lost = world.open(40, 'a');
    for (const tunnel of lost) tunnel.isCalls = true;
    const answers = lost.map((tunnel) => tunnel.lose());
    expect(answers.filter((answer) => answer === 'close')).toHaveLength(20);
  });

  test('those that wait to leave it are held too, and those held are not made to wait longer', () => {
    const lost = world.open(500, 'a');
    world.serve({}, [DRAINING_A, B]);
    world.advance(SECOND);
    const left = lost.filter(({ closed }) => closed === undefined);
    for (const tunnel of left) tunnel.lose();
    world.serve({}, [B]);
    world.advance(20 * SECOND);
    const held = left.filter(({ isHeld }) => isHeld);
    expect(held.length).toBe(left.length - 20);
    expect(reasonsOf(held)).toEqual(['1012 backend-lost']);
    expect(closedOf(held)).toHaveLength(held.length);
  });
});

describe('an endpoint that is lost before it is called terminating', () => {
  test('has those that are held told in their time', () => {
    world.serve(pace(5, 600 * SECOND), [A, B]);
    const lost = world.open(300, 'a');
    for (const tunnel of lost) tunnel.lose();
    world.serve(pace(5, 600 * SECOND), [DRAINING_A, B]);
    world.advance(20 * SECOND + 100);
    expect(closedOf(lost)).toHaveLength(299);
    expect(reasonsOf(lost)).toEqual(['1012 backend-lost']);
  });
});

describe('several workers', () => {
  test('share one pace, each by its part', () => {
    world = new TunnelWorld(3);
    world.serve({}, [A, B]);
    const many = world.open(600, 'a', { worker: 0 });
    const few = world.open(300, 'a', { worker: 1 });
    const all = [...many, ...few, ...world.open(0, 'a', { worker: 2 })];
    world.serve({}, [DRAINING_A, B]);
    world.advance(3 * SECOND);
    expect(closedOf(all).length).toBeGreaterThan(270);
    expect(closedOf(all).length).toBeLessThan(330);
    expect(closedOf(many).length / closedOf(few).length).toBeCloseTo(2, 0);
    world.advance(7 * SECOND);
    expect(closedOf(all)).toHaveLength(900);
    expect(peakPerSecond(all)).toBeLessThanOrEqual(120);
  });

  test('see together that an endpoint is lost', () => {
    world = new TunnelWorld(4);
    world.serve({}, [A, B]);
    const lost = [0, 1, 2, 3].flatMap((worker) => world.open(15, 'a', { worker }));
    const answers = lost.map((tunnel) => tunnel.lose());
    expect(answers.filter((answer) => answer === 'hold')).toHaveLength(40);
  });

  test('of which one ended leave its part to nobody', () => {
    world = new TunnelWorld(2);
    world.serve({}, [A, B]);
    world.open(500, 'a', { worker: 0 });
    const tunnels = world.open(100, 'a', { worker: 1 });
    world.serve({}, [DRAINING_A, B]);
    world.shared.row(0).clear();
    expect(world.shared.closing(0)).toBeGreaterThanOrEqual(0);
    world.advance(31 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(100);
  });
});

describe('the end of the process', () => {
  test('asks all to leave at the pace of their site, and who comes meanwhile', () => {
    const tunnels = world.open(200, 'a');
    const shutDown = () => world.sets[0]?.shutDown(54 * SECOND);
    shutDown();
    world.advance(SECOND, shutDown);
    const late = world.open(5, 'b');
    world.advance(3 * SECOND, shutDown);
    expect(reasonsOf([...tunnels, ...late])).toEqual(['1001 shutdown']);
    expect(closedOf([...tunnels, ...late])).toHaveLength(205);
    expect(peakPerSecond(tunnels)).toBeLessThanOrEqual(120);
  });

  test('is not put off by what else they waited for', () => {
    world.serve(pace(1, 600 * SECOND), [A, B]);
    const tunnels = world.open(200, 'a');
    world.serve(pace(1, 600 * SECOND), [DRAINING_A, B]);
    const shutDown = () => world.sets[0]?.shutDown(10 * SECOND);
    shutDown();
    world.advance(10 * SECOND + 100, shutDown);
    expect(closedOf(tunnels)).toHaveLength(200);
  });
});
