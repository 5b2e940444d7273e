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

/** The tool goes on for so long, or until no connection is left that it knows of. */
const SECONDS = 4;
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
      'request-head-timeout': '2s',
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

/** What the tool said, without its colours. */
async function run({ args, path, connections }: Attack): Promise<string> {
  const url = `http://localhost:${controller.port('http')}${path}`;
  const count = String(connections);
  const limits = ['-c', count, '-r', count, '-p', '5', '-l', String(SECONDS)];
  const child = spawn('slowhttptest', [...args, '-u', url, ...limits], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  return stripVTControlCharacters(said);
}

test.for(ATTACKS)('$name', { timeout: 60_000 }, async (attack, context) => {
  if (spawnSync('slowhttptest', ['-h']).error !== undefined) context.skip('slowhttptest is not installed');
  const honest = HonestLoop.start(async () => {
    const reply = await controller.get(hostOf('page'), '/');
    expect([reply.status, reply.body.toString()]).toEqual([200, 'page']);
  });
  const said = await run(attack);
  const { served } = await honest.stop();
  expect(said).toMatch(/service available:\s+YES/);
  expect(said).not.toMatch(/service available:\s+NO/);
  expect(served).toBeGreaterThan(20);
  await controller.expectMetrics((metrics) => {
    expect(metrics.sum('faults_total', { code: attack.fault })).toBe(attack.connections);
    expect(metrics.sum('connections')).toBeLessThanOrEqual(1);
    expect(metrics.sum('endpoint_inflight')).toBe(0);
  });
});
