// `idle`: the memory that a WebSocket holds while nobody says anything, which is what most of them do.
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../benchmark.ts';
import type { Transport } from '../load/messages.ts';
import { compare, type Absence } from '../results/comparison.ts';
import { requireDescriptors } from '../stage/descriptors.ts';
import { rssKbOf } from '../stage/process-cost.ts';
import { OURS, PEERS } from '../stage/proxies.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import { type RunningProxy, Stage } from '../stage/stage.ts';
import { chosen, NOT_INSTALLED } from './participants.ts';

/** Open before the count begins: tables and buffers of a first growth are nobody's own. */
const FIRST_SOCKETS = 500;
const COUNTED_SOCKETS = 5_000;
/** Requests before that fill the room for short-lived objects, whose pages would else look like sockets. */
const WARM_UP_MS = 2_000;
const WARM_UP_CONNECTIONS = 32;
const SETTLE_MS = 400;
const MAX_SETTLE_STEPS = 10;
const SETTLED_KB = 256;

type IdleTurn = { readonly kbPerSocket: number; readonly rssKb: number };

export const idleBenchmark: Benchmark = {
  summary: `memory of an idle WebSocket, from ${COUNTED_SOCKETS} of them`,
  defaults: { seconds: 180, rounds: 2 },
  takes: ['peers', 'profile'],
  run: (context) => runIdle('plain', context),
};

export const idleSecureBenchmark: Benchmark = {
  ...idleBenchmark,
  summary: 'the same over TLS 1.3',
  run: (context) => runIdle('tls', context),
};

async function runIdle(transport: Transport, context: BenchmarkContext): Promise<BenchmarkResult> {
  const { processes, progress, rounds, seconds } = context;
  // A proxy has two sockets for each.
  requireDescriptors(2 * (FIRST_SOCKETS + COUNTED_SOCKETS));
  const stage = await Stage.open(processes);
  const turns = new Map<ProxyKind, IdleTurn[]>();
  const absent = new Map<ProxyKind, Absence>();
  const endMs = performance.now() + seconds * 1000;
  for (let round = 1; round <= rounds && (round === 1 || performance.now() < endMs); round++) {
    for (const kind of chosen([OURS, ...PEERS], context)) {
      progress.show(`round ${round} of ${rounds}: ${kind.name}`);
      // A new process each time: what was once filled is not given back.
      const proxy = await stage.start(kind, { transport, workers: 1 });
      if (proxy === undefined) {
        absent.set(kind, { kind, reason: NOT_INSTALLED });
        continue;
      }
      turns.set(kind, [...(turns.get(kind) ?? []), await measureSockets(stage, proxy, transport)]);
      await proxy.stop();
    }
  }
  return compare(turns, {
    absent: [...absent.values()],
    metric: { name: 'kbPerIdleWebSocket', of: ({ kbPerSocket }) => kbPerSocket },
    columns: [{ title: 'RSS MB', name: 'rssMb', digits: 0, of: ({ rssKb }) => rssKb / 1024 }],
  });
}

async function measureSockets(stage: Stage, proxy: RunningProxy, transport: Transport): Promise<IdleTurn> {
  const { processId } = proxy;
  const { generator } = stage;
  const bodies = { answerBytes: 512, uploadBytes: 0 };
  await generator.load(proxy, {
    question: { kind: 'http', transport, bodies, isKept: true },
    connections: WARM_UP_CONNECTIONS,
    warmUpMs: 0,
    measuredMs: WARM_UP_MS,
  });
  await generator.hold(proxy, { transport, sockets: FIRST_SOCKETS });
  const beforeKb = await settledRssKb(processId);
  await generator.hold(proxy, { transport, sockets: COUNTED_SOCKETS });
  const rssKb = await settledRssKb(processId);
  const alive = await generator.countHeld();
  if (alive !== FIRST_SOCKETS + COUNTED_SOCKETS)
    throw new Error(`${proxy.name}: only ${alive} of ${FIRST_SOCKETS + COUNTED_SOCKETS} WebSockets live`);
  await generator.release();
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
