// The shared memory: rows and fields do not touch each other, and sums hold over all workers.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { allocateMeetings, meetingsHeld } from '../../test/support/model/meetings.ts';
import type { SlotRace } from '../../test/support/model/slot-thread.ts';
import {
  allocateSharedMemory,
  type SharedLayout,
  SharedRow,
  SharedState,
  type Signal,
} from './shared-state.ts';

const SIGNALS: readonly Signal[] = ['heartbeat', 'tunnels', 'logTakenBytes', 'loopLagMs', 'heapKibibytes'];

/** Everything in a row as one list, in no matter which order. */
function dump(row: SharedRow, { slots }: SharedLayout): readonly number[] {
  const perSlot = Array.from({ length: slots }, (_, slot) => [row.inFlight(slot), row.tunnels(slot)]).flat();
  return [...row.cells, ...SIGNALS.map((name) => row.signal(name)), ...perSlot];
}

describe('no place is used twice', () => {
  test.each([
    ['one worker', { workers: 1, slots: 1, cells: 1 }],
    ['several workers', { workers: 3, slots: 4, cells: 5 }],
    ['odd numbers', { workers: 2, slots: 3, cells: 7 }],
    ['no endpoints', { workers: 2, slots: 0, cells: 2 }],
    ['no cells', { workers: 2, slots: 2, cells: 0 }],
  ])('%s', (_, layout) => {
    const state = new SharedState(allocateSharedMemory(layout));
    let next = 1;
    const expected: number[][] = [];
    for (let worker = 0; worker < layout.workers; worker++) {
      const row = state.row(worker);
      const values: number[] = [];
      for (let cell = 0; cell < layout.cells; cell++) values.push((row.cells[cell] = next++));
      for (const name of SIGNALS) {
        row.setSignal(name, next);
        values.push(next++);
      }
      for (let slot = 0; slot < layout.slots; slot++) {
        row.addInFlight(slot, next);
        values.push(next++);
        row.addTunnels(slot, next);
        values.push(next++);
      }
      expected.push(values);
    }
    const found = expected.map((__, worker) => dump(state.row(worker), layout));
    expect(found).toEqual(expected);
  });
});

describe('sums', () => {
  const layout = { workers: 3, slots: 2, cells: 1 };

  test('of an endpoint go over all workers, and over nothing else', () => {
    const memory = allocateSharedMemory(layout);
    const state = new SharedState(memory);
    // A worker's own view of the same memory.
    new SharedRow(memory, 0).addInFlight(1, 2);
    new SharedRow(memory, 2).addInFlight(1, 3);
    new SharedRow(memory, 1).addTunnels(1, 10);
    new SharedRow(memory, 1).addInFlight(0, 100);
    expect([state.inFlight(1), state.tunnels(1), state.load(1), state.load(0)]).toEqual([5, 10, 15, 100]);
    new SharedRow(memory, 2).addInFlight(1, -3);
    expect(state.load(1)).toBe(12);
  });

  test('what a worker left behind goes without touching the others', () => {
    const state = new SharedState(allocateSharedMemory(layout));
    for (const worker of [0, 1, 2]) {
      const row = state.row(worker);
      row.addTunnels(0, 1);
      row.addSignal('tunnels', 7);
      row.cells[0] = 4;
    }
    state.row(1).clear();
    expect(state.tunnels(0)).toBe(2);
    expect([0, 1, 2].map((worker) => dump(state.row(worker), layout).some((value) => value !== 0))).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('a worker that does not exist is an error', () => {
    expect(() => new SharedState(allocateSharedMemory(layout)).row(3)).toThrow('No worker 3');
  });
});

test('of two workers that take the last place of an endpoint at one moment one gets it at most', async () => {
  const memory = allocateSharedMemory({ workers: 2, slots: 1, cells: 0 });
  const rounds = 30_000;
  const meetings = allocateMeetings();
  const counts = new SharedArrayBuffer(4 * rounds);
  const threads = [0, 1].map((worker) => {
    const workerData: SlotRace = { memory, worker, rounds, meetings, counts };
    return new Worker(new URL('../../test/support/model/slot-thread.ts', import.meta.url), { workerData });
  });
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  expect(meetingsHeld(meetings, 2 * rounds)).toBeGreaterThan(0);
  expect(new Int32Array(counts).filter((taken) => taken > 1)).toHaveLength(0);
  expect(new SharedState(memory).load(0)).toBe(0);
});
