// What is said of a turn of load.
import { expect, test } from 'vitest';
import type { LoadResult } from '../load/messages.ts';
import { OURS, PEERS } from '../stage/proxies.ts';
import { costOf, MACHINE_COLUMNS, rateColumn, saturationNotes } from './load-columns.ts';

const [peer] = PEERS;

function turn(cpuUs: number, generatorCpuUs = 1_000_000): LoadResult {
  const latencies = { p50Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: 4 };
  const facts = {
    failures: 0,
    firstFailure: undefined,
    elapsedMs: 2_000,
    rssKb: 2048,
    generatorCpuUs,
  };
  return { units: 4_000, cpuUs, ...facts, ...latencies };
}

test('rate, cost and shares of a processor', () => {
  const columns = [rateColumn('round trips'), ...MACHINE_COLUMNS];
  expect(columns.map(({ name, of }) => [name, of(turn(1_900_000))])).toEqual([
    ['roundTripsPerSecond', 2_000],
    ['rssMb', 2],
    ['cpuPercent', 95],
    ['loadGeneratorCpuPercent', 50],
  ]);
  expect(costOf(turn(1_900_000))).toBe(475);
});

test('names those that had processor time left', () => {
  if (peer === undefined) throw new Error('There are no peers');
  const turns = new Map([
    [OURS, [turn(1_900_000)]],
    [peer, [turn(1_000_000)]],
  ]);
  expect(saturationNotes(turns, 1)).toEqual([
    expect.stringMatching(new RegExp(`^Neither these nor the load generator .*: ${peer.name}\\.`)),
  ]);
  expect(saturationNotes(new Map([[OURS, [turn(1_900_000)]]]), 1)).toEqual([]);
  expect(saturationNotes(new Map([[OURS, [turn(1_900_000)]]]), 2)).toHaveLength(1);
});

test('says where the load generator was the limit', () => {
  expect(saturationNotes(new Map([[OURS, [turn(1_000_000, 1_900_000)]]]), 1)).toEqual([
    'The load generator was at its limit, and these were not: ours. Compare their cost, not their rate.',
  ]);
});
