// `demo --node` as pods run it: several processes that are one Mattermost, each ending as a server does.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { login, openWebSocket, request } from '../../src/demo/mattermost/session.ts';
import { USERS } from '../../src/demo/site.ts';
import { hasFields, LogLines } from '../support/log-lines.ts';

type Child = ChildProcessByStdio<null, Readable, Readable>;

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const running = new Set<Child>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

function run(...args: readonly string[]): Child {
  const child = spawn(process.execPath, [program, 'demo', '--node', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  return child;
}

async function start(...args: readonly string[]) {
  const child = run('--listen', '127.0.0.1:0', ...args);
  const log = new LogLines();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => log.push(chunk));
  const { name, port } = await log.wait(hasFields({ msg: 'listening' }));
  return { child, log, name, url: `http://127.0.0.1:${String(port)}` };
}

test('nodes with one secret know the same sessions, others do not', async () => {
  const [one, twin, stranger] = await Promise.all([
    start('--secret', 'town'),
    start('--secret', 'town'),
    start('--secret', 'another town'),
  ]);
  const { token } = await login(one.url, USERS.alice);
  const statuses = [one, twin, stranger].map(async ({ url }) => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await request({ url: `${url}/api/v4/users/me`, headers })).status;
  });
  expect(await Promise.all(statuses)).toEqual([200, 200, 401]);
  expect(one.name).toBe(hostname());
});

test('SIGTERM: WebSockets are cut, and the process ends with 0', async () => {
  const { child, log, url } = await start();
  const { token } = await login(url, USERS.alice);
  const headers = { Authorization: `Bearer ${token}` };
  const talk = await openWebSocket({ url: `${url}/api/v4/websocket`, headers });
  // Not its exit, after which some of what it said may still be on its way.
  const exited = once(child, 'close');
  child.kill('SIGTERM');
  expect((await talk.closed).code).toBe(1006);
  expect(await exited).toEqual([0, null]);
  expect(log.all.at(-1)).toMatchObject({ msg: 'stopping on SIGTERM', sockets: 1 });
});

test.each([
  [['--listen', '8065'], '--listen "8065": must be ADDRESS:PORT, such as 0.0.0.0:8065 or [::]:8065'],
  [['--listen', '127.0.0.1:65536'], 'must be ADDRESS:PORT'],
  [['--listen', '192.0.2.1:0'], 'EADDRNOTAVAIL'],
  [['--tour'], "option '--node' cannot be used with option '--tour'"],
])('%j: exit 2 with the reason', async (args, reason) => {
  const child = run(...args);
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(said).toContain(reason);
  expect(code).toBe(2);
});
