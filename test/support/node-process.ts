// A fake Mattermost node as a process of its own, for tests that kill or freeze it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EndpointPlace } from './manifest-builders.ts';

const PROGRAM = fileURLToPath(new URL('../../src/demo/node-process.ts', import.meta.url));

export type NodeProcess = {
  readonly place: EndpointPlace;
  /** Ends it as a machine that loses power does, and waits until it is gone. */
  kill(): Promise<void>;
  /** It stands still; its kernel goes on accepting. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

/** @param users `name:password` @param port 0 for any */
export async function startNodeProcess(
  name: string,
  users: readonly string[],
  port = 0,
): Promise<NodeProcess> {
  const args = ['--name', name, '--port', String(port), ...users.flatMap((user) => ['--user', user])];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  const listening = JSON.parse(String(line)) as { readonly port: number };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    place: { name, port: listening.port },
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: kill,
  };
}
