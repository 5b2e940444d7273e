// A node as a process of its own: its first line, its options, its two ways to die.
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../test/support/ports.ts';
import { login, openWebSocket, request } from './mattermost/session.ts';

type NodeProcess = ChildProcessByStdio<null, Readable, Readable>;

const program = fileURLToPath(new URL('./node-process.ts', import.meta.url));
const running = new Set<NodeProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

function run(args: readonly string[]): NodeProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  return child;
}

async function start(
  ...args: readonly string[]
): Promise<{ readonly child: NodeProcess; readonly url: string }> {
  const child = run(['--port', '0', '--user', 'alice:pa:ss', '--secret', 's', ...args]);
  const [line] = await once(child.stdout, 'data');
  const { name, address, port } = JSON.parse(String(line));
  expect(name).toBe(args[1]);
  return { child, url: `http://${address}:${port}` };
}

const alice = { username: 'alice', password: 'pa:ss' };

describe('a node process', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'dies by %s: 1006, refused; its twin knows the session',
    async (signal) => {
      // Nobody else is given its port when it is gone.
      const port = String(await freePort());
      const [mortal, twin] = await Promise.all([
        start('--name', 'mortal', '--port', port),
        start('--name', 'twin'),
      ]);
      const { token, userId } = await login(mortal.url, alice);
      const headers = { Authorization: `Bearer ${token}` };
      const talk = await openWebSocket({ url: `${mortal.url}/api/v4/websocket`, headers });
      const exited = once(mortal.child, 'exit');
      mortal.child.kill(signal);
      expect((await talk.closed).code).toBe(1006);
      expect(await exited).toEqual(signal === 'SIGTERM' ? [0, null] : [null, 'SIGKILL']);
      await expect(request({ url: mortal.url })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      const me = await request({ url: `${twin.url}/api/v4/users/me`, headers });
      expect([me.node, JSON.parse(me.body.toString()).id]).toEqual(['twin', userId]);
    },
  );

  test.each([
    [['--port', 'x'], 'Port x is not 0 to 65535'],
    [['--user', 'nobody'], 'User "nobody" is not NAME:PASSWORD'],
    [['--colour', 'red'], "Unknown option '--colour'"],
  ])('%j: exit 2 with the reason and the usage', async (args, reason) => {
    const child = run(args);
    const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(code).toBe(2);
    expect(output).toContain(reason);
    expect(output).toContain('Usage: ');
  });
});
