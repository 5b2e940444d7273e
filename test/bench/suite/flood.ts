// `flood`: what others wait while one source asks ten times as often as it may. All proxies are given the same limit; in
// each of its turns a proxy serves the others alone first, and then beside the flood.
import type { ChildProcess } from 'node:child_process';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../benchmark.ts';
import type { FloodOrder, FloodResult } from '../load/flood.ts';
import type { LoadResult } from '../load/messages.ts';
import { type Column, compare } from '../results/comparison.ts';
import type { Load } from '../stage/load-generator.ts';
import { nextMessage } from '../stage/next-message.ts';
import { OURS, PEERS } from '../stage/proxies.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import { type RunningProxy, Stage } from '../stage/stage.ts';
import { playRounds, type TurnLength } from './load-rounds.ts';
import { chosen, startAll } from './participants.ts';

/** Requests a second by source, and as many at once. */
const LIMIT_PER_SECOND = 500;
const OTHERS_PER_SECOND = 200;
const FLOOD = { from: '127.0.0.2', perSecond: 5_000, atOnce: 32 };
const CONNECTIONS = 16;
/** Those that have such a limit. */
const LIMITED = ['haproxy', 'nginx'];

type Turn = { readonly quiet: LoadResult; readonly flooded: LoadResult; readonly flood: FloodResult };

const growth = ({ quiet, flooded }: Turn) => flooded.p99Ms / quiet.p99Ms;
const perSecond = (count: number, { elapsedMs }: FloodResult) => (count * 1000) / elapsedMs;
const COLUMNS: readonly Column<Turn>[] = [
  { title: 'p50 ms', name: 'quietP50Ms', digits: 2, of: ({ quiet }) => quiet.p50Ms },
  { title: 'flooded', name: 'floodedP50Ms', digits: 2, of: ({ flooded }) => flooded.p50Ms },
  { title: 'p99 ms', name: 'quietP99Ms', digits: 2, of: ({ quiet }) => quiet.p99Ms },
  { title: 'flooded', name: 'floodedP99Ms', digits: 2, of: ({ flooded }) => flooded.p99Ms },
  {
    title: 'flood/s let in',
    name: 'floodPassedPerSecond',
    digits: 0,
    of: ({ flood }) => perSecond(flood.passed, flood),
  },
  {
    title: 'refused',
    name: 'floodRefusedPerSecond',
    digits: 0,
    of: ({ flood }) => perSecond(flood.refused, flood),
  },
  { title: 'failed', name: 'floodFailed', digits: 0, of: ({ flood }) => flood.failed },
];

export const floodBenchmark: Benchmark = {
  summary: `p99 of others while one source asks ${FLOOD.perSecond} times a second and may ${LIMIT_PER_SECOND}`,
  defaults: { seconds: 60, rounds: 5 },
  takes: ['peers'],
  run: runFlood,
};

async function runFlood(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { processes, progress, rounds, seconds } = context;
  const stage = await Stage.open(processes);
  const kinds = chosen([OURS, ...PEERS.filter(({ key }) => LIMITED.includes(key))], context);
  const setup = {
    transport: 'plain',
    workers: 1,
    needsHttp2: false,
    limitPerSecond: LIMIT_PER_SECOND,
  } as const;
  const { proxies, absent } = await startAll(stage, kinds, setup);
  const flooder = processes.fork(new URL('../load/flood.ts', import.meta.url), []);
  const turns = await playRounds(proxies, { progress, rounds, seconds }, (proxy, length) =>
    play(stage, flooder, { proxy, length }),
  );
  return report(turns, absent);
}

async function play(
  stage: Stage,
  flooder: ChildProcess,
  { proxy, length }: { readonly proxy: RunningProxy; readonly length: TurnLength },
): Promise<Turn> {
  const load = othersLoad(length);
  const quiet = await stage.generator.load(proxy, load);
  flooder.send({ ...FLOOD, port: proxy.plainPort } satisfies FloodOrder);
  const flooded = await stage.generator.load(proxy, load);
  const ended = nextMessage<FloodResult>(flooder);
  flooder.send('stop');
  return { quiet, flooded, flood: await ended };
}

/** Half of the turn each. */
function othersLoad({ warmUpMs, measuredMs }: TurnLength): Load {
  return {
    question: {
      kind: 'http',
      transport: 'plain',
      bodies: { answerBytes: 512, uploadBytes: 0 },
      isKept: true,
    },
    pace: { kind: 'open', perSecond: OTHERS_PER_SECOND, isExact: false },
    connections: CONNECTIONS,
    warmUpMs: warmUpMs / 2,
    measuredMs: measuredMs / 2,
  };
}

function report(
  turns: ReadonlyMap<ProxyKind, readonly Turn[]>,
  absent: Parameters<typeof compare>[1]['absent'],
): BenchmarkResult {
  const metric = { name: 'p99Growth', digits: 2, of: growth };
  return compare(turns, { absent, metric, columns: COLUMNS });
}
