// Benchmarks whose unit is an answer (a request, a round trip): all proxies take turns under the same load.
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import { compare, type Column } from './comparison.ts';
import type { LoadOrder, LoadResult } from './load/messages.ts';
import { OURS, OURS_WITHOUT_LOG, PEERS, type ProxyKind } from './proxies.ts';
import { type Load, type RunningProxy, Stage } from './stage.ts';

export type LoadBenchmark = {
  readonly kind: LoadOrder['kind'];
  readonly connections: number;
  /** What an answer is, as a word of the table and of the JSON's names. */
  readonly unit: 'request' | 'roundTrip';
};

/** The share of a turn in which connections are opened and caches filled. */
const WARM_UP_SHARE = 0.2;

export async function runLoadBenchmark(
  benchmark: LoadBenchmark,
  context: BenchmarkContext,
): Promise<BenchmarkResult> {
  const { processes, progress, rounds, seconds } = context;
  const stage = await Stage.open(processes);
  const kinds = [OURS, OURS_WITHOUT_LOG, ...PEERS];
  const proxies = await startAll(stage, kinds);
  // The first round is not counted: in it the engines compile what is hot.
  const turnMs = (seconds * 1000) / (proxies.length * (rounds + 1));
  const results = new Map<ProxyKind, LoadResult[]>(proxies.map(({ kind }) => [kind, []]));
  for (let round = 0; round <= rounds; round++) {
    // Who follows whom changes, so that nobody always inherits the same neighbour's heat.
    const order = proxies.map((_, at) => proxies[(at + round) % proxies.length]);
    for (const proxy of order) {
      if (proxy === undefined) continue;
      progress.show(`round ${round} of ${rounds}: ${proxy.kind.name}`);
      const result = await stage.load(proxy, loadOf(benchmark, turnMs));
      if (round > 0) results.get(proxy.kind)?.push(result);
    }
  }
  const unit = benchmark.unit === 'request' ? 'Request' : 'RoundTrip';
  return compare(results, {
    absent: kinds.filter((kind) => !results.has(kind)),
    metric: { name: `cpuUsPer${unit}`, of: costOf },
    columns: columnsFor(benchmark.unit),
  });
}

async function startAll(stage: Stage, kinds: readonly ProxyKind[]): Promise<readonly RunningProxy[]> {
  const proxies: RunningProxy[] = [];
  for (const kind of kinds) {
    const proxy = await stage.start(kind);
    if (proxy !== undefined) proxies.push(proxy);
  }
  return proxies;
}

function loadOf({ kind, connections }: LoadBenchmark, turnMs: number): Load {
  const warmUpMs = Math.round(turnMs * WARM_UP_SHARE);
  return { kind, connections, warmUpMs, measuredMs: Math.round(turnMs) - warmUpMs };
}

function costOf({ cpuUs, units }: LoadResult): number {
  return cpuUs / units;
}

function columnsFor(unit: LoadBenchmark['unit']): readonly Column<LoadResult>[] {
  const plural = unit === 'request' ? 'requests' : 'roundTrips';
  return [
    {
      title: `${unit === 'request' ? 'requests' : 'trips'}/s`,
      name: `${plural}PerSecond`,
      digits: 0,
      of: ({ units, elapsedMs }) => (units * 1000) / elapsedMs,
    },
    { title: 'p50 ms', name: 'p50Ms', digits: 2, of: ({ p50Ms }) => p50Ms },
    { title: 'p99 ms', name: 'p99Ms', digits: 2, of: ({ p99Ms }) => p99Ms },
    { title: 'p999 ms', name: 'p999Ms', digits: 2, of: ({ p999Ms }) => p999Ms },
    { title: 'RSS MB', name: 'rssMb', digits: 0, of: ({ rssKb }) => rssKb / 1024 },
  ];
}
