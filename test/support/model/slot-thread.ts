// A worker of the test of shared state: takes a place of one endpoint as attempts do, at the same moment as other threads.
import { workerData } from 'node:worker_threads';
import { type SharedMemory, SharedState } from '../../../src/model/shared-state.ts';

export type SlotRace = {
  readonly memory: SharedMemory;
  readonly worker: number;
  readonly rounds: number;
  /** How often a thread has come to a start, and how often two had the only place, over all threads. */
  readonly counts: SharedArrayBuffer;
};

function race({ memory, worker, rounds, counts }: SlotRace): void {
  const state = new SharedState(memory);
  const row = state.row(worker);
  const [started, taken] = [new Int32Array(counts, 0, 1), new Int32Array(counts, 4)];
  for (let round = 0; round < rounds; round++) {
    Atomics.add(started, 0, 1);
    const all = memory.layout.workers * (2 * round + 1);
    // Spinning: a thread that is woken would come too late to meet the other one.
    while (Atomics.load(started, 0) < all);
    row.addInFlight(0, 1);
    if (state.loadNow(0) <= 1) Atomics.add(taken, round, 1);
    Atomics.add(started, 0, 1);
    while (Atomics.load(started, 0) < all + memory.layout.workers);
    row.addInFlight(0, -1);
  }
}

if (workerData !== null) race(workerData as SlotRace);
