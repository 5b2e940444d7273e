// Runs one installed tool in the project's root, with the tools' folder first on PATH.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** How a tool ended: `status` is undefined where it could not start or was killed. */
export type ToolResult = { readonly status: number | undefined; readonly output: string };

/** One call: the command with its arguments, the folder it runs in, and what its environment holds besides ours. */
export type ToolCall = {
  readonly root: string;
  readonly command: readonly [string, ...string[]];
  /** Shows the output as it comes, instead of returning it. */
  readonly isShown: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

/** Runs a tool to its end. Never throws: a tool that cannot start is a result with the reason as its output. */
export function runTool({ root, command, isShown, environment, timeoutMs }: ToolCall): ToolResult {
  const [name, ...parameters] = command;
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const { status, signal, error, stdout, stderr } = spawnSync(name, parameters, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment, PATH: path },
    stdio: isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    timeout: timeoutMs,
    // Some wait for their children first when they are only asked.
    killSignal: 'SIGKILL',
  });
  const ending = error?.message ?? (signal === null ? '' : `${name} was ended by ${signal}`);
  const output = [stdout, stderr, ending].filter((text) => text).join('\n');
  return { status: status ?? undefined, output };
}
