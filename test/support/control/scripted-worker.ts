// A worker thread that speaks the protocol of model/delta.ts and misbehaves on command, for tests of control/.
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../../src/model/delta.ts';

export type WorkerScript = {
  /** Ends its thread when it is given this generation, once. */
  readonly exitAt?: number;
  /** Pretends to stand on another base at this generation, once. */
  readonly loseBaseAt?: number;
  readonly refusesToListen?: boolean;
  /** Never ends its connections. */
  readonly neverDrains?: boolean;
};

const script = workerData as WorkerScript;
const done = new Set<string>();

function once(name: string, wanted: boolean): boolean {
  if (!wanted || done.has(name)) return false;
  done.add(name);
  return true;
}

function answer(message: ToWorker): FromWorker | undefined {
  switch (message.kind) {
    case 'delta': {
      const { base, generation } = message.delta;
      if (!message.isLast) return { kind: 'part-taken' };
      if (base > 0 && once('base', generation === script.loseBaseAt)) return { kind: 'snapshot-wanted' };
      return { kind: 'acknowledged', generation };
    }
    case 'listen':
      if (script.refusesToListen === true) return { kind: 'failed', message: 'listen EADDRINUSE' };
      return {
        kind: 'listening',
        ports: message.ports ?? { http: 1234, https: undefined, legacyHttps: undefined },
      };
    case 'drain':
      return script.neverDrains === true ? undefined : { kind: 'drained' };
    default:
      return undefined;
  }
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'delta' && message.delta.generation === script.exitAt) process.exit();
  const reply = answer(message);
  if (reply !== undefined) parentPort?.postMessage(reply);
});
