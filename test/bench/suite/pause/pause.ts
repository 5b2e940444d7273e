// `pause`: how long a worker does not answer while the main thread translates ten thousand objects, and while two thousand
// tunnels end at once. Seen from outside, as the longest wait of many small requests; the same requests to the backend
// itself, at the same time, tell what of it is the machine's; so does the processor time of the worker's thread.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../../benchmark.ts';
import type { LoadResult } from '../../load/messages.ts';
import { median, round } from '../../results/statistics.ts';
import { textTable } from '../../results/text-table.ts';
import { requireDescriptors } from '../../stage/descriptors.ts';
import type { Load, LoadGenerator } from '../../stage/load-generator.ts';
import { LoggedController } from '../../stage/logged-controller.ts';
import { Stage } from '../../stage/stage.ts';
import { longestBusyMs } from './busy.ts';
import { manySites, OBJECTS, probedSite, siteWithoutWebSockets } from './manifests.ts';

const BUSY_PRELOAD = fileURLToPath(new URL('./busy-preload.ts', import.meta.url));
const TUNNELS = 2_000;
const PER_SECOND = 500;
const MAX_TURN_MS = 60_000;
const WARM_UP_MS = 500;
const TUNNELS_END_MS = 1_500;
const SETTLE_MS = 500;

type PauseTurn = {
  readonly throughProxy: LoadResult;
  /** Of the same requests to the backend itself, meanwhile. */
  readonly direct: LoadResult;
  /** How long a worker was busy without a turn for anything else. */
  readonly busyMs: number;
};

const SITUATIONS = ['quiet', 'translate', 'clientsLeave', 'backendLeaves', 'weClose'] as const;
type Situation = (typeof SITUATIONS)[number];

const TITLES: Readonly<Record<Situation, string>> = {
  quiet: 'nothing else happens',
  translate: `the main thread translates ${OBJECTS} objects`,
  clientsLeave: `${TUNNELS} clients end their WebSockets`,
  backendLeaves: `a backend ends ${TUNNELS} WebSockets`,
  weClose: `a policy closes ${TUNNELS} WebSockets, 10,000 a second`,
};

export const pauseBenchmark: Benchmark = {
  summary: `longest wait while ${OBJECTS} objects are translated, and while ${TUNNELS} WebSockets end`,
  defaults: { seconds: 90, rounds: 3 },
  takes: [],
  run: runPause,
};

async function runPause(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { rounds, seconds, progress } = context;
  requireDescriptors(2 * TUNNELS);
  const scene = await Scene.open(context);
  const turns = new Map<Situation, PauseTurn[]>(SITUATIONS.map((situation) => [situation, []]));
  const endMs = performance.now() + seconds * 1000;
  // The first round is not counted: in it the engine compiles what is hot.
  for (let count = 0; count <= rounds && (count <= 1 || performance.now() < endMs); count++) {
    for (const situation of SITUATIONS) {
      progress.show(`round ${count} of ${rounds}: ${TITLES[situation]}`);
      const turn = await scene.play(situation, count);
      if (count > 0) turns.get(situation)?.push(turn);
    }
  }
  return report(turns);
}

class Scene {
  readonly #stage: Stage;
  readonly #folder: string;
  readonly #controller: LoggedController;
  readonly #control: LoadGenerator;
  readonly #holder: LoadGenerator;

  private constructor(stage: Stage, folder: string, controller: LoggedController) {
    this.#stage = stage;
    this.#folder = folder;
    this.#controller = controller;
    this.#control = stage.startGenerator();
    this.#holder = stage.startGenerator();
  }

  static async open({ processes, progress }: BenchmarkContext): Promise<Scene> {
    progress.show('starting a controller');
    const stage = await Stage.open(processes);
    const folder = join(processes.folder, 'pause');
    const manifests = join(folder, 'manifests');
    mkdirSync(manifests, { recursive: true });
    writeFileSync(join(manifests, 'probed.yaml'), probedSite(stage.backend.port));
    const controller = await LoggedController.start(
      processes,
      { manifests, workers: '1', 'max-endpoints': String(2 * OBJECTS) },
      { nodeFlags: ['--import', BUSY_PRELOAD], environment: { BENCH_BUSY_FOLDER: folder } },
    );
    const scene = new Scene(stage, folder, controller);
    await Promise.all([stage.generator, scene.#control, scene.#holder].map((generator) => generator.ready()));
    return scene;
  }

  async play(situation: Situation, version: number): Promise<PauseTurn> {
    if (situation !== 'quiet' && situation !== 'translate')
      await this.#holder.hold(this.#controller.target, { transport: 'plain', sockets: TUNNELS });
    const probing = Promise.all([
      this.#stage.generator.load(this.#controller.target, PROBES),
      this.#control.load(this.#stage.backendTarget, PROBES),
    ]);
    await pause(WARM_UP_MS * 2);
    const startMs = Date.now();
    await this.#act(situation, version);
    // What waited meanwhile is answered only now.
    await pause(SETTLE_MS);
    this.#stage.generator.stopLoad();
    this.#control.stopLoad();
    const [throughProxy, direct] = await probing;
    return { throughProxy, direct, busyMs: longestBusyMs(this.#folder, startMs, Date.now()) };
  }

  async #act(situation: Situation, version: number): Promise<void> {
    switch (situation) {
      case 'quiet':
        return await pause(TUNNELS_END_MS);
      case 'translate':
        await this.#controller.follow(() => this.#write('many.yaml', manySites(version)));
        return;
      case 'clientsLeave':
        await this.#holder.release();
        return await pause(TUNNELS_END_MS);
      case 'backendLeaves':
        this.#stage.endBackendWebSockets();
        return await pause(TUNNELS_END_MS);
      case 'weClose':
        await this.#changeProbed(siteWithoutWebSockets);
        await pause(TUNNELS_END_MS);
        // The next round opens some again.
        await this.#changeProbed(probedSite);
    }
  }

  async #changeProbed(textOf: (backendPort: number) => string): Promise<void> {
    const text = textOf(this.#stage.backend.port);
    await this.#controller.follow(() => this.#write('probed.yaml', text));
  }

  #write(name: string, text: string): void {
    const hidden = join(this.#folder, 'manifests', '.new');
    writeFileSync(hidden, text);
    renameSync(hidden, join(this.#folder, 'manifests', name));
  }
}

const PROBES: Load = {
  question: {
    kind: 'http',
    transport: 'plain',
    bodies: { answerBytes: 512, uploadBytes: 0 },
    isKept: true,
  },
  pace: { kind: 'open', perSecond: PER_SECOND, isExact: false },
  connections: 8,
  warmUpMs: WARM_UP_MS,
  measuredMs: MAX_TURN_MS,
};

function report(turns: ReadonlyMap<Situation, readonly PauseTurn[]>): BenchmarkResult {
  const facts = [...turns].map(([situation, own]) => {
    const longest = {
      workerBusyMs: summary(own.map(({ busyMs }) => busyMs)),
      longestWaitMs: summary(own.map(({ throughProxy }) => throughProxy.maxMs)),
      longestWaitAtBackendMs: summary(own.map(({ direct }) => direct.maxMs)),
    };
    const requests = own.reduce((sum, { throughProxy }) => sum + throughProxy.units, 0);
    return [situation, { ...longest, requests }] as const;
  });
  const titles = ['while', 'worker busy ms', 'longest wait ms', 'at the backend itself ms'];
  const rows = facts.map(([situation, { workerBusyMs, longestWaitMs, longestWaitAtBackendMs }]) => [
    TITLES[situation],
    ...[workerBusyMs, longestWaitMs, longestWaitAtBackendMs].map(
      ({ median: middle, max }) => `${middle.toFixed(1)} (${max.toFixed(1)})`,
    ),
  ]);
  const note = 'Median and, in brackets, the worst of the rounds.';
  return { text: [...textTable([titles, ...rows]), note].join('\n'), json: Object.fromEntries(facts) };
}

function summary(valuesMs: readonly number[]): { readonly median: number; readonly max: number } {
  return { median: round(median(valuesMs), 1), max: round(Math.max(...valuesMs), 1) };
}
