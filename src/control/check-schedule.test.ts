// When whom to check: spread, jitter, and bounds that no number of endpoints breaks. Time and chance are the test's.
import { describe, expect, test } from 'vitest';
import { CheckSchedule, DEFAULT_SCHEDULE_LIMITS } from './check-schedule.ts';

const TICK_MS = 100;
const INTERVAL_MS = 5_000;

/** Chance that goes through the unit interval evenly. */
function evenChance(): () => number {
  let at = 0;
  return () => (at++ * 0.618_033_988_7) % 1;
}

/** Runs for so long; checks take `durationMs` each. Gives the times at which each key was taken. */
function run(
  schedule: CheckSchedule<number>,
  { untilMs, durationMs = 0 }: { readonly untilMs: number; readonly durationMs?: number },
) {
  const times = new Map<number, number[]>();
  const perTick: number[] = [];
  let mostRunning = 0;
  let ending: { key: number; atMs: number }[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += TICK_MS) {
    for (const { key } of ending.filter(({ atMs }) => atMs <= nowMs))
      schedule.finished(key, INTERVAL_MS, nowMs);
    ending = ending.filter(({ atMs }) => atMs > nowMs);
    const taken = schedule.take(nowMs);
    perTick.push(taken.length);
    for (const key of taken) {
      times.set(key, [...(times.get(key) ?? []), nowMs]);
      ending.push({ key, atMs: nowMs + durationMs });
    }
    mostRunning = Math.max(mostRunning, schedule.running);
  }
  return { times, perTick, mostRunning };
}

describe('a few endpoints', () => {
  const schedule = new CheckSchedule<number>(DEFAULT_SCHEDULE_LIMITS, evenChance());
  for (let key = 0; key < 50; key++) schedule.add(key, INTERVAL_MS, 0);
  const { times, perTick } = run(schedule, { untilMs: 60_000 });

  test('are first asked spread over the interval', () => {
    const first = [...times.values()].map(([ms = 0]) => ms);
    expect(times.size).toBe(50);
    expect(Math.max(...first)).toBeGreaterThan(INTERVAL_MS * 0.9);
    expect(Math.max(...first)).toBeLessThanOrEqual(INTERVAL_MS + TICK_MS);
    expect(Math.max(...perTick.slice(0, INTERVAL_MS / TICK_MS))).toBeLessThanOrEqual(4);
  });

  test('and again after the interval, give or take a tenth', () => {
    const gaps = [...times.values()].flatMap((list) => list.slice(1).map((ms, at) => ms - (list[at] ?? 0)));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL_MS * 0.9);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(INTERVAL_MS * 1.1 + TICK_MS);
    expect(new Set(gaps).size).toBeGreaterThan(5);
  });
});

describe('a storm cannot be', () => {
  test('1,000 endpoints due at once begin by the rate, in turn', () => {
    const schedule = new CheckSchedule<number>({ maxRunning: 10_000, maxPerSecond: 100 }, () => 0);
    for (let key = 0; key < 1000; key++) schedule.add(key, INTERVAL_MS, 0);
    const { times, perTick } = run(schedule, { untilMs: 10_000 });
    expect(Math.max(...perTick)).toBeLessThanOrEqual(20);
    const inAnySecond = perTick.map((_, at) => perTick.slice(at, at + 10).reduce((a, b) => a + b, 0));
    expect(Math.max(...inAnySecond)).toBeLessThanOrEqual(120);
    // Ten seconds' worth: everybody once, nobody twice.
    expect([times.size, Math.max(...[...times.values()].map((list) => list.length))]).toEqual([1000, 1]);
  });

  test('endpoints that hang hold no more than the places there are', () => {
    const schedule = new CheckSchedule<number>({ maxRunning: 8, maxPerSecond: 10_000 }, () => 0);
    for (let key = 0; key < 1000; key++) schedule.add(key, INTERVAL_MS, 0);
    const { mostRunning, times } = run(schedule, { untilMs: 20_000, durationMs: 2_000 });
    expect(mostRunning).toBe(8);
    expect(times.size).toBe(80);
  });

  test('a main thread that stood still makes up for nothing', () => {
    const schedule = new CheckSchedule<number>({ maxRunning: 10_000, maxPerSecond: 100 }, () => 0);
    for (let key = 0; key < 1000; key++) schedule.add(key, INTERVAL_MS, 0);
    schedule.take(0);
    expect(schedule.take(60_000).length).toBeLessThanOrEqual(20);
  });
});

test('an endpoint is never checked twice at a time', () => {
  const schedule = new CheckSchedule<string>(DEFAULT_SCHEDULE_LIMITS, () => 0);
  schedule.add('a', 1000, 0);
  schedule.take(0);
  expect(schedule.take(100)).toEqual(['a']);
  expect([200, 5_000, 60_000].flatMap((nowMs) => schedule.take(nowMs))).toEqual([]);
  schedule.finished('a', 1000, 60_000);
  expect([60_100, 60_800].flatMap((nowMs) => schedule.take(nowMs))).toEqual([]);
  expect(schedule.take(61_000)).toEqual(['a']);
});

test('one that is gone is not checked, nor is its place held', () => {
  const schedule = new CheckSchedule<string>({ maxRunning: 1, maxPerSecond: 1000 }, () => 0);
  for (const key of ['a', 'b', 'c']) schedule.add(key, 1000, 0);
  schedule.take(0);
  expect(schedule.take(100)).toEqual(['a']);
  schedule.remove('a');
  schedule.remove('b');
  expect(schedule.take(200)).toEqual(['c']);
  schedule.finished('a', 1000, 300);
  expect(schedule.running).toBe(1);
});
