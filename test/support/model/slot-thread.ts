// A worker of the test of shared state: takes a place of one endpoint as attempts do, at the same moment as other threads.
import { workerData } from 'node:worker_threads';
import { type SharedMemory, SharedState } from '../../../src/model/shared-state.ts';
import { Meetings } from './meetings.ts';

export type SlotRace = {
  readonly memory: SharedMemory;
  readonly worker: number;
  readonly rounds: number;
  readonly meetings: SharedArrayBuffer;
  /** How many had the only place, by round. */
  readonly counts: SharedArrayBuffer;
};

function race({ memory, worker, rounds, meetings, counts }: SlotRace): void {
  const state = new SharedState(memory);
  const row = state.row(worker);
  const start = new Meetings(meetings, memory.layout.workers);
  const taken = new Int32Array(counts);
  for (let round = 0, goesOn = true; goesOn && round < rounds; round++) {
    if (!start.meet()) return;
    row.addInFlight(0, 1);
    if (state.loadNow(0) <= 1) Atomics.add(taken, round, 1);
    goesOn = start.meet();
    row.addInFlight(0, -1);
  }
}

if (workerData !== null) race(workerData as SlotRace);
