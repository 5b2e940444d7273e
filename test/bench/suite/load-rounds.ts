// Benchmarks whose unit is an answer (a request, a round trip): all proxies take turns under the same load.
import type { BenchmarkContext, BenchmarkResult } from '../benchmark.ts';
import type { Question } from '../load/messages.ts';
import { compare } from '../results/comparison.ts';
import {
  costOf,
  LATENCY_COLUMNS,
  MACHINE_COLUMNS,
  rateColumn,
  saturationNotes,
} from '../results/load-columns.ts';
import type { Load } from '../stage/load-generator.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import { type RunningProxy, Stage } from '../stage/stage.ts';
import { chosen, startAll } from './participants.ts';

export type LoadBenchmark = {
  readonly kinds: readonly ProxyKind[];
  readonly question: Question;
  readonly connections: number;
  /** What an answer is called, in words and as the end of a name in the JSON. */
  readonly unit: { readonly plural: string; readonly suffix: string };
};

export type TurnLength = Pick<Load, 'warmUpMs' | 'measuredMs'>;

/** The share of a turn in which connections are opened and caches filled. */
const WARM_UP_SHARE = 0.2;
const WORKERS = 1;

export async function runLoadBenchmark(
  benchmark: LoadBenchmark,
  context: BenchmarkContext,
): Promise<BenchmarkResult> {
  const { kinds, question, connections, unit } = benchmark;
  const stage = await Stage.open(context.processes);
  const { proxies, absent } = await startAll(stage, chosen(kinds, context), {
    transport: question.transport,
    workers: WORKERS,
    needsHttp2: question.kind === 'http2',
  });
  const turns = await playRounds(proxies, context, (proxy, length) =>
    stage.generator.load(proxy, { question, connections, ...length }),
  );
  return compare(turns, {
    absent,
    metric: { name: `cpuUsPer${unit.suffix}`, of: costOf },
    columns: [rateColumn(unit.plural), ...LATENCY_COLUMNS, ...MACHINE_COLUMNS],
    notes: saturationNotes(turns, WORKERS),
  });
}

/** Every proxy has one turn in each round. */
export async function playRounds<Turn>(
  proxies: readonly RunningProxy[],
  { rounds, seconds, progress }: Pick<BenchmarkContext, 'rounds' | 'seconds' | 'progress'>,
  play: (proxy: RunningProxy, length: TurnLength) => Promise<Turn>,
): Promise<ReadonlyMap<ProxyKind, readonly Turn[]>> {
  // The first round is not counted: in it the engines compile what is hot.
  const length = turnLength((seconds * 1000) / (proxies.length * (rounds + 1)));
  const turns = new Map<ProxyKind, Turn[]>(proxies.map(({ kind }) => [kind, []]));
  for (let round = 0; round <= rounds; round++) {
    // Who follows whom changes, so that nobody always inherits the same neighbour's heat.
    const order = proxies.map((_, at) => proxies[(at + round) % proxies.length]);
    for (const proxy of order) {
      if (proxy === undefined) continue;
      progress.show(`round ${round} of ${rounds}: ${proxy.name}`);
      const turn = await play(proxy, length);
      proxy.emptyLog();
      if (round > 0) turns.get(proxy.kind)?.push(turn);
    }
  }
  return turns;
}

function turnLength(turnMs: number): TurnLength {
  const warmUpMs = Math.round(turnMs * WARM_UP_SHARE);
  return { warmUpMs, measuredMs: Math.max(1, Math.round(turnMs) - warmUpMs) };
}
