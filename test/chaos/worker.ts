// The end of one worker thread of the controller, and how long it takes until another one serves in its place.
import { setTimeout as pause } from 'node:timers/promises';
import type { ControllerProcess } from '../support/controller-process.ts';
import type { WorkerThreads } from '../support/worker-threads.ts';

const LOOK_MS = 10;
const WAIT_MS = 20_000;

type Verbose = {
  readonly generation: number;
  readonly workers: readonly { readonly alive: boolean; readonly generation: number }[];
};

/** @returns milliseconds until all workers serve what is served */
export async function killWorker(controller: ControllerProcess, threads: WorkerThreads): Promise<number> {
  const beganMs = performance.now();
  const mark = controller.log.all.length;
  threads.run('process.exit(1)');
  await controller.logged({ msg: 'worker ended and is replaced' }, mark);
  while (!(await isComplete(controller))) {
    if (performance.now() - beganMs > WAIT_MS)
      throw new Error('No other worker took the place of one that ended');
    await pause(LOOK_MS);
  }
  return Math.round(performance.now() - beganMs);
}

async function isComplete(controller: ControllerProcess): Promise<boolean> {
  const { body } = await controller.admin('/readyz?verbose');
  const { generation, workers } = JSON.parse(body.toString()) as Verbose;
  return workers.every((worker) => worker.alive && worker.generation === generation);
}
