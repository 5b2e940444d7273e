// The timer wheel on a clock the test moves: when timers fire, and what arming anew does.
import { describe, expect, test } from 'vitest';
import { Timer, TimerWheel } from './timers.ts';

function wheelAt(startMs: number) {
  const facts = { nowMs: startMs, fired: [] as string[], bugs: [] as unknown[] };
  const clock = { epochMs: () => 0, monotonicMs: () => facts.nowMs };
  const wheel = new TimerWheel(clock, (error) => facts.bugs.push(error));
  const timer = (name: string) => new Timer(() => facts.fired.push(name));
  const advance = (byMs: number) => {
    facts.nowMs += byMs;
    wheel.advance();
  };
  /** As it comes to pass where the thread is awake. */
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) advance(Math.min(left, 1_000));
  };
  return { wheel, facts, timer, advance, pass };
}

describe('a timer', () => {
  test.each([1, 99, 100, 5_000, 3_600_000])(
    'armed for %i ms fires no earlier, and within a tick',
    (delayMs) => {
      const { wheel, facts, timer, advance, pass } = wheelAt(12_345);
      wheel.arm(timer('a'), delayMs);
      pass(delayMs - 1);
      expect(facts.fired).toEqual([]);
      advance(101);
      expect(facts.fired).toEqual(['a']);
    },
  );

  test('fires once', () => {
    const { wheel, facts, timer, advance } = wheelAt(0);
    wheel.arm(timer('a'), 50);
    for (let step = 0; step < 10; step++) advance(100);
    expect(facts.fired).toEqual(['a']);
  });

  test('that is armed again moves, both ways', () => {
    const { wheel, facts, timer, advance, pass } = wheelAt(0);
    const later = timer('later');
    const sooner = timer('sooner');
    wheel.arm(later, 200);
    wheel.arm(sooner, 10_000);
    wheel.arm(later, 10_000);
    wheel.arm(sooner, 200);
    advance(400);
    expect(facts.fired).toEqual(['sooner']);
    pass(10_000);
    expect(facts.fired).toEqual(['sooner', 'later']);
  });

  test('that is cancelled does not fire, and can be armed again', () => {
    const { wheel, facts, timer, advance } = wheelAt(0);
    const one = timer('a');
    wheel.arm(one, 200);
    one.cancel();
    advance(400);
    expect(facts.fired).toEqual([]);
    wheel.arm(one, 200);
    advance(400);
    expect(facts.fired).toEqual(['a']);
  });

  test('may arm itself when it fires', () => {
    const { wheel, facts, advance } = wheelAt(0);
    const again: Timer = new Timer(() => {
      facts.fired.push('tick');
      wheel.arm(again, 100);
    });
    wheel.arm(again, 100);
    for (let step = 0; step < 4; step++) advance(200);
    expect(facts.fired).toEqual(['tick', 'tick', 'tick', 'tick']);
  });

  // It would keep its owner alive for as long as it was armed: a request's timer holds all of the request.
  test('that is cancelled leaves the wheel at once, wherever it stands among its likes', () => {
    const { wheel, facts, timer, pass } = wheelAt(0);
    const timers = ['a', 'b', 'c', 'd'].map(timer);
    for (const each of timers) wheel.arm(each, 600_000);
    for (const at of [0, 2, 3]) timers[at]?.cancel();
    expect(timers.map(({ tick }) => tick !== undefined)).toEqual([false, true, false, false]);
    pass(700_000);
    expect(facts.fired).toEqual(['b']);
  });

  test('may cancel others of its time when it fires', () => {
    const { wheel, facts, advance } = wheelAt(0);
    const timers: readonly Timer[] = ['a', 'b', 'c'].map(
      (name) =>
        new Timer(() => {
          facts.fired.push(name);
          for (const other of timers) other.cancel();
        }),
    );
    for (const each of timers) wheel.arm(each, 100);
    advance(200);
    expect(facts.fired).toHaveLength(1);
  });

  test('whose owner throws takes no other with it', () => {
    const { wheel, facts, timer, advance } = wheelAt(0);
    const broken = new Timer(() => {
      throw new Error('a mistake');
    });
    wheel.arm(broken, 50);
    wheel.arm(timer('a'), 50);
    advance(200);
    expect(facts.fired).toEqual(['a']);
    expect(facts.bugs).toEqual([new Error('a mistake')]);
  });

  test('counts no pause of the whole thread, however long, but for its first second', () => {
    const { wheel, facts, timer, advance } = wheelAt(0);
    wheel.arm(timer('a'), 1_000);
    wheel.arm(timer('b'), 60_000);
    advance(3_600_000);
    expect(facts.fired).toEqual(['a']);
    expect([wheel.nowMs, wheel.clockMs]).toEqual([1_000, 3_600_000]);
    for (let step = 0; step < 58; step++) advance(1_000);
    expect(facts.fired).toEqual(['a']);
    for (let step = 0; step < 2; step++) advance(1_000);
    expect(facts.fired).toEqual(['a', 'b']);
  });
});
