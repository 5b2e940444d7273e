// `latency`: how long an answer takes at half of what a proxy can do. Requests come at a fixed rate, whatever becomes of
// the ones before, and each wait counts from when its request was due (no coordinated omission).
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../benchmark.ts';
import type { LoadResult, Pace } from '../load/messages.ts';
import { type Absence, type Column, compare } from '../results/comparison.ts';
import { LATENCY_COLUMNS, MACHINE_COLUMNS, rateColumn } from '../results/load-columns.ts';
import { median, round } from '../results/statistics.ts';
import { NGINX, OURS, PEERS } from '../stage/proxies.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import { type RunningProxy, Stage } from '../stage/stage.ts';
import { playRounds, type TurnLength } from './load-rounds.ts';
import { chosen, startAll } from './participants.ts';

const CONNECTIONS = 64;
/** Parts of the time: to find what each can do, at half of that, and at half of what ours can do. */
const SATURATION_SHARE = 0.2;
const HALF_SHARE = 0.4;
const SATURATION_ROUNDS = 1;

const RATE = rateColumn('requests');
const P99 = { name: 'p99Ms', digits: 2, of: ({ p99Ms }: LoadResult) => p99Ms };
const COLUMNS: readonly Column<LoadResult>[] = [
  RATE,
  ...LATENCY_COLUMNS.filter(({ name }) => name !== P99.name),
  { title: 'max ms', name: 'maxMs', digits: 2, of: ({ maxMs }) => maxMs },
  ...MACHINE_COLUMNS,
];

type Turns = ReadonlyMap<ProxyKind, readonly LoadResult[]>;

export const latencyBenchmark: Benchmark = {
  summary: 'p99 of requests at a fixed rate, half of what each can do; ours and nginx, or --peers',
  defaults: { seconds: 60, rounds: 3 },
  takes: ['bodies', 'peers'],
  run: runLatency,
};

async function runLatency(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { bodies, rounds, progress } = context;
  const stage = await Stage.open(context.processes);
  const kinds = context.peers === undefined ? [OURS, NGINX] : chosen([OURS, ...PEERS], context);
  const { proxies, absent } = await startAll(stage, kinds, {
    transport: 'plain',
    workers: 1,
    needsHttp2: false,
  });
  const question = { kind: 'http', transport: 'plain', bodies, isKept: true } as const;
  const play = (pace: (kind: ProxyKind) => Pace) => (proxy: RunningProxy, length: TurnLength) =>
    stage.generator.load(proxy, { question, connections: CONNECTIONS, pace: pace(proxy.kind), ...length });
  const part = (share: number) => ({ progress, rounds, seconds: context.seconds * share });

  const saturated = await playRounds(
    proxies,
    { ...part(SATURATION_SHARE), rounds: SATURATION_ROUNDS },
    play(() => ({ kind: 'closed' })),
  );
  const most = new Map([...saturated].map(([kind, turns]) => [kind, median(turns.map(RATE.of))]));
  const atHalfOf = (kindOf: (kind: ProxyKind) => ProxyKind) =>
    playRounds(
      proxies,
      part(HALF_SHARE),
      play((kind) => ({ kind: 'open', perSecond: (most.get(kindOf(kind)) ?? 0) / 2, isExact: true })),
    );
  const ownHalf = await atHalfOf((kind) => kind);
  const ourHalf = await atHalfOf(() => OURS);
  return report({ absent, most, ownHalf, ourHalf });
}

type Measured = {
  readonly absent: readonly Absence[];
  /** Requests a second, as fast as they are answered. */
  readonly most: ReadonlyMap<ProxyKind, number>;
  readonly ownHalf: Turns;
  readonly ourHalf: Turns;
};

function report({ absent, most, ownHalf, ourHalf }: Measured): BenchmarkResult {
  const own = compare(ownHalf, { absent: [], metric: P99, columns: COLUMNS });
  const our = compare(ourHalf, { absent, metric: P99, columns: COLUMNS });
  const rates = [...most].map(([{ name }, rate]) => `${name} ${rate.toFixed(0)}`).join(', ');
  return {
    text: [
      `At most, requests/s: ${rates}\n`,
      `At half of what each can do:\n${own.text}\n`,
      `At half of what ours can do:\n${our.text}`,
    ].join('\n'),
    json: {
      mostRequestsPerSecond: Object.fromEntries([...most].map(([{ key }, rate]) => [key, round(rate, 0)])),
      ...own.json,
      absent: our.json['absent'],
      atOurRate: our.json,
    },
  };
}
