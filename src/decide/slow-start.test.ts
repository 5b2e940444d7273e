// The share of an endpoint that has just come: small at first, full in the end, under each way of balancing.
import { describe, expect, test } from 'vitest';
import { HealthBoard, healthBoardBytes } from '../model/health-board.ts';
import type { Backend } from '../model/configuration.ts';
import { balance, type LoadView } from './balance.ts';
import { endpoint, HEALTH, loadView, servingBackend } from './test-objects.ts';

const DURATION_MS = 10_000;
const NEW = 3;
const CHOICES = 20_000;
const BALANCINGS: readonly Backend['loadBalancing'][] = ['LeastConnections', 'RoundRobin', 'Random'];

/** A generator of chance that a seed fixes (mulberry32, public domain). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How much of all choices the new one of four gets. */
function shareOfNew(
  loadBalancing: Backend['loadBalancing'],
  ageMs: number,
  loads: readonly number[],
): number {
  const health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(4)));
  health.set(NEW, 'slow-start', 0);
  const backend = servingBackend(
    ['a', 'b', 'c', 'new'].map((name) => endpoint(name)),
    { loadBalancing, health: { ...HEALTH, slowStartMs: DURATION_MS } },
  );
  const view: LoadView = { ...loadView(loads, 0, health), random: chance(ageMs + 1), nowMs: () => ageMs };
  let chosen = 0;
  for (let at = 0; at < CHOICES; at++) {
    if (balance(backend.backend, backend.usable.now(health), view)?.slot === NEW) chosen++;
  }
  return chosen / CHOICES;
}

describe.each(BALANCINGS)('%s where nobody has anything to do', (loadBalancing) => {
  test('grows evenly from little to a fair share', () => {
    const shares = [0, 0.25, 0.5, 0.75, 1].map((part) =>
      shareOfNew(loadBalancing, part * DURATION_MS, [0, 0, 0, 0]),
    );
    expect(shares[0]).toBeGreaterThan(0.01);
    expect(shares[0]).toBeLessThan(0.06);
    expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
    expect(shares[2]).toBeGreaterThan(0.09);
    expect(shares[2]).toBeLessThan(0.19);
    expect(shares[4]).toBeGreaterThan(0.23);
    expect(shares[4]).toBeLessThan(0.27);
  });
});

test('a new endpoint that has nothing yet does not get everything', () => {
  const busy = [1000, 1000, 1000, 0];
  expect(shareOfNew('LeastConnections', 0, busy)).toBeLessThan(0.15);
  expect(shareOfNew('LeastConnections', DURATION_MS / 2, busy)).toBeLessThan(0.6);
});

test('nor more load than its share of what the others have', () => {
  // 600 of 1000 at half of the time is more than half.
  expect(shareOfNew('LeastConnections', DURATION_MS / 2, [1000, 1000, 1000, 600])).toBe(0);
  expect(shareOfNew('LeastConnections', DURATION_MS / 2, [1000, 1000, 1000, 400])).toBeGreaterThan(0.4);
});

test('endpoints that all start slowly share alike', () => {
  const health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(2)));
  for (const slot of [0, 1]) health.set(slot, 'slow-start', 0);
  const backend = servingBackend([endpoint('a'), endpoint('b')], { loadBalancing: 'RoundRobin' });
  const view = { ...loadView([], 0, health), random: () => 0.99 };
  const chosen = Array.from(
    { length: 4 },
    () => balance(backend.backend, backend.usable.now(health), view)?.slot,
  );
  expect(chosen).toEqual([0, 1, 0, 1]);
});
