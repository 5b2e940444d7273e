// Starts, stops, continues and kills a backend that begins answers and never ends them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EndpointPlace } from './manifest-builders.ts';
import { freePort } from './ports.ts';

const PROGRAM = fileURLToPath(new URL('./mortal-program.ts', import.meta.url));

export type MortalBackend = {
  readonly place: EndpointPlace;
  /** As a machine that loses power: no process says goodbye, the kernel ends its connections. */
  kill(): Promise<void>;
  /** It stands still; its kernel goes on accepting. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

export async function startMortalBackend(name: string): Promise<MortalBackend> {
  // At a port that nobody is given when it is killed.
  const child = spawn(process.execPath, [PROGRAM, String(await freePort())], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { readonly port: number };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    place: { name, port },
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: kill,
  };
}
