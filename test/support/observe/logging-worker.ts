// A worker thread of src/observe/log.test.ts: writes numbered access lines, long ones among them, until it is told to end.
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { SharedRow } from '../../../src/model/shared-state.ts';
import type { SharedMemory } from '../../../src/model/shared-state.ts';
import { accessLine } from '../../../src/observe/access-log.ts';
import { LogBatch } from '../../../src/observe/log-batch.ts';

const LINES_A_TURN = 100;

const { memory, worker }: { readonly memory: SharedMemory; readonly worker: number } = workerData;
const row = new SharedRow(memory, worker);
let lines = 0;
let dropped = 0;
const batch = new LogBatch({
  send: (message) => parentPort?.postMessage(message),
  takenBytes: () => row.signal('logTakenBytes'),
  onDropped: (count) => {
    dropped += count;
  },
});

// The signal is free here: the process sets it to end the writing.
while (row.signal('heartbeat') === 0) {
  for (let line = 0; line < LINES_A_TURN; line += 1) {
    // Each of these characters takes six in the line: more than a pipe takes at once.
    const target = `/${'\u0007'.repeat(line % 10 === 0 ? 1000 : 3)}`;
    batch.write(
      accessLine({ event: 'request', epochMs: 0, requestId: `${worker}-${lines}`, client: '::1', target }),
    );
    lines += 1;
  }
  await setImmediate();
}
batch.close();
parentPort?.postMessage({ kind: 'counted', lines, dropped });
