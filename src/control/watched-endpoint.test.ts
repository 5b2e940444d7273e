// One endpoint through checks, ejections and time: what was heard, and what it is then.
import { describe, expect, test } from 'vitest';
import type { BackendHealth, HealthCheck } from '../model/configuration.ts';
import type { CheckResult } from './probe.ts';
import { WatchedEndpoint } from './watched-endpoint.ts';

const CHECK: HealthCheck = {
  path: '/',
  isPing: false,
  intervalMs: 5000,
  timeoutMs: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};
const HEALTH: BackendHealth = {
  check: CHECK,
  ejection: { consecutiveFailures: 5, baseTimeMs: 30_000, maxPercent: 50 },
  whenAllUnhealthy: 'Serve',
  slowStartMs: 0,
};
const RESULTS: Readonly<Record<string, CheckResult>> = {
  o: { kind: 'passed' },
  x: { kind: 'failed', failure: 'timeout' },
};

function afterChecks(letters: string, health = HEALTH): string {
  const watched = new WatchedEndpoint(0, 0);
  const states = Array.from(letters, (letter) => {
    watched.checked(RESULTS[letter] ?? { kind: 'passed' }, health, 0);
    return watched.state === 'unhealthy' ? 'U' : 'R';
  });
  return states.join('');
}

describe('thresholds', () => {
  test.each([
    ['', ''],
    ['ooo', 'RRR'],
    ['xx', 'RR'],
    ['xxx', 'RRU'],
    ['xxoxx', 'RRRRR'],
    ['xxxo', 'RRUU'],
    ['xxxoo', 'RRUUR'],
    ['xxxoxoo', 'RRUUUUR'],
    ['xxxooxx', 'RRUURRR'],
    ['xxxooxxx', 'RRUURRRU'],
  ])('%s', (checks, states) => expect(afterChecks(checks)).toBe(states));

  test('of one', () => {
    const check = { ...CHECK, healthyThreshold: 1, unhealthyThreshold: 1 };
    expect(afterChecks('xox', { ...HEALTH, check })).toBe('URU');
  });
});

describe('slow start', () => {
  const slow = { ...HEALTH, slowStartMs: 10_000 };
  const recovered = () => {
    const watched = new WatchedEndpoint(0, 0);
    for (const letter of 'xxxoo') watched.checked(RESULTS[letter] ?? { kind: 'passed' }, slow, 1000);
    return watched;
  };

  test('after it recovered, until its time is over', () => {
    const watched = recovered();
    expect([watched.state, watched.sinceMs, watched.isPassing]).toEqual(['slow-start', 1000, true]);
    watched.advance(slow, 10_999);
    expect(watched.state).toBe('slow-start');
    watched.advance(slow, 11_000);
    expect([watched.state, watched.reason, watched.isPassing]).toEqual(['ready', 'slow-start-over', false]);
  });

  test('ends where it fails again', () => {
    const watched = recovered();
    for (const letter of 'xxx') watched.checked(RESULTS[letter] ?? { kind: 'passed' }, slow, 2000);
    expect([watched.state, watched.isPassing]).toEqual(['unhealthy', false]);
  });
});

describe('ejection', () => {
  /** Ejects at each time; gives how long each one lasts. */
  const durations = (times: readonly number[], health = HEALTH) => {
    const watched = new WatchedEndpoint(0, 0);
    return times.map((nowMs) => {
      watched.eject(health, nowMs);
      let endMs = nowMs;
      while (watched.isEjected) watched.advance(health, (endMs += 1000));
      return endMs - nowMs;
    });
  };

  test('lasts longer each time it fails soon after its return', () => {
    expect(durations([0, 40_000, 110_000, 240_000])).toEqual([30_000, 60_000, 120_000, 240_000]);
  });

  test('never longer than five minutes, or than it is wished', () => {
    const soon = [0, 31_000, 92_000, 213_000, 454_000, 755_000, 1_056_000];
    expect(durations(soon).slice(3)).toEqual([240_000, 300_000, 300_000, 300_000]);
    const hour = { ...HEALTH, ejection: { ...HEALTH.ejection, baseTimeMs: 3_600_000 } };
    expect(durations([0, 3_601_000], hour)).toEqual([3_600_000, 3_600_000]);
  });

  test('is short again after it has served for long', () => {
    expect(durations([0, 40_000, 40_000 + 60_000 + 120_000])).toEqual([30_000, 60_000, 30_000]);
  });

  test('an endpoint that is ejected and fails its checks is unhealthy until both are over', () => {
    const watched = new WatchedEndpoint(0, 0);
    watched.eject(HEALTH, 0);
    for (const letter of 'xxx') watched.checked(RESULTS[letter] ?? { kind: 'passed' }, HEALTH, 1000);
    expect(watched.state).toBe('unhealthy');
    for (const letter of 'oo') watched.checked(RESULTS[letter] ?? { kind: 'passed' }, HEALTH, 2000);
    expect([watched.state, watched.reason]).toEqual(['ejected', 'failures-in-a-row']);
    watched.advance(HEALTH, 30_000);
    expect(watched.state).toBe('ready');
  });
});

test('the end of an ejection says nothing of an endpoint whose checks fail', () => {
  const slow = { ...HEALTH, slowStartMs: 10_000 };
  const watched = new WatchedEndpoint(0, 0);
  watched.eject(slow, 0);
  for (const letter of 'xxx') watched.checked(RESULTS[letter] ?? { kind: 'passed' }, slow, 1000);
  for (const nowMs of [30_000, 40_000]) {
    watched.advance(slow, nowMs);
    expect([watched.state, watched.reason, watched.sinceMs]).toEqual(['unhealthy', 'check-failed', 1000]);
    expect(watched.isPassing).toBe(false);
  }
});

test('a twin knows what is known', () => {
  const known = new WatchedEndpoint(0, 0);
  for (const letter of 'xxx') known.checked(RESULTS[letter] ?? { kind: 'passed' }, HEALTH, 5);
  const twin = new WatchedEndpoint(1, 10);
  twin.adopt(known);
  expect([twin.slot, twin.state, twin.reason, twin.sinceMs]).toEqual([1, 'unhealthy', 'check-failed', 5]);
  for (const letter of 'oo') twin.checked(RESULTS[letter] ?? { kind: 'passed' }, HEALTH, 20);
  expect([twin.state, known.state]).toEqual(['ready', 'unhealthy']);
});
