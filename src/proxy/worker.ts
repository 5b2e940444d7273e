// The entry of a worker thread: ties a data plane to its thread's time, chance, messages and shared memory.
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { SourceLimiter } from '../decide/limits.ts';
import type { Clock } from '../model/clock.ts';
import type { Delta, FromWorker, ToWorker } from '../model/delta.ts';
import { messageOf } from '../model/error-message.ts';
import { proxyFault } from '../model/fault.ts';
import { type SharedMemory, type SharedRow, SharedState } from '../model/shared-state.ts';
import type { SourceMemory } from '../model/source-table.ts';
import { accessLine } from '../observe/access-log.ts';
import { createLogger, type LogLevel } from '../observe/log.ts';
import { LogBatch } from '../observe/log-batch.ts';
import { Recorder } from '../observe/recorder.ts';
import { SeriesWriter } from '../observe/series.ts';
import { DataPlane, type DataPlaneSettings } from './data-plane.ts';
import { DeltaJoin } from './delta-join.ts';
import { OwnAddresses } from './backend/own-addresses.ts';
import { RequestIds } from './request-ids.ts';
import { TimerWheel } from './timers.ts';

/** What the main thread starts a worker with. */
export type WorkerData = {
  readonly worker: number;
  readonly memory: SharedMemory;
  readonly sources: SourceMemory;
  readonly settings: DataPlaneSettings;
  readonly logLevel: LogLevel;
};

const HEARTBEAT_MS = 250;

/** The clock of hrtime, which has one base for all threads, read by the cheaper performance.now(), which has not. */
const baseMs = Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now();
const clock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => baseMs + performance.now(),
};

function startWorker(data: WorkerData, send: (message: FromWorker) => void, receive: Receive): void {
  const shared = new SharedState(data.memory);
  const row = shared.row(data.worker);
  const recorder = new Recorder(new SeriesWriter(row, send));
  const batch = new LogBatch({
    send,
    takenBytes: () => row.signal('logTakenBytes'),
    onDropped: (lines) => recorder.logLinesDropped(lines),
  });
  const logger = createLogger(batch, data.logLevel);
  const onBug = (error: unknown) => {
    recorder.faulted(proxyFault('internal'));
    logger.error({ err: error, worker: data.worker }, 'mistake of ours; a connection is closed');
  };
  const timers = new TimerWheel(clock, onBug);
  const requestIds = new RequestIds();
  const addresses = new OwnAddresses();
  const logsAccess = logger.isLevelEnabled('info');
  setInterval(() => timers.advance(), timers.tickMs);
  setInterval(heartbeat(row), HEARTBEAT_MS);
  const plane = new DataPlane(data.settings, {
    clock,
    timers,
    recorder,
    row,
    shared,
    random: Math.random,
    sources: new SourceLimiter(data.sources, data.worker, () => clock.monotonicMs()),
    ownAddresses: () => addresses.now(),
    warn: (facts, message) => logger.warn({ ...facts, worker: data.worker }, message),
    newRequestId: () => requestIds.next(),
    log: (record) => {
      if (logsAccess) batch.write(accessLine(record));
    },
    onBug,
  });
  const thread = { send, batch, join: new DeltaJoin() };
  receive((message) => void obey(plane, message, thread));
}

/** Tells how the thread is. A lag fades slowly: whoever looks once a second shall see it. */
function heartbeat(row: SharedRow): () => void {
  let lastMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    const lateMs = Math.round(nowMs - lastMs - HEARTBEAT_MS);
    lastMs = nowMs;
    row.setSignal('loopLagMs', Math.max(0, lateMs, Math.floor(row.signal('loopLagMs') * 0.8)));
    row.setSignal('heapKibibytes', Math.round(getHeapStatistics().used_heap_size / 1024));
    row.addSignal('heartbeat', 1);
  };
}

type Thread = {
  readonly send: (message: FromWorker) => void;
  readonly batch: LogBatch;
  readonly join: DeltaJoin;
};

type Receive = (onMessage: (message: ToWorker) => void) => void;

async function obey(plane: DataPlane, message: ToWorker, thread: Thread): Promise<void> {
  switch (message.kind) {
    case 'delta':
      thread.join.add(message.delta);
      thread.send(message.isLast ? await takeStep(plane, thread.join.take()) : { kind: 'part-taken' });
      return;
    case 'listen':
      try {
        thread.send({ kind: 'listening', ports: await plane.listen(message.ports) });
      } catch (error) {
        thread.send({ kind: 'failed', message: messageOf(error) });
      }
      return;
    case 'lame-duck':
      plane.lameDuck();
      return;
    case 'drain':
      await plane.drain(message.closeWithinMs);
      thread.batch.close();
      thread.send({ kind: 'drained' });
  }
}

async function takeStep(plane: DataPlane, delta: Delta | undefined): Promise<FromWorker> {
  const isTaken = delta !== undefined && (await plane.applyBetweenRequests(delta));
  return isTaken ? { kind: 'acknowledged', generation: delta.generation } : { kind: 'snapshot-wanted' };
}

const port = parentPort;
if (port !== null) {
  startWorker(
    workerData as WorkerData,
    (message) => port.postMessage(message),
    (onMessage) => port.on('message', onMessage),
  );
}
