// An endpoint that swallows whoever connects: a process that stands still, whose kernel has no room left for connections
// and throws away what asks for more, as a machine behind a broken link does. Linux only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import type { EndpointPlace } from './manifest-builders.ts';

const PROGRAM = `require('node:net').createServer(() => {})
  .listen({ host: '127.0.0.1', port: 0, backlog: 1 }, function () { console.log(this.address().port) })`;
/** One more than the queue is said to hold, as the kernel counts. */
const FILLING = 2;
/** In the third field of /proc/PID/stat. */
const STOPPED = 'T';

export type BlackHole = { readonly place: EndpointPlace; stop(): Promise<void> };

export async function startBlackHole(name: string): Promise<BlackHole> {
  const child = spawn(process.execPath, ['--eval', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  const port = Number(String(line));
  child.kill('SIGSTOP');
  // Before that it would accept.
  await eventually(() => expect(stateOf(child.pid ?? 0)).toBe(STOPPED));
  const filling: Socket[] = [];
  for (let at = 0; at < FILLING; at++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    filling.push(socket);
    await once(socket, 'connect');
  }
  return {
    place: { name, port },
    stop: async () => {
      for (const socket of filling) socket.destroy();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The name of the program stands in brackets and may hold anything. */
function stateOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.[0];
}
