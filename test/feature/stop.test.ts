// The end of the process: not ready at first, then no new connections, and everybody who is there leaves in good order.
import { afterEach, expect, test } from 'vitest';
import { login } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { answer, type BackendConnection } from '../support/raw-backend.ts';
import { RawConnection, requestText } from '../support/raw-client.ts';
import { ALICE, Scene } from '../support/scene.ts';

const SOCKETS = 120;
const LOOK_MS = 20;

let scene = new Scene();
afterEach(async () => {
  await scene.end();
  scene = new Scene();
});

/** A controller in front of a node, and of a backend that answers when it is told to. */
async function start(flags: Readonly<Record<string, string>>) {
  const node = await scene.node('node');
  const waiting: BackendConnection[] = [];
  const slow = await scene.backend('slow', (connection) => void waiting.push(connection));
  const controller = await scene.controller({
    flags,
    objects: [...site('chat', [{ name: 'node', port: node.port }]), ...site('slow', [slow.place])],
  });
  const session = await login(`http://127.0.0.1:${node.port}`, ALICE);
  const headers = { Authorization: `Bearer ${session.token}` };
  return { controller, node, waiting, headers };
}

function stopping(controller: ControllerProcess) {
  return controller.logged({ msg: 'stopping: not ready, still accepting' });
}

function draining(controller: ControllerProcess) {
  return controller.logged({ msg: 'draining: no new connections' });
}

/** @returns how long this process has stood still since, all pauses together; it looks until it is asked */
function measureStillness(): () => number {
  let sumMs = 0;
  let lastMs = performance.now();
  const look = () => {
    const nowMs = performance.now();
    sumMs += Math.max(0, nowMs - lastMs - 2 * LOOK_MS);
    lastMs = nowMs;
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    return sumMs;
  };
}

test('SIGTERM: not ready but serving, then a paced end with close frames, then exit 0', async () => {
  const { controller, node, waiting, headers } = await start({
    // All that is asked before the drain has to be asked by then, however long somebody stands still.
    'shutdown-delay': '6s',
    'drain-timeout': '20s',
  });
  const talks = await Promise.all(
    Array.from({ length: SOCKETS }, () => controller.open(hostOf('chat'), { headers })),
  );
  const closes: { readonly code: number; readonly reason: string; readonly atMs: number }[] = [];
  for (const talk of talks) {
    void talk.closed.then((end) => closes.push({ ...end, atMs: performance.now() }));
  }
  const running = controller.get(hostOf('slow'), '/running');
  await eventually(() => expect(waiting).toHaveLength(1));
  const kept = new RawConnection(controller.raw()).send(requestText('GET /', hostOf('chat')));
  await kept.until((text) => text.includes('</html>'));
  expect(kept.received).not.toMatch(/\r\nConnection: close\r\n/i);

  controller.signal('SIGTERM');
  expect(await stopping(controller)).toMatchObject({ signal: 'SIGTERM' });
  expect((await controller.admin('/readyz')).status).toBe(503);
  expect((await controller.admin('/readyz?exclude=draining')).status).toBe(200);
  expect((await controller.admin('/livez')).status).toBe(200);
  const during = await controller.get(hostOf('chat'), '/');
  expect([during.status, during.headers.connection]).toEqual([200, 'close']);
  const newcomer = await controller.open(hostOf('chat'), { headers });
  expect(closes).toEqual([]);
  kept.received = '';
  kept.send(requestText('GET /', hostOf('chat')));
  expect(await kept.ended()).toBe('fin');
  expect(kept.received).toMatch(/^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*<\/html>\s*$/i);

  await draining(controller);
  const stillMs = measureStillness();
  const { status, body } = await controller.admin('/readyz?exclude=draining');
  expect([status, body.toString()]).toEqual([503, 'not listening\n']);
  await eventually(() =>
    expect(controller.get(hostOf('chat'), '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' }),
  );
  await eventually(() => expect(closes).toHaveLength(SOCKETS));
  expect(new Set(closes.map(({ code, reason }) => `${code} ${reason}`))).toEqual(
    new Set(['1001 server is shutting down']),
  );
  expect((await newcomer.closed).code).toBe(1001);
  // 100 a second, so that they do not all come back to the others at once. Who stood still heard many at once.
  const times = closes.map(({ atMs }) => atMs);
  expect(Math.max(...times) - Math.min(...times) + stillMs()).toBeGreaterThan(500);
  await eventually(() => expect(node.sockets).toBe(0));

  // The request that was running all the while is answered in full.
  waiting[0]?.socket.write(answer('at last'));
  const reply = await running;
  expect([reply.status, reply.body.toString()]).toEqual([200, 'at last']);
  expect(await controller.exit).toEqual({ code: 0, signal: null });
  expect(controller.log.all.at(-1)).toMatchObject({ msg: 'stopped' });
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s with nobody there: over at once, exit 0', async (signal) => {
  const { controller } = await start({});
  controller.signal(signal);
  expect(await controller.exit).toEqual({ code: 0, signal: null });
});

test('a second signal ends at once', async () => {
  const { controller, headers } = await start({ 'shutdown-delay': '1h', 'drain-timeout': '1h' });
  const talk = await controller.open(hostOf('chat'), { headers });
  controller.signal('SIGTERM');
  await stopping(controller);
  controller.signal('SIGTERM');
  expect(await controller.exit).toEqual({ code: 1, signal: null });
  expect((await talk.closed).code).toBe(1006);
});

test('a second signal ends the drain too', async () => {
  const { controller, waiting } = await start({ 'shutdown-delay': '0', 'drain-timeout': '1h' });
  const cut = controller.get(hostOf('slow'), '/').catch((error: unknown) => error);
  await eventually(() => expect(waiting).toHaveLength(1));
  controller.signal('SIGTERM');
  await draining(controller);
  controller.signal('SIGINT');
  expect(await controller.exit).toEqual({ code: 1, signal: null });
  expect(await cut).toBeInstanceOf(Error);
});

test('what does not end is cut at --drain-timeout, and the exit is orderly', async () => {
  const { controller, waiting } = await start({ 'drain-timeout': '1s' });
  const cut = controller.get(hostOf('slow'), '/').catch((error: unknown) => error);
  await eventually(() => expect(waiting).toHaveLength(1));
  controller.signal('SIGTERM');
  expect(await controller.exit).toEqual({ code: 0, signal: null });
  expect(await cut).toBeInstanceOf(Error);
  await eventually(() => expect(waiting[0]?.isClosed).toBe(true));
});

test('a client that does not answer its close frame does not hold up the end for long', async () => {
  const { controller, headers } = await start({ 'drain-timeout': '1h' });
  const talk = await controller.open(hostOf('chat'), { headers });
  // A paused client neither reads the frame nor says anything.
  talk.socket.pause();
  controller.signal('SIGTERM');
  expect(await controller.exit).toEqual({ code: 0, signal: null });
});
