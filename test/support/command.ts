// One command of the program as a process of its own, from its start to its end.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export type CommandResult = { readonly code: number | null; readonly out: string; readonly error: string };

type CommandOptions = {
  readonly home: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

/** @param options.home without a kubeconfig, so that none of whoever runs the tests is read */
export async function runCommand(
  args: readonly string[],
  { home, input = '', environment = {} }: CommandOptions,
): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'], HOME: home, ...environment };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env });
  // A command need not read what it is given.
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, error };
}
