// A worker's configuration step by step: small steps in place, large ones beside it, all of them the same in the end.
import { describe, expect, test } from 'vitest';
import { findHost, findSite } from '../decide/match.ts';
import { backend, endpoint, openSite, site } from '../decide/test-objects.ts';
import type { Delta, PlacedBackend } from '../model/delta.ts';
import { HealthBoard, healthBoardBytes } from '../model/health-board.ts';
import { Current } from './current.ts';

const NONE = { set: [], removed: [] };
const MANY = 1000;

function placed(key: string, slot: number): PlacedBackend {
  return { backend: { ...backend([endpoint(key)]), key }, slots: [slot] };
}

function step(base: number, generation: number, more: Partial<Delta>): Delta {
  return { base, generation, sites: NONE, backends: NONE, certificates: NONE, ...more };
}

/** Sites of that many hosts, each with its backend. */
function hosts(count: number, backendOf = (at: number) => `backend-${at}`) {
  return Array.from({ length: count }, (_, at) => ({
    ...site(`${at}.test/`, openSite({ backend: backendOf(at) })),
    key: `site-${at}`,
  }));
}

const everything = step(0, 1, {
  sites: { set: hosts(MANY), removed: [] },
  backends: { set: Array.from({ length: MANY }, (_, at) => placed(`backend-${at}`, at)), removed: [] },
});

function backendOf(current: Current, host: string): string | undefined {
  const found = findHost(current.serving.hosts, host);
  return found === undefined ? undefined : findSite(found, '/')?.open?.backend;
}

/** Takes a step to its end; says how often it could have been left, and what was served meanwhile. */
function take(current: Current, delta: Delta, look: () => unknown = () => undefined) {
  const seen = new Set<unknown>();
  const steps = current.take(delta);
  let pauses = 0;
  let next = steps.next();
  for (; next.done !== true; next = steps.next()) {
    pauses++;
    seen.add(look());
  }
  return { isTaken: next.value, pauses, seen: [...seen] };
}

describe('a large step', () => {
  test('offers pauses, and nothing of it is served before its end', () => {
    const current = new Current();
    take(current, everything);
    const changed = hosts(MANY, () => 'backend-7');
    const look = () =>
      `${current.serving.generation} ${backendOf(current, '0.test')} ${backendOf(current, '999.test')}`;
    const { isTaken, pauses, seen } = take(
      current,
      step(1, 2, { sites: { set: changed, removed: [] } }),
      look,
    );
    expect(isTaken).toBe(true);
    expect(pauses).toBeGreaterThan(MANY / 64);
    expect(seen).toEqual(['1 backend-0 backend-999']);
    expect(look()).toBe('2 backend-7 backend-7');
  });

  test('leaves what it does not speak of', () => {
    const current = new Current();
    take(current, everything);
    const removed = hosts(MANY - 1).map(({ key }) => key);
    take(current, step(1, 2, { sites: { set: [], removed } }));
    expect(backendOf(current, '0.test')).toBeUndefined();
    expect(backendOf(current, '999.test')).toBe('backend-999');
    expect(current.serving.backends.size).toBe(MANY);
    const health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(MANY)));
    expect(current.slotsInUse(health).size).toBe(MANY);
  });
});

test('a small step is made at once', () => {
  const current = new Current();
  take(current, everything);
  const set = hosts(3, () => 'backend-9');
  expect(take(current, step(1, 2, { sites: { set, removed: ['site-5'] } }))).toMatchObject({
    isTaken: true,
    pauses: 0,
  });
  expect([backendOf(current, '0.test'), backendOf(current, '5.test')]).toEqual(['backend-9', undefined]);
});

test('a step from elsewhere is refused and changes nothing', () => {
  const current = new Current();
  take(current, everything);
  expect(take(current, step(5, 6, { sites: { set: [], removed: ['site-0'] } })).isTaken).toBe(false);
  expect(backendOf(current, '0.test')).toBe('backend-0');
});

test('a snapshot replaces everything', () => {
  const current = new Current();
  take(current, everything);
  take(current, step(0, 9, { sites: { set: hosts(1), removed: [] } }));
  expect([current.serving.generation, backendOf(current, '1.test')]).toEqual([9, undefined]);
  expect(current.serving.backends.size).toBe(0);
});
