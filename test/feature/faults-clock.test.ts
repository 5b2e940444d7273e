// The wall clock jumps by hours, forward and back, while the process runs: what waits goes by another clock, and what is
// told to people by this one. Debian's libfaketime stands between the process and its wall clock.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const HOUR_MS = 3_600_000;
const host = hostOf('clock');

let scene = new Scene();
beforeEach((context) => {
  if (!existsSync(LIBRARY)) context.skip('libfaketime is not installed: apt-get install faketime');
});
afterEach(async () => {
  await scene.end();
  scene = new Scene();
});

/** Hours that its wall clock is wrong from now on. */
function jump(file: string, hours: number): void {
  writeFileSync(file, `${hours < 0 ? '' : '+'}${hours}h\n`);
}

async function talks(conversation: Conversation): Promise<void> {
  const sequence = conversation.send('ping');
  await conversation.next((message) => message.seq_reply === sequence);
}

test.each([{ hours: 5 }, { hours: -5 }, { hours: 30 }])(
  'by $hours hours: nobody is cut off, nobody is sent elsewhere, and nodes stay what they were',
  async ({ hours }) => {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'));
    scene.add({ stop: () => Promise.resolve(rmSync(folder, { recursive: true })) });
    const file = join(folder, 'clock');
    jump(file, 0);
    const [first, second] = await scene.nodes('first', 'second');
    if (first === undefined || second === undefined) throw new Error('Two nodes were started');
    const pair = await makeCertificate(host);
    const backend = {
      healthCheck: { disabled: false, interval: '1s' },
      slowStart: '0s',
      connectionReuse: { idleTimeout: '1h' },
    };
    const parts = {
      backend,
      limits: { requestsPerSecond: 1000 },
      sessionPersistence: { type: 'Cookie', cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '1h' },
      route: { tls: { secretName: 'clock' } },
    };
    const places = [first, second].map(({ port }, at) => ({ name: `node-${at}`, port }));
    const controller = await scene.controller({
      objects: [...site('clock', places, parts), tlsSecret('clock', pair)],
      environment: {
        LD_PRELOAD: LIBRARY,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const { token } = await login(`http://127.0.0.1:${first.port}`, ALICE);
    const ask = (cookie = '') =>
      controller.get(host, '/api/v4/system/ping', { ca: pair.certificate, headers: { Cookie: cookie } });
    const open = () =>
      controller.open(host, { ca: pair.certificate, headers: { Authorization: `Bearer ${token}` } });
    const cookieReply = await ask();
    const line = cookieReply.headers['set-cookie']?.[0] ?? '';
    const cookie = line.split(';')[0];
    expect(line).toContain('Max-Age=3600');
    const conversation = await open();
    await talks(conversation);
    const before = await stateOf(controller);

    jump(file, hours);
    const id = `jumped-${hours}`;
    await controller.get(host, '/', { ca: pair.certificate, headers: { 'X-Request-ID': id } });
    const { time } = await controller.logged({ requestId: id });
    // It is there for the process, and for people who read its log.
    expect(Math.round((Number(time) - Date.now()) / HOUR_MS)).toBe(hours);
    await checkedAgain(controller);

    await talks(conversation);
    const held = await ask(cookie);
    expect([held.status, held.node, held.headers['set-cookie']]).toEqual([200, cookieReply.node, undefined]);
    await talks(await open());
    expect(await stateOf(controller)).toEqual(before);
    expect((await controller.admin('/readyz')).status).toBe(200);
    const metrics = await controller.metrics();
    expect(metrics.sum('worker_restarts_total')).toBe(0);
    expect(metrics.sum('limit_decisions_total', { result: 'requests' })).toBe(0);
    expect(metrics.sum('websocket_closed_total')).toBe(0);
  },
);

/** The state of each endpoint. */
async function stateOf(controller: ControllerProcess): Promise<readonly number[]> {
  const metrics = await controller.metrics();
  return ['ready', 'slow-start', 'unhealthy', 'ejected'].map((state) =>
    metrics.sum('endpoint_state', { state }),
  );
}

/** Some more rounds of health checks. */
async function checkedAgain(controller: ControllerProcess): Promise<void> {
  const passed = async () => (await controller.metrics()).sum('health_checks_total', { result: 'passed' });
  const before = await passed();
  await eventually(async () => expect(await passed()).toBeGreaterThan(before + 3));
}
