// A worker of the test of source tables: counts one source after the other, each at the same moment as other threads.
import { workerData } from 'node:worker_threads';
import { SourceHash } from '../../../src/model/source-hash.ts';
import { CountTable, sourceKey, type SourceMemory } from '../../../src/model/source-table.ts';

export type SourceRace = {
  readonly memory: SourceMemory;
  readonly worker: number;
  readonly sources: number;
  /** How often a thread has come to a start, over all threads. */
  readonly starts: SharedArrayBuffer;
};

/** The hash of the source of that number. */
export function hashOf(memory: SourceMemory, source: number): SourceHash {
  const hash = new SourceHash(sourceKey(memory));
  hash.source({ low: 7, high: 9 }, source.toString(16).padStart(8, '0'), 32);
  return hash;
}

function race({ memory, worker, sources, starts }: SourceRace): void {
  const table = new CountTable(memory, worker);
  const started = new Int32Array(starts);
  for (let source = 0; source < sources; source++) {
    const hash = hashOf(memory, source);
    Atomics.add(started, 0, 1);
    const all = memory.workers * (source + 1);
    // Spinning: a thread that is woken would come too late to meet the other one.
    while (Atomics.load(started, 0) < all);
    table.take(hash, memory.workers);
  }
}

if (workerData !== null) race(workerData as SourceRace);
