// A fake Mattermost node as a process of its own, for tests that kill or freeze it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EndpointPlace } from './manifest-builders.ts';
import { freePort } from './ports.ts';

const PROGRAM = fileURLToPath(new URL('../../src/demo/node-process.ts', import.meta.url));

export type NodeProcess = {
  readonly place: EndpointPlace;
  /** Ends it as a machine that loses power does, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it as a kubelet does, and waits until it is gone. */
  terminate(): Promise<void>;
  /** It stands still; its kernel goes on accepting. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

/**
 * @param users `name:password`
 * @param options.secret nodes with the same one accept each other's sessions
 * @param options.port one by default that nobody is given when it is killed
 */
export async function startNodeProcess(
  name: string,
  users: readonly string[],
  { secret, port: wanted }: { readonly secret?: string; readonly port?: number } = {},
): Promise<NodeProcess> {
  const listened = wanted ?? (await freePort());
  const args = ['--name', name, '--port', String(listened), ...users.flatMap((user) => ['--user', user])];
  if (secret !== undefined) args.push('--secret', secret);
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  const { port } = JSON.parse(String(line)) as { readonly port: number };
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  const kill = () => end('SIGKILL');
  return {
    place: { name, port },
    kill,
    terminate: () => end('SIGTERM'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: kill,
  };
}
