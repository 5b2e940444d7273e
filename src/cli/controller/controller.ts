// A whole controller in this process: source, loop, workers, admin port. `run` and `demo` both start this one.
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { Fleet } from '../../control/fleet.ts';
import { HealthMonitor } from '../../control/health.ts';
import { ControlLoop, type LoopOptions } from '../../control/loop.ts';
import { Publisher } from '../../control/publisher.ts';
import { OutcomeReporter } from '../../control/reporter.ts';
import { StatusBoard } from '../../control/status-board.ts';
import type { Clock } from '../../model/clock.ts';
import type { BoundPorts } from '../../model/delta.ts';
import { allocateSharedMemory, type SharedMemory, SharedState } from '../../model/shared-state.ts';
import { allocateSourceMemory, clearSources, type SourceMemory } from '../../model/source-table.ts';
import { type AdminServer, createAdminServer } from '../../observe/admin.ts';
import type { MainMetrics } from '../../observe/main-metrics.ts';
import { createLogger, type Logger, type LogSink, takeWorkerLines } from '../../observe/log.ts';
import { createMetrics, type Metrics } from '../../observe/registry.ts';
import { SeriesReader } from '../../observe/series-reader.ts';
import type { Options } from '../../options/options.ts';
import { OwnAddresses } from '../../proxy/backend/own-addresses.ts';
import type { WorkerData } from '../../proxy/worker.ts';
import { REVISION, VERSION } from '../version.ts';
import type { ChosenSource } from './chosen-source.ts';
import { stateOf, statusOf } from './controller-state.ts';
import { dataPlaneSettings } from './data-plane-settings.ts';
import { explainRunning } from './explain-running.ts';
import { workerHeapMb } from './machine.ts';
import { chooseSource } from './object-source.ts';
import { Observation } from './observation.ts';
import { probeFromPool } from './pool-probe.ts';
import { endpointSamples } from './state-endpoints.ts';
import { StickyKeys } from './sticky-keys.ts';
import { translateSettings } from './translate-settings.ts';

export type Controller = {
  readonly ports: BoundPorts;
  readonly adminPort: number;
  readonly log: Logger;
  /** Generation that all workers serve. */
  servedGeneration(): number;
  /** Readiness goes red, everything is still served. */
  lameDuck(): void;
  /** Stops accepting, lets what is open end, then stops everything. */
  drain(timeoutMs: number): Promise<void>;
  /** Stops everything at once. */
  close(): Promise<void>;
};

/** Numbers a worker may keep for metrics: about 100 for each site and host it has served. */
const METRIC_CELLS = 262_144;
/** The last one asked must have time to answer its Close frame. */
const CLOSE_ANSWER_MS = 6_000;
const YOUNG_GENERATION_MB = 96;
const BYTES_PER_MB = 1024 * 1024;

const clock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
};

/** Starts and resolves when all workers listen; rejects with a message for people where that cannot be. */
export async function startController(options: Options, sink: LogSink): Promise<Controller> {
  const base = await buildBase(options, sink);
  const { log, progress, writer } = base;
  let parts: Parts | undefined;
  // The admin port comes first: whoever waits for readiness must be able to see that it is not there yet.
  const admin = await createAdminServer({
    address: options.adminAddress,
    port: options.adminPort,
    showsState: options.adminUi,
    state: {
      status: () => statusOf(base.publisher, parts, progress),
      state: (query) => stateOf({ ...base, parts, health: parts?.health }, query, clock),
      explain: (asked) => explainRunning(asked, { ...base, options, clock, parts }),
    },
    registry: base.metrics.registry,
  });
  try {
    const { ingressClass, controllerName, takeOverClass } = options;
    const classes = { ingressClass, controllerName, takeOverClass };
    const facts = { version: VERSION, revision: REVISION, adminPort: admin.port, ...base.facts, ...classes };
    log.info(facts, 'reading objects');
    parts = await buildParts(base, options, sink);
    await parts.loop.start();
    const ports = await parts.fleet.start();
    progress.isListening = true;
    parts.health.start();
    writer?.start();
    const { loop } = parts;
    parts.stickyKeys.watch(() => loop.refresh());
    log.info({ ...facts, ports, workers: options.workers }, 'controller started');
    return controllerOf({ ...base, ...parts }, admin, ports);
  } catch (error) {
    parts?.health.close();
    base.observation.close();
    await Promise.all([parts?.fleet.close(), parts?.loop.close(), admin.close()]);
    throw error;
  }
}

/** What needs no key and no object. */
type Base = ChosenSource & {
  readonly log: Logger;
  readonly memory: SharedMemory;
  readonly sources: SourceMemory;
  readonly state: SharedState;
  readonly reader: SeriesReader;
  readonly publisher: Publisher;
  readonly metrics: Metrics;
  readonly progress: { isListening: boolean; isDraining: boolean };
  readonly observation: Observation;
  readonly logsAccess: boolean;
};

type Parts = {
  readonly fleet: Fleet;
  readonly loop: ControlLoop;
  readonly health: HealthMonitor;
  readonly stickyKeys: StickyKeys;
  readonly secretDigestKey: Uint8Array;
};

async function buildBase(options: Options, sink: LogSink): Promise<Base> {
  const { workers, maxEndpoints } = options;
  const log = createLogger(sink, options.logLevel);
  const memory = allocateSharedMemory({ workers, slots: maxEndpoints, cells: METRIC_CELLS });
  const state = new SharedState(memory);
  const sources = allocateSourceMemory(workers, options.maxSources, randomBytes(8));
  const reader = new SeriesReader(state);
  const publisher = new Publisher(maxEndpoints);
  const metrics = createMetrics({
    reader,
    endpoints: () => endpointSamples({ publisher, state }),
    certificates: () => publisher.certificates,
    watches: () => chosen.watches(),
    logLinesDropped: () => sink.droppedLines,
    build: { version: VERSION, revision: REVISION, node: process.version },
  });
  const chosen: ChosenSource = await chooseSource(options, { clock, log, metrics: metrics.main });
  const progress = { isListening: false, isDraining: false };
  const observation = new Observation(reader, clock);
  const logsAccess = log.isLevelEnabled('info');
  return {
    ...chosen,
    log,
    logsAccess,
    memory,
    sources,
    state,
    reader,
    publisher,
    metrics,
    progress,
    observation,
  };
}

/** Everything else but what is started: the parts know each other only through the calls given here. */
async function buildParts(base: Base, options: Options, sink: LogSink): Promise<Parts> {
  const { log, memory, sources, state, reader, publisher, metrics, loadKey, observation } = base;
  const { workers, logLevel } = options;
  const secretDigestKey = randomBytes(32);
  const settings = await dataPlaneSettings(options, secretDigestKey, loadKey);
  const fleet: Fleet = new Fleet({
    workers,
    spawn: (worker) => spawnWorker({ worker, memory, sources, settings, logLevel }),
    state,
    reader,
    clock,
    log,
    snapshot: () => publisher.snapshot(),
    takeLines: (worker, lines) => {
      observation.refusals.take(lines);
      takeWorkerLines(sink, state.row(worker), lines);
    },
    onServed: (generation) => loop.served(generation),
    onRestarted: () => metrics.main.workerRestarted(),
  });
  const health: HealthMonitor = new HealthMonitor({
    state,
    clock,
    random: Math.random,
    startProbe: probeFromPool(() => clock.monotonicMs()),
    log,
    metrics: metrics.main,
    onChanged: () => loop.refresh(),
  });
  const load = (slot: number) => state.load(slot);
  const stickyKeys = await StickyKeys.load(options, base);
  const parts = { publisher, fleet, health, clock, log, load, metrics: metrics.main };
  const loop = buildLoop(options, parts, { ...base, stickyKeys, secretDigestKey });
  return { fleet, loop, health, stickyKeys, secretDigestKey };
}

type LoopKeys = { readonly stickyKeys: StickyKeys; readonly secretDigestKey: Uint8Array };

function buildLoop(
  options: Options,
  parts: Pick<LoopOptions, 'publisher' | 'fleet' | 'clock' | 'log' | 'load'> & {
    readonly health: HealthMonitor;
    readonly metrics: MainMetrics;
  },
  chosen: LoopKeys & Pick<Base, 'source' | 'deniedEndpoints' | 'writer' | 'observation'>,
): ControlLoop {
  const reporter = new OutcomeReporter(parts.log, parts.metrics);
  const { source, deniedEndpoints, writer, observation } = chosen;
  const board = new StatusBoard({
    ...options,
    unhealthyCount: (key) => parts.health.unhealthyCount(key),
    tell: (statuses, notes) => writer?.tell(statuses, notes),
  });
  const settings = { ...translateSettings(options), secretDigestKey: chosen.secretDigestKey };
  const addresses = new OwnAddresses();
  return new ControlLoop({
    ...parts,
    source,
    settings: () => ({
      ...settings,
      stickyKeys: chosen.stickyKeys.current,
      deniedEndpoints: options.denyEndpointRanges ?? deniedEndpoints(),
      ownAddresses: addresses.now(),
    }),
    onTranslated: (posting) => {
      observation.findings = posting.findings;
      reporter.report(posting.translation, posting.findings);
      board.post(posting);
    },
    onServed: (generation) => {
      observation.servedEpochMs = clock.epochMs();
      board.served(generation);
    },
    onStalled: () => board.stalled(),
  });
}

function controllerOf(parts: Base & Parts, admin: AdminServer, ports: BoundPorts): Controller {
  const { fleet, loop, health, stickyKeys, progress, writer, observation } = parts;
  return {
    ports,
    adminPort: admin.port,
    log: parts.log,
    servedGeneration: () => fleet.acknowledged,
    lameDuck: () => {
      progress.isDraining = true;
      fleet.lameDuck();
      // Another replica may lead from now on.
      void writer?.close();
    },
    drain: async (timeoutMs) => {
      Object.assign(progress, { isDraining: true, isListening: false });
      stickyKeys.close();
      await writer?.close();
      await loop.close();
      health.close();
      await fleet.drain(Math.max(0, timeoutMs - CLOSE_ANSWER_MS), timeoutMs);
      observation.close();
      await admin.close();
    },
    close: async () => {
      stickyKeys.close();
      health.close();
      observation.close();
      await writer?.close();
      await Promise.all([fleet.close(), loop.close(), admin.close()]);
    },
  };
}

function spawnWorker(workerData: WorkerData): Worker {
  const heapMb = getHeapStatistics().heap_size_limit / BYTES_PER_MB;
  const worker = new Worker(new URL('../../proxy/worker.ts', import.meta.url), {
    workerData,
    resourceLimits: {
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      maxOldGenerationSizeMb: workerHeapMb(heapMb, workerData.memory.layout.workers),
    },
  });
  worker.once('exit', () => clearSources(workerData.sources, workerData.worker));
  return worker;
}
