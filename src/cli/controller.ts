// A whole controller in this process: source, loop, workers, admin port. `run` and `demo` both start this one.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { generate } from 'selfsigned';
import { Fleet } from '../control/fleet.ts';
import { ControlLoop } from '../control/loop.ts';
import { Publisher } from '../control/publisher.ts';
import { OutcomeReporter } from '../control/reporter.ts';
import { createManifestSource } from '../manifests/source.ts';
import type { Clock } from '../model/clock.ts';
import type { BoundPorts } from '../model/delta.ts';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import { type AdminServer, createAdminServer } from '../observe/admin.ts';
import { createLogger, type Logger, type LogSink, takeWorkerLines } from '../observe/log.ts';
import { createMetrics } from '../observe/registry.ts';
import { SeriesReader } from '../observe/series-reader.ts';
import type { Options } from '../options.ts';
import type { DataPlaneSettings } from '../proxy/data-plane.ts';
import type { WorkerData } from '../proxy/worker.ts';
import { endpointSamples, statusOf } from './controller-state.ts';
import { VERSION } from './version.ts';

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
const METRIC_CELLS = 65_536;
/** Pace of closing WebSockets: their clients come back after three seconds and ask for everything anew. */
const CLOSES_PER_SECOND = 100;
const MAX_SPREAD_MS = 30_000;
const YOUNG_GENERATION_MB = 96;

const clock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
};

/** Starts and resolves when all workers listen; rejects with a message for people where that cannot be. */
export async function startController(options: Options, sink: LogSink): Promise<Controller> {
  const log = createLogger(sink, options.logLevel);
  const layout = { workers: options.workers, slots: options.maxEndpoints, cells: METRIC_CELLS };
  const memory = allocateSharedMemory(layout);
  const state = new SharedState(memory);
  const reader = new SeriesReader(state);
  const publisher = new Publisher(options.maxEndpoints);
  const metrics = createMetrics({
    reader,
    endpoints: () => endpointSamples(publisher, state),
    certificates: () => publisher.certificates,
    logLinesDropped: () => sink.droppedLines,
    build: { version: VERSION, node: process.version },
  });
  const secretDigestKey = randomBytes(32);
  const settings = await dataPlaneSettings(options, secretDigestKey);
  const progress = { isListening: false, isDraining: false };
  const fleet: Fleet = new Fleet({
    workers: options.workers,
    spawn: (worker) => spawnWorker({ worker, memory, settings }),
    state,
    reader,
    clock,
    log,
    snapshot: () => publisher.snapshot(),
    takeLines: (worker, lines) => takeWorkerLines(sink, state.row(worker), lines),
    onServed: (generation) => loop.served(generation),
    onRestarted: () => metrics.main.workerRestarted(),
  });
  const reporter = new OutcomeReporter(log);
  const loop: ControlLoop = new ControlLoop({
    source: createManifestSource({
      directory: options.manifests,
      clock,
      onError: (error) => log.error({ err: error }, 'manifests cannot be watched'),
    }),
    settings: {
      hostNamespaces: options.hostNamespaces,
      deniedEndpoints: options.denyEndpointRanges,
      stickyKeys: await readStickyKeys(options.stickyKeyFile),
      secretDigestKey,
      defaultTlsSecret: options.defaultTlsSecret,
    },
    publisher,
    fleet,
    clock,
    log,
    metrics: metrics.main,
    load: (slot) => state.load(slot),
    onTranslated: (translation, findings) => reporter.report(translation, findings),
  });
  // The admin port comes first: whoever waits for readiness must be able to see that it is not there yet.
  const admin = await createAdminServer({
    address: options.adminAddress,
    port: options.adminPort,
    state: { status: () => statusOf({ fleet, loop, publisher }, progress) },
    registry: metrics.registry,
  });
  try {
    await loop.start();
    const ports = await fleet.start();
    progress.isListening = true;
    log.info(
      {
        version: VERSION,
        ports,
        adminPort: admin.port,
        workers: options.workers,
        manifests: options.manifests,
      },
      'controller started',
    );
    return controllerOf({ fleet, loop, admin, log, state, ports, progress, options });
  } catch (error) {
    await Promise.all([fleet.close(), loop.close(), admin.close()]);
    throw error;
  }
}

type Parts = {
  readonly fleet: Fleet;
  readonly loop: ControlLoop;
  readonly admin: AdminServer;
  readonly log: Logger;
  readonly state: SharedState;
  readonly ports: BoundPorts;
  readonly progress: { isListening: boolean; isDraining: boolean };
  readonly options: Options;
};

function controllerOf({ fleet, loop, admin, log, state, ports, progress, options }: Parts): Controller {
  const close = async () => {
    await Promise.all([fleet.close(), loop.close(), admin.close()]);
  };
  return {
    ports,
    adminPort: admin.port,
    log,
    servedGeneration: () => fleet.acknowledged,
    lameDuck: () => {
      progress.isDraining = true;
      fleet.lameDuck();
    },
    drain: async (timeoutMs) => {
      progress.isDraining = true;
      await loop.close();
      await fleet.drain(closeSpreadMs(state, options.workers, timeoutMs), timeoutMs);
      await admin.close();
    },
    close,
  };
}

/** Long enough for the pace, short enough for the last one to answer its Close frame. */
function closeSpreadMs(state: SharedState, workers: number, timeoutMs: number): number {
  let tunnels = 0;
  for (let worker = 0; worker < workers; worker++) tunnels += state.row(worker).signal('tunnels');
  const paceMs = (tunnels / CLOSES_PER_SECOND) * 1000;
  return Math.max(0, Math.min(paceMs, MAX_SPREAD_MS, timeoutMs - 6_000));
}

function spawnWorker(workerData: WorkerData): Worker {
  return new Worker(new URL('../proxy/worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
}

async function dataPlaneSettings(options: Options, secretDigestKey: Uint8Array): Promise<DataPlaneSettings> {
  const { bindAddress, httpPort, httpsPort, legacyHttpsPort, trustedProxies, proxyProtocolFrom } = options;
  return {
    bindAddress,
    httpPort,
    httpsPort,
    legacyHttpsPort,
    redirectHttpsPort: options.redirectHttpsPort,
    trustedProxies,
    proxyProtocolFrom,
    secretDigestKey,
    ticketKeys: await readTicketKeys(options.ticketKeyFile),
    defaultCertificate: await selfSignedCertificate(),
    defaultCertificateKey: options.defaultTlsSecret,
    refusesUnknownNames: options.refusesUnknownNames,
    maxConnections: Math.ceil(options.maxConnections / options.workers),
  };
}

/** Shown to clients that name no host we have a certificate for. */
async function selfSignedCertificate(): Promise<DataPlaneSettings['defaultCertificate']> {
  const made = await generate([{ name: 'commonName', value: 'mattermost-ingress default certificate' }], {
    keyType: 'ec',
    notAfterDate: new Date(clock.epochMs() + 3650 * 86_400_000),
  });
  return { chain: made.cert, privateKey: made.private };
}

async function readTicketKeys(file: string | undefined): Promise<Uint8Array> {
  if (file === undefined) return randomBytes(48);
  const keys = await readFile(file);
  if (keys.length !== 48) throw new Error(`--ticket-key-file ${file} must hold 48 bytes, not ${keys.length}`);
  return keys;
}

async function readStickyKeys(file: string | undefined): Promise<readonly Uint8Array[]> {
  if (file === undefined) return [randomBytes(32)];
  const lines = (await readFile(file, 'utf8'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0 || lines.some((line) => line.length < 16)) {
    throw new Error(`--sticky-key-file ${file} must hold one key a line, each of at least 16 characters`);
  }
  return lines.map((line) => Buffer.from(line, 'utf8'));
}
