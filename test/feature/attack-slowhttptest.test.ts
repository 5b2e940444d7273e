// The attacks of slowhttptest against a whole process: slow heads, slow bodies, slow readers. Each of its connections is
// ended in its time, and the tool itself and an honest client find the service available all the while.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { HonestLoop } from '../support/honest-loop.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { answer } from '../support/raw-backend.ts';
import { Scene } from '../support/scene.ts';

/** The tool goes on until it is told to end, or no connection is left that it knows of; for so long at most. */
const SECONDS = 60;
/** More than the kernel takes for somebody who reads little: the rest of it waits here. */
const LARGE = answer('x'.repeat(6 * 1024 * 1024));

const scene = new Scene();
let controller: ControllerProcess;

beforeAll(async () => {
  const page = await scene.backend('page', ({ socket, received }) => {
    // It reads bodies, slow as they come, before it answers.
    if (!received.includes('POST ')) socket.write(received.includes('/large') ? LARGE : answer('page'));
  });
  controller = await scene.controller({
    flags: {
      // Nobody honest takes that long to send a head, on however busy a machine.
      'request-head-timeout': '4s',
      'request-body-idle-timeout': '1s',
      'slow-reader-timeout': '2s',
      'keep-alive-timeout': '2s',
    },
    // A tool that knows no other host than that of its URL.
    objects: site('page', [page.place], { route: { hosts: ['localhost', hostOf('page')] } }),
  });
});
afterAll(() => scene.end());

type Attack = {
  readonly name: string;
  readonly args: readonly string[];
  readonly path: string;
  readonly connections: number;
  /** What each of its connections is ended for. */
  readonly fault: string;
};

const ATTACKS: readonly Attack[] = [
  {
    name: '-H: slow heads',
    args: ['-H', '-t', 'GET', '-i', '1'],
    path: '/',
    connections: 120,
    fault: 'request-timeout',
  },
  {
    name: '-B: slow bodies',
    args: ['-B', '-t', 'POST', '-i', '3', '-s', '8192'],
    path: '/',
    connections: 120,
    fault: 'body-timeout',
  },
  {
    name: '-X: slow readers',
    args: ['-X', '-t', 'GET', '-w', '1', '-y', '512', '-n', '1', '-z', '5'],
    path: '/large',
    connections: 30,
    fault: 'slow-reader',
  },
];

/** What the tool said, without its colours, until all that it holds open was ended. */
async function run({ args, path, connections }: Attack, untilEnded: () => Promise<void>): Promise<string> {
  const url = `http://localhost:${controller.port('http')}${path}`;
  const count = String(connections);
  const limits = ['-c', count, '-r', count, '-p', String(SECONDS), '-l', String(SECONDS)];
  const child = spawn('slowhttptest', [...args, '-u', url, ...limits], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = once(child, 'close');
  // It may stand still for a while, or the controller: however long it takes, nobody else ends them.
  await untilEnded().finally(() => child.kill('SIGINT'));
  await closed;
  return stripVTControlCharacters(said);
}

test.for(ATTACKS)('$name', { timeout: 120_000 }, async (attack, context) => {
  if (spawnSync('slowhttptest', ['-h']).error !== undefined) context.skip('slowhttptest is not installed');
  const honest = HonestLoop.start(async () => {
    const reply = await controller.get(hostOf('page'), '/');
    expect([reply.status, reply.body.toString()]).toEqual([200, 'page']);
  });
  const said = await run(attack, () =>
    controller.expectMetrics((metrics) =>
      expect(metrics.sum('faults_total', { code: attack.fault })).toBe(attack.connections),
    ),
  );
  const { served } = await honest.stop();
  expect(said).toMatch(/service available:\s+YES/);
  expect(said).not.toMatch(/service available:\s+NO/);
  // How many is a matter of the machine: that none was refused is what counts.
  expect(served).toBeGreaterThan(0);
  await controller.expectMetrics((metrics) => {
    expect(metrics.sum('faults_total', { code: attack.fault })).toBe(attack.connections);
    expect(metrics.sum('connections')).toBeLessThanOrEqual(1);
    expect(metrics.sum('endpoint_inflight')).toBe(0);
  });
});
