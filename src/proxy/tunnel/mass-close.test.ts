// Many WebSockets at once: a lost endpoint, several workers, the end of the process. No sockets, no time.
import { beforeEach, describe, expect, test } from 'vitest';
import { endpoint } from '../../decide/test-objects.ts';
import { closedOf, pace, peakPerSecond, reasonsOf, TunnelWorld } from './test-tunnels.ts';

const A = endpoint('a');
const B = endpoint('b');
const DRAINING_A = endpoint('a', { state: 'draining' });
const SECOND = 1000;

let world: TunnelWorld;
beforeEach(() => {
  world = new TunnelWorld();
  world.serve({}, [A, B]);
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
