// The tables of sources: held to a reference that counts without bounds, over one worker and several.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceHash } from './source-hash.ts';
import {
  allocateSourceMemory,
  clearSources,
  CountTable,
  RateTable,
  rateOf,
  sourceKey,
  type SourceMemory,
} from './source-table.ts';

const KEY = Buffer.from('testtest');
const SCOPE = { low: 7, high: 9 };

function hashOf(memory: SourceMemory, source: number): SourceHash {
  const hash = new SourceHash(sourceKey(memory));
  hash.source(SCOPE, source.toString(16).padStart(8, '0'), 32);
  return hash;
}

/** How many of so many requests at once get through. */
function passed(
  table: RateTable,
  memory: SourceMemory,
  ask: { source: number; nowMs: number; times: number },
) {
  const hash = hashOf(memory, ask.source);
  let count = 0;
  for (let at = 0; at < ask.times; at++) if (table.take(hash, rateOf(10, 4), ask.nowMs) === 0) count++;
  return count;
}

describe('requests', () => {
  test('a burst at once, then one each interval', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    expect(passed(table, memory, { source: 1, nowMs: 0, times: 20 })).toBe(5);
    expect(passed(table, memory, { source: 1, nowMs: 99, times: 20 })).toBe(0);
    expect(passed(table, memory, { source: 1, nowMs: 100, times: 20 })).toBe(1);
    expect(passed(table, memory, { source: 1, nowMs: 350, times: 20 })).toBe(2);
    expect(passed(table, memory, { source: 2, nowMs: 350, times: 20 })).toBe(5);
    expect(passed(table, memory, { source: 1, nowMs: 5_000, times: 20 })).toBe(5);
  });

  test('says how long to wait', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    passed(table, memory, { source: 1, nowMs: 0, times: 5 });
    expect(table.take(hashOf(memory, 1), rateOf(10, 4), 30)).toBeCloseTo(70, 5);
  });

  // Hours, and the ticks that are past 31 bits, and past 32 bits.
  test.each([3_600_000, 16_777_216, 4 * 3_600_000, 5 * 3_600_000, 8 * 3_600_000, 1e10])(
    'a source that comes again after %d ms has its burst again',
    (laterMs) => {
      const memory = allocateSourceMemory(1, 64, KEY);
      const table = new RateTable(memory);
      passed(table, memory, { source: 1, nowMs: 1_000_000, times: 20 });
      expect(passed(table, memory, { source: 1, nowMs: 1_000_000 + laterMs, times: 20 })).toBe(5);
    },
  );

  test('held to a reference over any times, sources and workers', () => {
    const requests = fc.array(
      fc.record({ source: fc.integer({ min: 0, max: 5 }), waitMs: fc.integer({ min: 0, max: 400 }) }),
      { maxLength: 200 },
    );
    const rates = fc.record({
      perSecond: fc.constantFrom(1, 2, 4, 10, 50, 1000),
      burst: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(requests, rates, fc.integer({ min: 1, max: 3 }), (list, { perSecond, burst }, workers) => {
        const memory = allocateSourceMemory(workers, 256, KEY);
        const tables = Array.from({ length: workers }, () => new RateTable(memory));
        const rate = rateOf(perSecond, burst);
        const due = new Map<number, number>();
        let nowMs = 0;
        list.forEach(({ source, waitMs }, at) => {
          nowMs += waitMs;
          const nowTicks = nowMs * 128;
          const ahead = Math.max((due.get(source) ?? 0) - nowTicks, 0);
          const passes = ahead <= burst * rate.intervalTicks;
          if (passes) due.set(source, nowTicks + ahead + rate.intervalTicks);
          const waited = tables[at % workers]?.take(hashOf(memory, source), rate, nowMs);
          expect(waited === 0).toBe(passes);
        });
      }),
    );
  });

  test('more sources than places: the table keeps its size, and what finds no place is limited together', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    let through = 0;
    for (let source = 0; source < 10_000; source++)
      through += passed(table, memory, { source, nowMs: 0, times: 5 });
    // 64 sources with a place and one shared bucket: each five at once.
    expect(through).toBeLessThanOrEqual(65 * 5);
    expect(through).toBeGreaterThan(40 * 5);
    // A minute later those places are idle and taken by others.
    expect(passed(table, memory, { source: 20_000, nowMs: 60_000, times: 9 })).toBe(5);
  });

  test('a source that is being limited is not pushed out by a flood of others', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    passed(table, memory, { source: 1, nowMs: 0, times: 9 });
    for (let source = 2; source < 5_000; source++) passed(table, memory, { source, nowMs: 1, times: 1 });
    expect(passed(table, memory, { source: 1, nowMs: 2, times: 9 })).toBe(0);
  });

  test('shared buckets hold for sites of every rate', () => {
    const memory = allocateSourceMemory(1, 8, KEY);
    const table = new RateTable(memory);
    const slow = rateOf(1, 1000);
    for (let source = 0; source < 100; source++)
      for (let at = 0; at < 1001; at++) table.take(hashOf(memory, source), slow, 0);
    expect(table.take(hashOf(memory, 101), rateOf(10, 0), 1)).toBeGreaterThan(0);
  });

  test('the longest burst is kept below what a clock that goes round can tell', () => {
    const { intervalTicks, toleranceTicks } = rateOf(1, 1_000_000);
    expect(intervalTicks + toleranceTicks).toBeLessThan(2 ** 31);
  });
});

describe('what is open', () => {
  test('up to the limit over all workers, and again when it is given back', () => {
    const memory = allocateSourceMemory(2, 64, KEY);
    const [one, two] = [new CountTable(memory, 0), new CountTable(memory, 1)];
    const hash = hashOf(memory, 1);
    const held = one.take(hash, 2);
    expect(held).toBeGreaterThanOrEqual(0);
    expect(two.take(hash, 2)).toBe(held);
    expect([one.take(hash, 2), two.take(hash, 2)]).toEqual([-1, -1]);
    expect(one.take(hashOf(memory, 2), 2)).not.toBe(-1);
    one.giveBack(held);
    expect(two.take(hash, 2)).toBe(held);
    expect(one.take(hash, 2)).toBe(-1);
  });

  test('what a worker had open ends with it', () => {
    const memory = allocateSourceMemory(2, 64, KEY);
    const [one, two] = [new CountTable(memory, 0), new CountTable(memory, 1)];
    const hash = hashOf(memory, 1);
    one.take(hash, 2);
    two.take(hash, 2);
    clearSources(memory, 0);
    expect(two.take(hash, 2)).not.toBe(-1);
    expect(two.take(hash, 2)).toBe(-1);
  });

  test('held to a reference over any order', () => {
    const steps = fc.array(fc.record({ source: fc.nat(4), worker: fc.nat(2), gives: fc.boolean() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (list, limit) => {
        const memory = allocateSourceMemory(3, 256, KEY);
        const tables = [0, 1, 2].map((worker) => new CountTable(memory, worker));
        const held = new Map<number, { table: CountTable; at: number }[]>();
        for (const { source, worker, gives } of list) {
          const list = held.get(source) ?? [];
          held.set(source, list);
          const table = tables[worker];
          if (table === undefined) continue;
          if (gives) {
            const one = list.pop();
            one?.table.giveBack(one.at);
            continue;
          }
          const at = table.take(hashOf(memory, source), limit);
          expect(at !== -1).toBe(list.length < limit);
          if (at !== -1) list.push({ table, at });
        }
      }),
    );
  });

  test('more sources than places share a count', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new CountTable(memory, 0);
    let open = 0;
    for (let source = 0; source < 10_000; source++) if (table.take(hashOf(memory, source), 2) !== -1) open++;
    expect(open).toBeLessThanOrEqual(64 + 2);
    expect(open).toBeGreaterThan(40);
  });
});
