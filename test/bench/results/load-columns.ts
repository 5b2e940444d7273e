// What is shown of a turn of load beside its cost, and who was not driven to its limit.
import type { LoadResult } from '../load/messages.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import type { Column } from './comparison.ts';
import { median } from './statistics.ts';

/** Less than this share of its processors, and something else was the limit. */
const SATURATED_SHARE = 0.9;

export const LATENCY_COLUMNS: readonly Column<LoadResult>[] = [
  { title: 'p50 ms', name: 'p50Ms', digits: 2, of: ({ p50Ms }) => p50Ms },
  { title: 'p99 ms', name: 'p99Ms', digits: 2, of: ({ p99Ms }) => p99Ms },
  { title: 'p999 ms', name: 'p999Ms', digits: 2, of: ({ p999Ms }) => p999Ms },
];

export const MACHINE_COLUMNS: readonly Column<LoadResult>[] = [
  { title: 'RSS MB', name: 'rssMb', digits: 0, of: ({ rssKb }) => rssKb / 1024 },
  { title: 'CPU %', name: 'cpuPercent', digits: 0, of: (turn) => shareOf(turn.cpuUs, turn) * 100 },
  {
    title: 'load CPU %',
    name: 'loadGeneratorCpuPercent',
    digits: 0,
    of: (turn) => shareOf(turn.generatorCpuUs, turn) * 100,
  },
];

/** @param plural of the unit, as in `requests` */
export function rateColumn(plural: string): Column<LoadResult> {
  return {
    title: `${plural}/s`,
    name: `${plural.replace(/ (\w)/g, (_, first: string) => first.toUpperCase())}PerSecond`,
    digits: 0,
    of: ({ units, elapsedMs }) => (units * 1000) / elapsedMs,
  };
}

export function costOf({ cpuUs, units }: LoadResult): number {
  return cpuUs / units;
}

/** Says whose throughput is not its own limit. */
export function saturationNotes(
  turns: ReadonlyMap<ProxyKind, readonly LoadResult[]>,
  workers: number,
): readonly string[] {
  const idle = [...turns].filter(
    ([, own]) => median(own.map((turn) => shareOf(turn.cpuUs, turn))) < SATURATED_SHARE * workers,
  );
  if (idle.length === 0) return [];
  const names = idle.length === turns.size ? 'all' : idle.map(([{ name }]) => name).join('; ');
  return [
    `Not at their limit, since load generator, backend or machine were: ${names}. Of these only the cost counts, not the rate.`,
  ];
}

function shareOf(cpuUs: number, { elapsedMs }: LoadResult): number {
  return cpuUs / (elapsedMs * 1000);
}
