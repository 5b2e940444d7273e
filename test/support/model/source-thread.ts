// A worker of the test of source tables: counts one source after the other, each at the same moment as other threads.
import { workerData } from 'node:worker_threads';
import { SourceHash } from '../../../src/model/source-hash.ts';
import { CountTable, sourceKey, type SourceMemory } from '../../../src/model/source-table.ts';
import { Meetings } from './meetings.ts';

export type SourceRace = {
  readonly memory: SourceMemory;
  readonly worker: number;
  readonly sources: number;
  readonly meetings: SharedArrayBuffer;
};

/** The hash of the source of that number. */
export function hashOf(memory: SourceMemory, source: number): SourceHash {
  const hash = new SourceHash(sourceKey(memory));
  hash.source({ low: 7, high: 9 }, source.toString(16).padStart(8, '0'), 32);
  return hash;
}

function race({ memory, worker, sources, meetings }: SourceRace): void {
  const table = new CountTable(memory, worker);
  const start = new Meetings(meetings, memory.workers);
  for (let source = 0; source < sources; source++) {
    const hash = hashOf(memory, source);
    if (!start.meet()) return;
    table.take(hash, memory.workers);
  }
}

if (workerData !== null) race(workerData as SourceRace);
