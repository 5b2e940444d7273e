// The processes of a run: backend, load generator and proxies. Whatever happens, none of them outlives it.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const KILL_AFTER_MS = 3_000;

export class ProcessSet {
  /** A folder of this run, removed at its end. */
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-'));
  readonly #children = new Set<ChildProcess>();
  readonly #onExit = (): void => this.#abandon();

  constructor() {
    process.once('exit', this.#onExit);
  }

  /** Starts a TypeScript file that talks by messages. */
  fork(file: URL): ChildProcess {
    return this.#keep(fork(fileURLToPath(file), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  /** Starts any program; what it says of trouble is shown. */
  spawn(command: string, args: readonly string[]): ChildProcess {
    return this.#keep(spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  }

  async stop(child: ChildProcess): Promise<void> {
    this.#children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    child.kill('SIGTERM');
    await exit;
    clearTimeout(timer);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.stop(child)));
    process.off('exit', this.#onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once('error', () => this.#children.delete(child));
    return child;
  }

  #abandon(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
