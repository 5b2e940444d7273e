// `churn`: the configuration changes each 100 ms under 1,000 WebSockets and steady requests. Nothing may be lost, and
// how long a change takes is seen from outside.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../../benchmark.ts';
import type { LoadResult } from '../../load/messages.ts';
import { quantile, round } from '../../results/statistics.ts';
import { requireDescriptors } from '../../stage/descriptors.ts';
import type { Load } from '../../stage/load-generator.ts';
import { LoggedController } from '../../stage/logged-controller.ts';
import { Stage } from '../../stage/stage.ts';
import { type Effects, effectsOf, type Moment, newestVersion } from './effects.ts';
import { Probe, type Sight } from './probe.ts';
import { ChangingSite, COMING_PORTS, type Subject, SUBJECTS } from './site.ts';

const WEBSOCKETS = 1_000;
const CHANGE_EACH_MS = 100;
const LOOK_EACH_MS = 10;
const WORKERS = 2;
const KEPT_PER_SECOND = 200;
const NEW_PER_SECOND = 20;
/** How long the last changes may take to be seen. */
const MAX_LAST_WAIT_MS = 3_000;

type Moments = Record<Subject, Moment[]>;

export const churnBenchmark: Benchmark = {
  summary: `policy, endpoints, certificate changing each ${CHANGE_EACH_MS} ms under ${WEBSOCKETS} WebSockets and requests`,
  defaults: { seconds: 30, rounds: 1 },
  takes: [],
  run: runChurn,
};

async function runChurn(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { processes, progress, seconds } = context;
  requireDescriptors(2 * WEBSOCKETS);
  const stage = await Stage.open(processes, COMING_PORTS);
  const manifests = join(processes.folder, 'churn');
  const site = new ChangingSite(manifests, stage.backend, stage.files);
  await site.writeFirst();
  const controller = await LoggedController.start(processes, { manifests, workers: String(WORKERS) });
  const holder = stage.startGenerator();
  progress.show(`opening ${WEBSOCKETS} WebSockets`);
  await holder.hold(controller.target, { transport: 'tls', sockets: WEBSOCKETS });
  progress.show(`changing for ${seconds} s`);
  const churn = new Churn(
    site,
    new Probe(controller.target.tlsPort, stage.files.certificate),
    stage.backend.morePorts,
  );
  const [kept, fresh] = await Promise.all([
    stage.generator.load(
      controller.target,
      steadyLoad(seconds, { isKept: true, perSecond: KEPT_PER_SECOND }),
    ),
    stage
      .startGenerator()
      .load(controller.target, steadyLoad(seconds, { isKept: false, perSecond: NEW_PER_SECOND })),
    churn.run(seconds * 1000),
  ]);
  const socketsLost = WEBSOCKETS - (await holder.countHeld());
  return report({ churn, kept, fresh, socketsLost, warnings: controller.warnings });
}

/** On kept connections the endpoint of a cookie goes away under them; new ones shake hands with each certificate. */
function steadyLoad(seconds: number, options: { isKept: boolean; perSecond: number }): Load {
  const { isKept, perSecond } = options;
  const bodies = { answerBytes: 512, uploadBytes: 0 };
  return {
    question: { kind: 'http', transport: 'tls', bodies, isKept },
    pace: { kind: 'open', perSecond, isExact: false },
    connections: 16,
    warmUpMs: 0,
    measuredMs: seconds * 1000,
    toleratesFailures: true,
  };
}

/** Makes changes and looks at their effects, both at their own pace. */
class Churn {
  readonly changes: Moments = { policy: [], endpoints: [], certificate: [] };
  readonly #seen: Moments = { policy: [], endpoints: [], certificate: [] };
  readonly #site: ChangingSite;
  readonly #probe: Probe;
  readonly #comingPorts: readonly number[];
  #isOver = false;
  looksFailed = 0;
  firstFailure: string | undefined;

  constructor(site: ChangingSite, probe: Probe, comingPorts: readonly number[]) {
    this.#site = site;
    this.#probe = probe;
    this.#comingPorts = comingPorts;
  }

  effects(subject: Subject): Effects {
    return effectsOf(this.changes[subject], this.#seen[subject]);
  }

  async run(durationMs: number): Promise<void> {
    const looking = this.#look();
    const startMs = performance.now();
    for (let count = 0; count * CHANGE_EACH_MS < durationMs; count++) {
      await pause(Math.max(0, startMs + count * CHANGE_EACH_MS - performance.now()));
      await this.#change(SUBJECTS[count % SUBJECTS.length] ?? 'policy');
    }
    const endMs = performance.now() + MAX_LAST_WAIT_MS;
    while (!this.#isAllSeen() && performance.now() < endMs) await pause(LOOK_EACH_MS);
    this.#isOver = true;
    await looking;
  }

  async #change(subject: Subject): Promise<void> {
    const version = this.changes[subject].length + 1;
    await this.#site.write(subject, version);
    this.changes[subject].push({ atMs: performance.now(), version });
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      try {
        this.#record(await this.#probe.look());
      } catch (error) {
        this.looksFailed++;
        this.firstFailure ??= error instanceof Error ? error.message : String(error);
      }
      await pause(LOOK_EACH_MS);
    }
  }

  #record({ policy, certificate, port }: Sight): void {
    const atMs = performance.now();
    const at = this.#comingPorts.indexOf(port);
    // Before the write returns the version may be seen that is not yet counted.
    const newest = this.changes.endpoints.length + 1;
    const endpoints = at === -1 ? 0 : newestVersion(at, COMING_PORTS, newest);
    for (const [subject, version] of Object.entries({ policy, certificate, endpoints }))
      this.#seen[subject as Subject].push({ atMs, version });
  }

  #isAllSeen(): boolean {
    return SUBJECTS.every(
      (subject) => (this.#seen[subject].at(-1)?.version ?? 0) >= this.changes[subject].length,
    );
  }
}

type Measured = {
  readonly churn: Churn;
  readonly kept: LoadResult;
  readonly fresh: LoadResult;
  readonly socketsLost: number;
  /** Of the controller's log. */
  readonly warnings: readonly string[];
};

function report({ churn, kept, fresh, socketsLost, warnings }: Measured): BenchmarkResult {
  const effects = SUBJECTS.map((subject) => [subject, churn.effects(subject)] as const);
  const delaysMs = effects.flatMap(([, effect]) => effect.delaysMs);
  const requests = kept.units + fresh.units;
  const requestsFailed = kept.failures + fresh.failures + churn.looksFailed;
  const firstFailure = kept.firstFailure ?? fresh.firstFailure ?? churn.firstFailure;
  const json = {
    changes: SUBJECTS.reduce((sum, subject) => sum + churn.changes[subject].length, 0),
    changesUnseen: effects.reduce((sum, [, { unseen }]) => sum + unseen, 0),
    requests,
    requestsFailed,
    webSockets: WEBSOCKETS,
    socketsLost,
    logWarnings: warnings.length,
    changeToEffectMs: quantiles(delaysMs),
    bySubjectMs: Object.fromEntries(
      effects.map(([subject, effect]) => [subject, quantiles(effect.delaysMs)]),
    ),
    ...(firstFailure === undefined ? {} : { firstFailure }),
  };
  const lines = [
    `${json.changes} changes, ${json.changesUnseen} of them never seen`,
    `${requests} requests, ${requestsFailed} failed${firstFailure === undefined ? '' : `: ${firstFailure}`}`,
    `${WEBSOCKETS} WebSockets, ${socketsLost} lost`,
    `${warnings.length} warnings in the log${warnings.length === 0 ? '' : `: ${warnings[0]?.trim()}`}`,
    ...[['all', quantiles(delaysMs)] as const, ...Object.entries(json.bySubjectMs)].map(
      ([name, { p50, p99 }]) =>
        `change to effect, ${name}`.padEnd(32) + `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    ),
  ];
  return { text: lines.join('\n'), json };
}

function quantiles(delaysMs: readonly number[]): { readonly p50: number; readonly p99: number } {
  return { p50: round(quantile(delaysMs, 0.5), 1), p99: round(quantile(delaysMs, 0.99), 1) };
}
