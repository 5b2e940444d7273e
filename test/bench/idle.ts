// `idle`: the memory that a WebSocket holds while nobody says anything, which is what most of them do.
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import { compare } from './comparison.ts';
import { rssKbOf } from './process-cost.ts';
import { OURS, PEERS, type ProxyKind } from './proxies.ts';
import { type Load, type RunningProxy, Stage } from './stage.ts';

/** Open before the count begins: tables and buffers of a first growth are nobody's own. */
const FIRST_SOCKETS = 500;
const COUNTED_SOCKETS = 1500;
/** Requests before that fill the room for short-lived objects, whose pages would else look like sockets. */
const WARM_UP: Load = { kind: 'http', connections: 32, warmUpMs: 0, measuredMs: 2_000 };
const SETTLE_MS = 400;
const MAX_SETTLE_STEPS = 10;
const SETTLED_KB = 256;

type IdleTurn = { readonly kbPerSocket: number; readonly rssKb: number };

export const idleBenchmark: Benchmark = {
  summary: `memory of an idle WebSocket, from ${COUNTED_SOCKETS} of them`,
  defaults: { seconds: 60, rounds: 2 },
  run: runIdle,
};

async function runIdle(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { processes, progress, rounds, seconds } = context;
  const stage = await Stage.open(processes);
  const turns = new Map<ProxyKind, IdleTurn[]>();
  const kinds = [OURS, ...PEERS];
  const endMs = performance.now() + seconds * 1000;
  for (let round = 1; round <= rounds && (round === 1 || performance.now() < endMs); round++) {
    for (const kind of kinds) {
      progress.show(`round ${round} of ${rounds}: ${kind.name}`);
      // A new process each time: what was once filled is not given back.
      const proxy = await stage.start(kind);
      if (proxy === undefined) continue;
      turns.set(kind, [...(turns.get(kind) ?? []), await measureSockets(stage, proxy)]);
      await proxy.stop();
    }
  }
  return compare(turns, {
    absent: kinds.filter((kind) => !turns.has(kind)),
    metric: { name: 'kbPerIdleWebSocket', of: ({ kbPerSocket }) => kbPerSocket },
    columns: [{ title: 'RSS MB', name: 'rssMb', digits: 0, of: ({ rssKb }) => rssKb / 1024 }],
  });
}

async function measureSockets(stage: Stage, proxy: RunningProxy): Promise<IdleTurn> {
  const { processId } = proxy;
  await stage.load(proxy, WARM_UP);
  await stage.hold(proxy, FIRST_SOCKETS);
  const beforeKb = await settledRssKb(processId);
  await stage.hold(proxy, COUNTED_SOCKETS);
  const rssKb = await settledRssKb(processId);
  await stage.hold(proxy, 0);
  return { kbPerSocket: (rssKb - beforeKb) / COUNTED_SOCKETS, rssKb };
}

/** Memory once it stands still. */
async function settledRssKb(processId: number): Promise<number> {
  let rssKb = rssKbOf(processId);
  for (let step = 0; step < MAX_SETTLE_STEPS; step++) {
    await pause(SETTLE_MS);
    const now = rssKbOf(processId);
    if (Math.abs(now - rssKb) <= SETTLED_KB) return now;
    rssKb = now;
  }
  return rssKb;
}
