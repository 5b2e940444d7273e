// Real worker threads that follow a script: start, publish, replace, drain.
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import type { WorkerScript } from '../../test/support/control/scripted-worker.ts';
import type { Delta } from '../model/delta.ts';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import { createLogger } from '../observe/log.ts';
import { SeriesReader } from '../observe/series-reader.ts';
import { Fleet } from './fleet.ts';

const WORKER = new URL('../../test/support/control/scripted-worker.ts', import.meta.url);
const EMPTY = { set: [], removed: [] };
const open: Fleet[] = [];

function delta(base: number, generation: number): Delta {
  return { base, generation, sites: EMPTY, backends: EMPTY, certificates: EMPTY };
}

/** A fleet of real threads; `scripts[n]` is for the n-th thread that is started. */
function fleetOf(workers: number, ...scripts: WorkerScript[]) {
  return fleetThatLooks(1_000, workers, ...scripts);
}

function fleetThatLooks(watchMs: number, workers: number, ...scripts: WorkerScript[]) {
  const state = new SharedState(allocateSharedMemory({ workers, slots: 1, cells: 16 }));
  const facts = {
    nowMs: 0,
    reads: 0,
    /** Whether every worker's heart beats between two looks. */
    isBeating: false,
    generation: 1,
    spawned: [] as number[],
    served: [] as number[],
    restarts: 0,
  };
  const fleet = new Fleet({
    workers,
    spawn: (index) => {
      facts.spawned.push(index);
      return new Worker(WORKER, { workerData: scripts[facts.spawned.length - 1] ?? {} });
    },
    state,
    reader: new SeriesReader(state),
    watchMs,
    clock: {
      epochMs: () => facts.nowMs,
      monotonicMs: () => {
        facts.reads++;
        if (facts.isBeating) for (let at = 0; at < workers; at++) state.row(at).addSignal('heartbeat', 1);
        return facts.nowMs;
      },
    },
    log: createLogger({ write: () => undefined }, 'silent'),
    snapshot: () => delta(0, facts.generation),
    takeLines: () => undefined,
    onServed: (generation) => facts.served.push(generation),
    onRestarted: () => (facts.restarts += 1),
  });
  open.push(fleet);
  const publish = (generation: number) => {
    facts.generation = generation;
    fleet.publish(delta(generation - 1, generation));
  };
  return { fleet, facts, publish };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

describe('fleet', () => {
  test('the first worker binds, the others take its ports', async () => {
    const { fleet, facts } = fleetOf(3);
    await expect(fleet.start()).resolves.toMatchObject({ http: 1234 });
    expect(facts.spawned).toEqual([0, 1, 2]);
    expect(fleet.members.every(({ isListening, generation }) => isListening && generation === 1)).toBe(true);
  });

  test('a port that cannot be bound is told', async () => {
    const { fleet } = fleetOf(2, { refusesToListen: true });
    await expect(fleet.start()).rejects.toThrow('EADDRINUSE');
  });

  test('a generation is served when the last worker acknowledged it', async () => {
    const { fleet, facts, publish } = fleetOf(2);
    await fleet.start();
    publish(2);
    await eventually(() => expect(facts.served).toEqual([1, 2]));
  });

  test('a large step comes in parts, each of which is answered before the next', async () => {
    const { fleet, facts } = fleetOf(1);
    await fleet.start();
    const removed = Array.from({ length: 1000 }, (_, at) => `site-${at}`);
    fleet.publish({ ...delta(1, 2), sites: { set: [], removed } });
    fleet.publish(delta(2, 3));
    await eventually(() => expect(facts.served).toEqual([1, 2, 3]));
  });

  test('a worker that stands elsewhere is given everything', async () => {
    const { fleet, facts, publish } = fleetOf(1, { loseBaseAt: 2 });
    await fleet.start();
    publish(2);
    await eventually(() => expect(facts.served).toEqual([1, 2]));
    expect(facts.restarts).toBe(0);
  });

  test('a worker that dies is replaced and given everything', async () => {
    const { fleet, facts, publish } = fleetOf(2, {}, { exitAt: 2 });
    await fleet.start();
    publish(2);
    await eventually(() => expect(facts.served).toEqual([1, 2]));
    await eventually(() => expect(fleet.members.every(({ isListening }) => isListening)).toBe(true));
    expect(facts).toMatchObject({ spawned: [0, 1, 1], restarts: 1 });
  });

  test('one that takes the place of another and cannot listen is replaced in turn', async () => {
    const { fleet, facts, publish } = fleetOf(2, {}, { exitAt: 2 }, { refusesToListen: true });
    await fleet.start();
    publish(2);
    await eventually(() => expect(facts.spawned).toEqual([0, 1, 1, 1]));
    await eventually(() => expect(fleet.members.every(({ isListening }) => isListening)).toBe(true));
  });

  test('a worker whose heartbeat stands still is replaced', async () => {
    const { fleet, facts } = fleetThatLooks(50, 1);
    // A thread may take longer to start than fifteen looks do.
    facts.isBeating = true;
    await fleet.start();
    facts.isBeating = false;
    await eventually(() => expect(facts.restarts).toBeGreaterThan(0));
    await eventually(() => expect(facts.spawned.length).toBeGreaterThan(1));
  });

  test('workers are not replaced where the whole process has stood still', async () => {
    const { fleet, facts } = fleetThatLooks(250, 2);
    facts.isBeating = true;
    await fleet.start();
    facts.isBeating = false;
    const before = facts.reads;
    // As after SIGSTOP, or a freeze of the container: no heartbeat went on, and we looked at none.
    facts.nowMs = 3_600_000;
    await eventually(() => expect(facts.reads).toBeGreaterThan(before + 2));
    expect(facts.restarts).toBe(0);
    expect(fleet.members.map(({ isLive }) => isLive)).toEqual([true, true]);
  });

  test('a drain ends when the last worker has nothing open', async () => {
    const { fleet, facts } = fleetOf(2);
    await fleet.start();
    await fleet.drain(0, 60_000);
    expect(facts.restarts).toBe(0);
    expect(fleet.members.some(({ isLive }) => isLive)).toBe(false);
  });

  test('a drain ends at its time limit, whoever is still open', async () => {
    const { fleet } = fleetOf(1, { neverDrains: true });
    await fleet.start();
    await fleet.drain(0, 1);
    expect(fleet.members.some(({ isLive }) => isLive)).toBe(false);
  });
});
