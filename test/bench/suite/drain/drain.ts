// `drain`: a node with 2,000 WebSockets is told to go, and another time it is killed, under steady requests. How many are
// closed in a second, how many come back in one, and what became of the requests.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../../benchmark.ts';
import { ClientSockets } from '../../load/client-socket.ts';
import type { BackendReady, LoadResult } from '../../load/messages.ts';
import { requireDescriptors } from '../../stage/descriptors.ts';
import type { Load } from '../../stage/load-generator.ts';
import { LoggedController } from '../../stage/logged-controller.ts';
import { nextMessage } from '../../stage/next-message.ts';
import { Stage } from '../../stage/stage.ts';
import { ReturningClients } from './clients.ts';
import { peakPerSecond } from '../../../support/peaks.ts';
import { CLOSES_PER_SECOND, DrainedSite, type Node } from './site.ts';

const WEBSOCKETS = 2_000;
const WORKERS = 2;
const REQUESTS_PER_SECOND = 200;
/** Closes take twenty seconds, and the last clients come back five seconds later. */
const MIN_SECONDS = 26;
/** Of the closes in a second over the pace of the policy. */
const MAX_OVER = 1.2;

type Manner = 'drained' | 'killed';

export const drainBenchmark: Benchmark = {
  summary: `a node with ${WEBSOCKETS} WebSockets is drained, and another one is killed, under steady requests`,
  defaults: { seconds: 60, rounds: 1 },
  takes: [],
  run: runDrain,
};

async function runDrain(context: BenchmarkContext): Promise<BenchmarkResult> {
  requireDescriptors(3 * WEBSOCKETS);
  const stage = await Stage.open(context.processes, 1);
  const measured: Measured[] = [];
  for (const manner of ['drained', 'killed'] as const)
    measured.push(await new Departure(context, stage, manner).run());
  return {
    text: measured.map(textOf).join('\n'),
    json: Object.fromEntries(measured.map(({ manner, ...rest }) => [manner, jsonOf({ manner, ...rest })])),
  };
}

type Measured = {
  readonly manner: Manner;
  readonly clients: ReturningClients;
  readonly requests: LoadResult;
  readonly startMs: number;
};

/** One node that goes, with everything around it. */
class Departure {
  readonly #context: BenchmarkContext;
  readonly #stage: Stage;
  readonly #manner: Manner;
  readonly #folder: string;

  constructor(context: BenchmarkContext, stage: Stage, manner: Manner) {
    this.#context = context;
    this.#stage = stage;
    this.#manner = manner;
    this.#folder = join(context.processes.folder, manner);
  }

  async run(): Promise<Measured> {
    const { processes, progress, seconds } = this.#context;
    const leaving = await this.#startNode();
    const site = new DrainedSite(this.#folder);
    site.write([leaving.node]);
    const flags = { manifests: this.#folder, workers: String(WORKERS) };
    const controller = await LoggedController.start(processes, flags);
    const clients = new ReturningClients(
      new ClientSockets(this.#stage.files.certificate),
      controller.target.plainPort,
    );
    progress.show(`${this.#manner}: opening ${WEBSOCKETS} WebSockets`);
    await clients.open(WEBSOCKETS);
    await controller.follow(() => site.write([leaving.node, ...this.#staying]));
    progress.show(`${this.#manner}: the node goes`);
    const lastsMs = Math.max(MIN_SECONDS, seconds / 2) * 1000;
    const load = this.#stage.generator.load(controller.target, steadyLoad(lastsMs));
    await pause(1_000);
    const startMs = performance.now();
    if (this.#manner === 'killed') leaving.child.kill('SIGKILL');
    else site.write([{ ...leaving.node, isTerminating: true }, ...this.#staying]);
    const requests = await load;
    clients.stop();
    await controller.stop();
    return { manner: this.#manner, clients, requests, startMs };
  }

  get #staying(): readonly Node[] {
    const { port, morePorts } = this.#stage.backend;
    return [port, ...morePorts].map((each, at) => ({ name: `node-${at + 1}`, port: each }));
  }

  /** A process of its own, so that it can be killed. */
  async #startNode(): Promise<{ readonly node: Node; readonly child: ChildProcess }> {
    const child = this.#context.processes.fork(new URL('../../load/backend.ts', import.meta.url), []);
    const { port } = await nextMessage<BackendReady>(child);
    return { node: { name: 'node-0', port }, child };
  }
}

function steadyLoad(measuredMs: number): Load {
  return {
    question: {
      kind: 'http',
      transport: 'plain',
      bodies: { answerBytes: 512, uploadBytes: 0 },
      isKept: true,
    },
    pace: { kind: 'open', perSecond: REQUESTS_PER_SECOND, isExact: false },
    connections: 16,
    warmUpMs: 0,
    measuredMs,
    toleratesFailures: true,
  };
}

function jsonOf({ clients, requests, startMs }: Measured) {
  const { endings, returnsMs, refusals, size } = clients;
  const closesPeak = peakPerSecond(endings.map(({ atMs }) => atMs));
  const lastCloseS = Math.max(0, ...endings.map(({ atMs }) => (atMs - startMs) / 1000));
  return {
    webSockets: WEBSOCKETS,
    closed: endings.length,
    byCode: countBy(endings.map(({ code }) => String(code))),
    closesInASecond: closesPeak,
    isPaceKept: closesPeak <= CLOSES_PER_SECOND * MAX_OVER,
    lastCloseS: Math.round(lastCloseS * 10) / 10,
    returnsInASecond: peakPerSecond(returnsMs),
    refusedReturns: refusals,
    openAtTheEnd: size,
    requests: requests.units,
    requestsFailed: requests.failures,
    ...(requests.firstFailure === undefined ? {} : { firstFailure: requests.firstFailure }),
  };
}

function textOf(measured: Measured): string {
  const facts = jsonOf(measured);
  const codes = Object.entries(facts.byCode).map(([code, count]) => `${count} by ${code}`);
  const failure = measured.requests.firstFailure;
  return [
    `a node that is ${measured.manner}, with ${facts.webSockets} WebSockets:`,
    `  closed: ${facts.closed} (${codes.join(', ')}), the last after ${facts.lastCloseS} s`,
    `  closed in any second: at most ${facts.closesInASecond}, of ${CLOSES_PER_SECOND * MAX_OVER} allowed${facts.isPaceKept ? '' : ': TOO MANY'}`,
    `  back in any second: at most ${facts.returnsInASecond}; refused: ${facts.refusedReturns}; open at the end: ${facts.openAtTheEnd}`,
    `  requests: ${facts.requests}, ${facts.requestsFailed} failed${failure === undefined ? '' : `: ${failure}`}`,
  ].join('\n');
}

function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
