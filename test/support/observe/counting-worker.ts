// A worker thread of src/observe/series.test.ts: counts requests in its own row until the main thread has seen enough.
import { parentPort, workerData } from 'node:worker_threads';
import { SharedRow } from '../../../src/model/shared-state.ts';
import type { SharedMemory } from '../../../src/model/shared-state.ts';
import { Recorder } from '../../../src/observe/recorder.ts';
import { SeriesWriter } from '../../../src/observe/series.ts';

const { memory, worker }: { readonly memory: SharedMemory; readonly worker: number } = workerData;
const row = new SharedRow(memory, worker);
const recorder = new Recorder(new SeriesWriter(row, (message) => parentPort?.postMessage(message)));
const site = { namespace: 'chat', kind: 'MattermostIngressPolicy', name: 'chat', host: 'chat.example.com' };
const outcome = { method: 'GET', status: 200, durationMs: 1, requestBytes: 100, responseBytes: 1000 };

recorder.webSocketOpened(site);
let requests = 0;
// The signal is free here: the test sets it to end the counting.
while (row.signal('heartbeat') === 0) {
  requests += 1;
  recorder.requestFinished(site, { ...outcome, status: requests % 2 === 0 ? 200 : 404 });
}
parentPort?.postMessage({ kind: 'counted', requests });
