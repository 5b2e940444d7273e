// The processes of a run: backend, load generator and proxies. Whatever happens, none of them outlives it.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from './proxy-kind.ts';

/** What it prints can be read. */
export type ReadableChild = ChildProcess & { readonly stdout: Readable };

/** Enough to write a profile. */
const KILL_AFTER_MS = 10_000;
const MAX_TROUBLE_CHARACTERS = 2_000;

export class ProcessSet {
  /** A folder of this run, removed at its end. */
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-'));
  readonly #children = new Set<ChildProcess>();
  readonly #witnesses: (() => string)[] = [];
  #spawned = 0;
  readonly #onExit = (): void => this.#abandon();

  constructor() {
    process.once('exit', this.#onExit);
  }

  /** Starts a TypeScript file that talks by messages. */
  fork(file: URL, args: readonly string[]): ChildProcess {
    return this.#keep(fork(fileURLToPath(file), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  /** Starts any program. What it says of trouble is kept. @param outputFile takes what it prints */
  spawn(command: Command, outputFile?: string): ChildProcess {
    return this.#spawn(command, outputFile === undefined ? 'ignore' : openSync(outputFile, 'a'));
  }

  /** Starts a program whose output is read as it comes. */
  spawnReadable(command: Command): ReadableChild {
    const child = this.#spawn(command, 'pipe');
    if (child.stdout === null) throw new Error('A pipe was asked for');
    return child as ReadableChild;
  }

  /** Somebody else who may know of trouble. */
  addWitness(witness: () => string): void {
    this.#witnesses.push(witness);
  }

  /** What programs said of trouble, shortened; empty where all went well. */
  troubles(): string {
    const files = Array.from({ length: this.#spawned }, (_, index) => this.#troubleFile(index));
    const texts = files.map((file) => readFileSync(file, 'utf8'));
    return [...texts, ...this.#witnesses.map((witness) => witness())]
      .map((text) => text.slice(-MAX_TROUBLE_CHARACTERS))
      .join('');
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

  #spawn({ file, args, environment }: Command, output: 'ignore' | 'pipe' | number): ChildProcess {
    const trouble = openSync(this.#troubleFile(this.#spawned++), 'a');
    const child = spawn(file, args, {
      stdio: ['ignore', output, trouble],
      env: { ...process.env, HOME: this.folder, ...environment },
    });
    for (const descriptor of [trouble, output]) if (typeof descriptor === 'number') closeSync(descriptor);
    return this.#keep(child);
  }

  #troubleFile(index: number): string {
    return join(this.folder, `trouble-${index}.log`);
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
