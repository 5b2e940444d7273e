// Out of descriptors: a process that may open few of them turns connections away and counts them, keeps its health checks
// and the requests it has, and serves everybody again when those who hold them are gone.
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControllerProcess, withDescriptors } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { openDescriptors, processorMs } from '../support/process-facts.ts';
import { answer, type BackendConnection } from '../support/raw-backend.ts';
import { requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const DESCRIPTORS = 256;
/** More than fit, whoever they go to. */
const FLOOD = 400;
/** Long enough to tell a process that rests from one that spins. */
const WATCH_MS = 600;

let scene = new Scene();
const flood: Socket[] = [];

beforeEach((context) => {
  if (process.platform !== 'linux')
    context.skip('only Linux tells a process how many descriptors it may open');
});
afterEach(async () => {
  for (const socket of flood.splice(0)) socket.destroy();
  await scene.end();
  scene = new Scene();
});

async function start(): Promise<{ controller: ControllerProcess; waiting: BackendConnection[] }> {
  const waiting: BackendConnection[] = [];
  const page = await scene.backend('page', ({ socket }) => void socket.write(answer('page')));
  const slow = await scene.backend('slow', (connection) => void waiting.push(connection));
  const controller = await scene.controller({
    starter: withDescriptors(DESCRIPTORS),
    objects: [...site('page', [page.place]), ...site('slow', [slow.place])],
  });
  return { controller, waiting };
}

type Tally = { ended: number; readonly answers: Map<string, number> };

/** Connections that send this at once and stay. */
function attack(controller: ControllerProcess, bytes: string): Tally {
  const tally: Tally = { ended: 0, answers: new Map() };
  for (let at = 0; at < FLOOD; at++) {
    const socket = connect(controller.port('http'), '127.0.0.1');
    flood.push(socket);
    socket.on('error', () => undefined).on('close', () => tally.ended++);
    socket.on('data', (chunk: Buffer) => {
      const line = chunk.toString('latin1').split('\r\n')[0] ?? '';
      tally.answers.set(line, (tally.answers.get(line) ?? 0) + 1);
    });
    if (bytes !== '') socket.write(bytes);
  }
  return tally;
}

async function rejected(controller: ControllerProcess): Promise<number> {
  return (await controller.metrics()).sum('connections_rejected_total', { reason: 'connection-limit' });
}

async function expectHealth(controller: ControllerProcess): Promise<void> {
  expect((await controller.admin('/livez')).status).toBe(200);
  expect((await controller.admin('/readyz')).status).toBe(200);
  expect(openDescriptors(controller.pid)).toBeLessThan(DESCRIPTORS);
}

/** It waits for what comes, and does not look for descriptors over and over. */
async function expectRest(controller: ControllerProcess): Promise<void> {
  const [beganMs, before] = [performance.now(), processorMs(controller.pid)];
  await eventually(() => expect(performance.now() - beganMs).toBeGreaterThan(WATCH_MS));
  expect(processorMs(controller.pid) - before).toBeLessThan(WATCH_MS / 2);
}

const ask = (name: string) => requestText('GET /', hostOf(name));

async function expectRecovery(controller: ControllerProcess): Promise<void> {
  for (const socket of flood.splice(0)) socket.destroy();
  await controller.expectMetrics((metrics) => expect(metrics.sum('connections')).toBeLessThanOrEqual(1));
  for (let at = 0; at < 20; at++) expect((await controller.get(hostOf('page'), '/')).status).toBe(200);
  expect((await controller.metrics()).sum('worker_restarts_total')).toBe(0);
}

test('taken by connections that say nothing', async () => {
  const { controller } = await start();
  const tally = attack(controller, '');
  await eventually(async () => {
    expect(tally.ended).toBeGreaterThan(FLOOD - DESCRIPTORS / 2);
    expect(await rejected(controller)).toBe(tally.ended);
  });
  await expectHealth(controller);
  await expectRest(controller);
  // They make room for whoever speaks.
  for (let at = 0; at < 20; at++) expect((await controller.get(hostOf('page'), '/')).status).toBe(200);
  await expectRecovery(controller);
});

test('taken by requests that a backend does not answer', async () => {
  const { controller, waiting } = await start();
  const tally = attack(controller, ask('slow'));
  await eventually(async () => expect(await rejected(controller)).toBe(tally.ended));
  await eventually(() => expect(waiting.length).toBe(FLOOD - tally.ended));
  await expectHealth(controller);
  await expectRest(controller);
  // Nobody who was let in is told of a lack of descriptors.
  expect([...tally.answers.keys()]).toEqual([]);
  for (const { socket } of waiting) socket.write(answer('at last'));
  await eventually(() => expect([...tally.answers.values()]).toEqual([waiting.length]));
  await expectRecovery(controller);
});

test('more connections than there are descriptors are a mistake of the options', async () => {
  const controller = scene.controller({
    starter: withDescriptors(DESCRIPTORS),
    flags: { 'max-connections': '200' },
  });
  await expect(controller).rejects.toThrow(
    /ended with 2: --max-connections 200 .* it may open 256: lower one, or raise the limit/,
  );
});
