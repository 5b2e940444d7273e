// The tables of sources: held to a reference that counts without bounds, over one worker and several.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocateMeetings, meetingsHeld } from '../../test/support/model/meetings.ts';
import { hashOf, type SourceRace } from '../../test/support/model/source-thread.ts';
import {
  allocateSourceMemory,
  clearSources,
  CountTable,
  RateTable,
  rateOf,
  type SourceMemory,
} from './source-table.ts';

const KEY = Buffer.from('testtest');

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

const HOUR_MS = 3_600_000;

describe('requests', () => {
  // The clock counts from the start of the machine, which may have been up for years.
  test.each(
    [0, 1, 4, 5, 6, 7, 8, 9, 10, 15, 24, 30 * 24, 60 * 24, 1_000 * 24].map((hours) => hours * HOUR_MS),
  )('a burst at once, then one each interval, where the clock stands at %d ms', (startMs) => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    const ask = (source: number, afterMs: number) =>
      passed(table, memory, { source, nowMs: startMs + afterMs, times: 20 });
    expect(ask(1, 0)).toBe(5);
    expect(ask(1, 99)).toBe(0);
    expect(ask(1, 100)).toBe(1);
    expect(ask(1, 350)).toBe(2);
    expect(ask(2, 350)).toBe(5);
    expect(ask(1, 5_000)).toBe(5);
  });

  test.each([5, 6, 8, 9, 24, 60 * 24])(
    'a table full of sources that came %d hours ago has a place for new ones',
    (hours) => {
      const memory = allocateSourceMemory(1, 64, KEY);
      const table = new RateTable(memory);
      for (let source = 0; source < 1_000; source++)
        passed(table, memory, { source, nowMs: 1_000, times: 20 });
      for (const source of [2_001, 2_002, 2_003])
        expect(passed(table, memory, { source, nowMs: hours * HOUR_MS, times: 20 })).toBe(5);
    },
  );

  test('a burst that was allowed once is not paid for at the rate of now', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    for (let at = 0; at < 1_000; at++) table.take(hashOf(memory, 1), rateOf(1, 1_000), 0);
    expect(passed(table, memory, { source: 1, nowMs: 1, times: 20 })).toBe(5);
    expect(passed(table, memory, { source: 1, nowMs: 1_001, times: 20 })).toBe(5);
  });

  test('says how long to wait', () => {
    const memory = allocateSourceMemory(1, 64, KEY);
    const table = new RateTable(memory);
    passed(table, memory, { source: 1, nowMs: 0, times: 5 });
    expect(table.take(hashOf(memory, 1), rateOf(10, 4), 30)).toBeCloseTo(70, 5);
  });

  test.each([1, 4, 5, 8, 60 * 24].map((hours) => hours * HOUR_MS))(
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
          const aheadUs = Math.max((due.get(source) ?? 0) - nowMs * 1000, 0);
          const passes = aheadUs <= burst * rate.intervalUs;
          if (passes) due.set(source, nowMs * 1000 + aheadUs + rate.intervalUs);
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

  test('two workers that see a source for the first time at the same moment count it at one place', async () => {
    const sources = 2_000;
    const memory = allocateSourceMemory(2, 8 * sources, KEY);
    const meetings = allocateMeetings();
    const file = new URL('../../test/support/model/source-thread.ts', import.meta.url);
    const threads = [0, 1].map(
      (worker) =>
        new Worker(file, { workerData: { memory, worker, sources, meetings } satisfies SourceRace }),
    );
    await Promise.all(threads.map((thread) => once(thread, 'exit')));
    const table = new CountTable(memory, 0);
    const held = meetingsHeld(meetings, sources);
    expect(held).toBeGreaterThan(0);
    const all = Array.from({ length: held }, (_, source) => hashOf(memory, source));
    expect(all.filter((hash) => table.take(hash, 2) !== -1)).toHaveLength(0);
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
