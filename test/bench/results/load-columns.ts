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

/** Says whose rate is not its own limit, and with whom it was that of the load generator. */
export function saturationNotes(
  turns: ReadonlyMap<ProxyKind, readonly LoadResult[]>,
  workers: number,
): readonly string[] {
  const shares = [...turns].map(([{ name }, own]) => ({
    name,
    proxy: median(own.map((turn) => shareOf(turn.cpuUs, turn))) / workers,
    generator: median(own.map((turn) => shareOf(turn.generatorCpuUs, turn))),
  }));
  const idle = shares.filter(({ proxy }) => proxy < SATURATED_SHARE);
  const outpaced = idle.filter(({ generator }) => generator >= SATURATED_SHARE);
  const others = idle.filter(({ generator }) => generator < SATURATED_SHARE);
  return [
    ...noteAbout(outpaced, 'The load generator was at its limit, and these were not'),
    ...noteAbout(
      others,
      'Neither these nor the load generator were at their limit, so the machine or the backend was',
    ),
  ];
}

/** Of these the cost tells something, the rate does not. */
function noteAbout(proxies: readonly { readonly name: string }[], what: string): readonly string[] {
  if (proxies.length === 0) return [];
  return [`${what}: ${proxies.map(({ name }) => name).join('; ')}. Compare their cost, not their rate.`];
}

function shareOf(cpuUs: number, { elapsedMs }: LoadResult): number {
  return cpuUs / (elapsedMs * 1000);
}
