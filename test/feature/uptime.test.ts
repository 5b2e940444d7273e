// A machine that has been up for hours, weeks, years: clocks count from its start, and nothing may count with too few
// bits. The process runs in a time namespace of Linux, where the machine has been up for as long as a test says.
import { spawnSync } from 'node:child_process';
import { uptime } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
const BURST = 5;
const DRAIN_S = 3;
const host = hostOf('chat');

let scene = new Scene();
beforeEach((context) => {
  const reason = whyNot();
  if (reason !== undefined) context.skip(reason);
});
afterEach(async () => {
  await scene.end();
  scene = new Scene();
});

/** Starts a program on a machine that has been up for so long. */
function upFor(seconds: number): readonly string[] {
  const offset = String(Math.round(seconds - uptime()));
  return ['unshare', '--user', '--map-root-user', '--time', '--monotonic', offset, '--boottime', offset];
}

function whyNot(): string | undefined {
  const [program = '', ...rest] = upFor(DAY_S);
  const { status, stdout, error } = spawnSync(program, [...rest, 'cat', '/proc/uptime'], {
    encoding: 'utf8',
  });
  if (status === 0 && Math.abs(Number.parseFloat(stdout) - DAY_S) < HOUR_S) return undefined;
  return `no time namespace can be made here (Linux 6.3, util-linux and user namespaces): ${error?.message ?? ''}`;
}

async function statusOf(controller: ControllerProcess, from: string, cookie = ''): Promise<string> {
  const { status, node } = await controller.get(host, '/', { from, headers: { Cookie: cookie } });
  return status === 200 ? node : String(status);
}

// Past what 31 bits of 1/128 ms and of milliseconds can tell, and what 32 bits can.
test.each([
  { name: '7 hours', seconds: 7 * HOUR_S },
  { name: '25 days', seconds: 25 * DAY_S },
  { name: '50 days', seconds: 50 * DAY_S },
  { name: '10 years', seconds: 3_650 * DAY_S },
])('up for $name: limits, persistence, health, drain and stop are as ever', async ({ seconds }) => {
  const [first, second] = await scene.nodes('node-a', 'node-b');
  if (first === undefined || second === undefined) throw new Error('Two nodes were started');
  const chat = (terminating: boolean) =>
    site(
      'chat',
      [
        { name: 'node-a', port: first.port, terminating },
        { name: 'node-b', port: second.port },
      ],
      {
        limits: { requestsPerSecond: 1, burst: BURST - 1, exemptCIDRs: ['127.9.0.0/16'] },
        backend: { healthCheck: { disabled: false, interval: '1s' }, slowStart: '2s' },
        sessionPersistence: { drain: { timeout: `${DRAIN_S}s` } },
        websocket: { reconnects: { perSecond: 50, maxSpread: '10s' } },
      },
    );
  const controller = await scene.controller({ starter: upFor(seconds), objects: chat(false) });

  for (const from of ['127.0.0.2', '127.0.0.3']) {
    const startedMs = performance.now();
    let passed = 0;
    // Each second that goes by lets one more through.
    const most = () => BURST + (performance.now() - startedMs) / 1000;
    while ((await statusOf(controller, from)) !== '429') expect(++passed).toBeLessThanOrEqual(most());
    expect(passed).toBeGreaterThanOrEqual(BURST);
  }

  const talks = await Promise.all(
    Array.from({ length: 20 }, (_, at) => controller.open(host, { from: `127.9.1.${at + 1}` })),
  );
  const onFirst = talks.filter(({ headers }) => headers['x-demo-node'] === 'node-a');
  expect(onFirst.length).toBeGreaterThan(0);
  const cookie = onFirst[0]?.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  const drainedMs = performance.now();
  await controller.apply('start.yaml', ...chat(true));
  const before = await statusOf(controller, '127.9.0.2', cookie);
  // Whoever stood still for so long may have come too late to see it.
  if (performance.now() - drainedMs < DRAIN_S * 1000) expect(before).toBe('node-a');
  await Promise.all(onFirst.map(({ closed }) => closed));
  await eventually(async () => expect(await statusOf(controller, '127.9.0.2', cookie)).toBe('node-b'));

  await first.stop();
  await controller.expectMetrics((metrics) =>
    expect(metrics.sum('health_checks_total', { result: 'passed' })).toBeGreaterThan(3),
  );
  expect(await statusOf(controller, '127.9.0.3')).toBe('node-b');
  const { durationMs } = await controller.logged({ client: '127.9.0.3' });
  expect(durationMs).toBeLessThan(60_000);
  controller.signal('SIGTERM');
  expect(await controller.exit).toEqual({ code: 0, signal: null });
});
