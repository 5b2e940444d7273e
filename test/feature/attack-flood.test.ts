// Ten thousand connections that never send a byte: somebody else is served all the while, each of them is ended in its
// time, and the memory they took is free for others.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type ControllerProcess, withDescriptors } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { HonestLoop } from '../support/honest-loop.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { residentBytes } from '../support/process-facts.ts';
import { always, answer } from '../support/raw-backend.ts';
import { Scene } from '../support/scene.ts';

const FLOOD = 10_000;
const AT_ONCE = 250;
const WARM_UP = 150;
/** More than half of them for each worker, since the kernel does not spread them evenly. */
const LIMITS = { 'max-connections': '14000', 'max-backend-connections': '2000' };
const DESCRIPTORS = 18_000;
const OURS = FLOOD + 1_000;
const TIMEOUT_MS = 90_000;
const MEBIBYTE = 1024 * 1024;
/** 2 KiB each are usual. */
const FLOOD_BYTES = FLOOD * 16 * 1024;
/** Heaps breathe: half of it is usual. */
const LEFT_BYTES = 40 * MEBIBYTE;

const scene = new Scene();
const flood: Socket[] = [];

afterEach(async () => {
  for (const socket of flood) socket.destroy();
  await scene.end();
});

/** Why this machine cannot hold so many; undefined where it can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'only Linux tells a process how many descriptors it may open';
  const own = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  if (own < OURS) return `the test itself may open ${own} descriptors, and needs ${OURS}`;
  const { status } = spawnSync('sh', ['-c', `ulimit -n ${DESCRIPTORS}`]);
  return status === 0 ? undefined : `a process may not open ${DESCRIPTORS} descriptors here`;
}

async function openAll(controller: ControllerProcess): Promise<{ readonly ended: number }> {
  const tally = { ended: 0 };
  while (flood.length < FLOOD) {
    const opening = Array.from(
      { length: AT_ONCE },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(controller.port('http'), '127.0.0.1', resolve);
          socket.once('error', reject);
          socket.once('close', () => tally.ended++);
          flood.push(socket);
        }),
    );
    await Promise.all(opening);
  }
  return tally;
}

test('silent connections', { timeout: TIMEOUT_MS }, async (context) => {
  const reason = obstacle();
  if (reason !== undefined) context.skip(reason);
  const page = await scene.backend('page', always(answer('page')));
  const controller = await scene.controller({
    starter: withDescriptors(DESCRIPTORS),
    // A heap that may not grow far shows soon what is not given back.
    nodeFlags: ['--max-old-space-size=64', '--max-semi-space-size=4'],
    flags: { ...LIMITS, 'request-head-timeout': '6s' },
    objects: site('page', [page.place]),
  });
  const ask = async () => {
    const { status, body } = await controller.get(hostOf('page'), '/');
    expect([status, body.toString()]).toEqual([200, 'page']);
  };
  // Its heap has the size that requests give it.
  for (let at = 0; at < WARM_UP; at++) await Promise.all(Array.from({ length: 20 }, ask));
  const honest = HonestLoop.start(ask);
  const before = residentBytes(controller.pid);
  await openAll(controller);
  const during = residentBytes(controller.pid);
  expect((await controller.metrics()).sum('connections')).toBeGreaterThan(FLOOD / 2);
  for (const socket of flood.splice(0)) socket.destroy();
  await controller.expectMetrics((metrics) => expect(metrics.sum('connections')).toBeLessThanOrEqual(1));
  const afterOne = residentBytes(controller.pid);

  // The second one is ended by us, and finds the memory of the first.
  const tally = await openAll(controller);
  await eventually(() => expect(tally.ended).toBe(FLOOD));
  await controller.expectMetrics((metrics) => {
    expect(metrics.sum('connections')).toBeLessThanOrEqual(1);
    expect(metrics.sum('connections_rejected_total')).toBe(0);
    expect(metrics.sum('worker_restarts_total')).toBe(0);
  });
  expect(during - before).toBeLessThan(FLOOD_BYTES);
  // Requests make it collect: what is garbage goes at some time, what is lost stays.
  await eventually(() => expect(residentBytes(controller.pid) - afterOne).toBeLessThan(LEFT_BYTES));
  const { served } = await honest.stop();
  expect(served).toBeGreaterThan(10);
});
