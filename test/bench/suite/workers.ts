// `workers`: whether a second worker doubles the work and leaves the cost of a request as it is.
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../benchmark.ts';
import type { LoadResult } from '../load/messages.ts';
import { compare } from '../results/comparison.ts';
import { costOf, LATENCY_COLUMNS, MACHINE_COLUMNS, rateColumn } from '../results/load-columns.ts';
import { median, round } from '../results/statistics.ts';
import { OURS } from '../stage/proxies.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import { type RunningProxy, Stage } from '../stage/stage.ts';
import { playRounds } from './load-rounds.ts';

const CONNECTIONS = 64;
const RATE = rateColumn('requests');
/** The one with two is compared with the one with one. */
const TWO: ProxyKind = { ...OURS, name: 'two workers', key: 'twoWorkers' };
const ONE: ProxyKind = { ...OURS, name: 'one worker', key: 'oneWorker', isOurs: false };
const BUSY_PERCENT = 90;

export const workersBenchmark: Benchmark = {
  summary: 'requests through one worker and through two: cost and rate',
  defaults: { seconds: 30, rounds: 5 },
  takes: ['bodies'],
  run: runWorkers,
};

async function runWorkers(context: BenchmarkContext): Promise<BenchmarkResult> {
  const stage = await Stage.open(context.processes);
  const started = [
    await stage.start(TWO, { transport: 'plain', workers: 2 }),
    await stage.start(ONE, { transport: 'plain', workers: 1 }),
  ];
  const proxies = started.filter((proxy): proxy is RunningProxy => proxy !== undefined);
  const question = { kind: 'http', transport: 'plain', bodies: context.bodies, isKept: true } as const;
  const turns = await playRounds(proxies, context, (proxy, length) =>
    stage.generator.load(proxy, { question, connections: CONNECTIONS, ...length }),
  );
  const rateRatio = ratioOf(turns, RATE.of);
  const { text, json } = compare(turns, {
    absent: [],
    metric: { name: 'cpuUsPerRequest', of: costOf },
    columns: [RATE, ...LATENCY_COLUMNS, ...MACHINE_COLUMNS],
    notes: [
      `Two workers answer ${rateRatio.toFixed(2)} times as many requests as one.`,
      ...limitNotes(turns),
    ],
  });
  return { text, json: { ...json, rateRatio } };
}

/** Of two workers to one, median of the ratios within the rounds. */
function ratioOf(
  turns: ReadonlyMap<ProxyKind, readonly LoadResult[]>,
  of: (turn: LoadResult) => number,
): number {
  const one = turns.get(ONE) ?? [];
  const ratios = (turns.get(TWO) ?? []).flatMap((turn, at) => {
    const other = one[at];
    return other === undefined ? [] : [of(turn) / of(other)];
  });
  return round(median(ratios), 2);
}

/** The rate says something only where the workers were what limits it. */
function limitNotes(turns: ReadonlyMap<ProxyKind, readonly LoadResult[]>): readonly string[] {
  const cpuPercent = MACHINE_COLUMNS.find(({ name }) => name === 'cpuPercent');
  const busy = median((turns.get(TWO) ?? []).map((turn) => cpuPercent?.of(turn) ?? 0));
  if (busy >= 2 * BUSY_PERCENT) return [];
  return [
    `They used ${busy.toFixed(0)} % of 200 % of processor time: the load generator and the backend need the rest of the machine, and the cost of a request counts, not the rate.`,
  ];
}
