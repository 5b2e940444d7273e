// A process of src/observe/log.test.ts: workers and the main thread write to standard output, whoever reads it or not.
// Its argument says how many workers and how many megabytes of its own; it reports over IPC and ends as main.ts does.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { allocateSharedMemory, SharedState } from '../../../src/model/shared-state.ts';
import type { LogMessage } from '../../../src/observe/log-batch.ts';
import { createLogger, LogSink, takeWorkerLines } from '../../../src/observe/log.ts';

type FromThread = LogMessage | { readonly kind: 'counted'; readonly lines: number; readonly dropped: number };

const workers = Number(process.argv[2]);
const ownBytes = Number(process.argv[3]) * 1024 * 1024;
const memory = allocateSharedMemory({ workers, slots: 1, cells: 0 });
const state = new SharedState(memory);
const sink = new LogSink(process.stdout, 1024 * 1024);
const logger = createLogger(sink, 'info');
const count = { lines: 0, droppedByWorkers: 0 };
let isEnough = false;

process.once('message', () => {
  isEnough = true;
  for (let worker = 0; worker < workers; worker += 1) state.row(worker).setSignal('heartbeat', 1);
});

async function runThread(worker: number): Promise<void> {
  const url = new URL('./logging-worker.ts', import.meta.url);
  const thread = new Worker(url, { workerData: { memory, worker } });
  thread.on('message', (message: FromThread) => {
    if (message.kind === 'log') return takeWorkerLines(sink, state.row(worker), message.lines);
    count.lines += message.lines;
    count.droppedByWorkers += message.dropped;
  });
  await once(thread, 'exit');
}

/** In turns, as a live event loop works: were one write to block, the end would never come. */
async function writeOwn(): Promise<number> {
  const text = 'x'.repeat(900);
  let line = 0;
  while (line * text.length < ownBytes || (workers > 0 && !isEnough)) {
    logger.info({ line }, text);
    line += 1;
    if (line % 100 === 0) await setImmediate();
  }
  return line;
}

const threads = Array.from({ length: workers }, (_, worker) => runThread(worker));
const ownLines = await writeOwn();
count.lines += ownLines;
await Promise.all(threads);
await sink.flush(workers > 0 ? 10_000 : 50);
process.send?.({ ...count, dropped: sink.droppedLines });
await once(process, 'disconnect');
process.exit(0);
