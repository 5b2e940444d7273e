// Nodes restart, die, stand still and change their addresses under steady requests and people with WebSockets.
// What may be lost is listed with its cause; whatever else is lost is a violation.
import { setTimeout as pause } from 'node:timers/promises';
import type { ControllerProcess } from '../support/controller-process.ts';
import { WorkerThreads } from '../support/worker-threads.ts';
import { type Chance, chanceOf } from './chance.ts';
import { Cluster } from './cluster.ts';
import { Crowd, type CrowdOptions } from './crowd.ts';
import { type Failure, Traffic } from './traffic.ts';
import { killWorker } from './worker.ts';

export type ChaosPlan = CrowdOptions & {
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** For how long a node that is to go is announced before it is told to. */
  readonly drainMs: number;
  /** What the policy says beside what the nodes need. */
  readonly parts?: { readonly [part: string]: unknown };
};

export type ChaosReport = {
  readonly seed: number;
  readonly seconds: number;
  readonly steps: readonly string[];
  readonly requests: number;
  /** Failed requests by method, status, cause, and what befell a node then. */
  readonly failed: Readonly<Record<string, number>>;
  /** Lost WebSockets by close code; all of nodes that went. */
  readonly lost: Readonly<Record<string, number>>;
  readonly opens: number;
  readonly refusedOpens: number;
  readonly returns: number;
  /** Clients whose own network broke, or their worker, and those of them who came back to their node. */
  readonly cuts: number;
  readonly resumes: number;
  /** Returns that read everything anew: to another node than before. */
  readonly resyncs: number;
  readonly peakReturnsPerSecond: number;
  /** The longest wait for an answer. */
  readonly slowestMs: number;
  /** From the end of a worker until another one served in its place, each time. */
  readonly workerBackMs: readonly number[];
  readonly violations: readonly string[];
};

/** What the end of a node makes of a request that it had got: nobody may send that again. */
const DEATH: readonly string[] = ['closed-before-response', 'response-truncated'];
const EXCUSED: Readonly<Record<string, readonly string[]>> = {
  kill: DEATH,
  reuse: DEATH,
  // The client's connection is gone, and with it the line of the log.
  worker: ['not in the log'],
};
const RECOVERY_MS = 40_000;
const LOOK_MS = 25;
/** One in so many clients loses its network. */
const CUT_SHARE = 5;

/** @param isOver asked after each step; `undefined` rolls all nodes once */
export async function runChaos(
  controller: ControllerProcess,
  plan: ChaosPlan,
  isOver?: () => boolean,
): Promise<ChaosReport> {
  const beganMs = performance.now();
  const chance = chanceOf(plan.seed);
  const cluster = await Cluster.start(controller, plan.parts);
  const crowd = await Crowd.gather(cluster, chance, plan);
  let traffic: Traffic | undefined;
  const threads = await WorkerThreads.attach(controller);
  const steps: string[] = [];
  const violations: string[] = [];
  const workerBackMs: number[] = [];
  try {
    if (!(await allOnline(crowd, plan))) violations.push('not everybody came in at the start');
    traffic = new Traffic(controller, plan.requestsPerSecond, () => cluster.step);
    for await (const step of isOver === undefined
      ? roll(cluster, plan)
      : strike(cluster, { crowd, chance, plan, threads, workerBackMs })) {
      steps.push(step);
      if (!(await allOnline(crowd, plan))) violations.push(`${crowd.online} are back after ${step}`);
      if (violations.length > 0 || isOver?.() === true) break;
    }
    const failures = await traffic.stop();
    await crowd.stop();
    violations.push(...judge(failures, crowd, cluster));
    const seconds = Math.round((performance.now() - beganMs) / 1000);
    return reportOf({ plan, seconds, steps, violations, workerBackMs }, traffic, failures, crowd);
  } finally {
    threads.detach();
    await Promise.all([traffic?.stop(), crowd.stop()]);
    await cluster.stop();
  }
}

/** One node after the other, in good order. */
async function* roll(cluster: Cluster, { drainMs }: ChaosPlan): AsyncGenerator<string> {
  for (let at = 0; at < cluster.size; at++) {
    await cluster.replace(at, drainMs);
    yield `replace ${at}`;
  }
}

type Strike = {
  readonly crowd: Crowd;
  readonly chance: Chance;
  readonly plan: ChaosPlan;
  readonly threads: WorkerThreads;
  readonly workerBackMs: number[];
};

/** One node at a time, so that there is always one that serves. */
async function* strike(cluster: Cluster, strike: Strike): AsyncGenerator<string, never> {
  const { crowd, chance, plan } = strike;
  for (;;) {
    const at = chance.between(0, cluster.size - 1);
    const kind = chance.pick(['replace', 'slow start', 'kill', 'freeze', 'reuse', 'cut', 'worker']);
    const forMs = chance.between(0, 1_500);
    if (kind === 'replace') await cluster.replace(at, plan.drainMs);
    else if (kind === 'slow start') await cluster.replaceSlowly(at, plan.drainMs, forMs);
    else if (kind === 'worker') await loseWorker(cluster, strike);
    else if (kind === 'cut') cutSome(cluster, crowd);
    else if (kind === 'kill') await cluster.kill(at, forMs);
    else if (kind === 'reuse') await cluster.reuse(at, forMs);
    else await cluster.freeze(at, forMs);
    yield `${kind} ${at} ${forMs}`;
  }
}

function cutSome(cluster: Cluster, crowd: Crowd): void {
  cluster.step = 'cut';
  crowd.cut(Math.ceil(crowd.online / CUT_SHARE));
}

/** It takes its own connections: whose they are is for the tests of workers to say. */
async function loseWorker(cluster: Cluster, { threads, workerBackMs }: Strike): Promise<void> {
  cluster.step = 'worker';
  workerBackMs.push(await killWorker(cluster.controller, threads));
}

async function allOnline(crowd: Crowd, { clients }: ChaosPlan): Promise<boolean> {
  const untilMs = performance.now() + RECOVERY_MS;
  while (crowd.online < clients && performance.now() < untilMs) await pause(LOOK_MS);
  return crowd.online >= clients;
}

function judge(failures: readonly Failure[], crowd: Crowd, { gone }: Cluster): readonly string[] {
  const wrong = failures.filter(({ during, cause }) => EXCUSED[during]?.includes(cause) !== true).map(nameOf);
  const resyncs = crowd.hellos - crowd.options.clients;
  const unasked = crowd.losses.filter(({ node }) => !gone.has(node));
  return [
    ...wrong.map((name) => `request failed: ${name}`),
    ...(crowd.resumes < crowd.cuts
      ? [`${crowd.cuts - crowd.resumes} clients did not come back to their node: ${straysOf(crowd)}`]
      : []),
    ...(resyncs > crowd.losses.length
      ? [`${resyncs - crowd.losses.length} clients began anew for nothing`]
      : []),
    ...unasked.map(({ node, code }) => `a WebSocket of ${node}, which was there, was lost with ${code}`),
  ];
}

function straysOf({ strays }: Crowd): string {
  return Object.entries(countOf(strays))
    .map(([way, count]) => `${count} from ${way}`)
    .join(', ');
}

function nameOf({ method, status, during, cause }: Failure): string {
  return `${method} ${status} ${cause} during ${during}`;
}

function reportOf(
  facts: {
    readonly plan: ChaosPlan;
    readonly seconds: number;
    readonly steps: readonly string[];
    readonly violations: readonly string[];
    readonly workerBackMs: readonly number[];
  },
  traffic: Traffic,
  failures: readonly Failure[],
  crowd: Crowd,
): ChaosReport {
  const { plan, ...rest } = facts;
  return {
    seed: plan.seed,
    ...rest,
    requests: traffic.sent,
    failed: countOf(failures.map(nameOf)),
    lost: countOf(crowd.losses.map(({ code }) => String(code))),
    opens: crowd.opens,
    refusedOpens: crowd.refusals,
    returns: crowd.returns,
    cuts: crowd.cuts,
    resumes: crowd.resumes,
    resyncs: crowd.hellos - plan.clients,
    peakReturnsPerSecond: crowd.peak,
    slowestMs: Math.round(traffic.slowestMs),
  };
}

function countOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
