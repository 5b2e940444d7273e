// One program of the control plane: started with its log in a file, paused, and ended by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The API server waits for its watches much longer than anybody wants to. */
const GRACE_MS = 1_000;
const SHOWN_CHARACTERS = 3_000;

export class Child {
  readonly #name: string;
  readonly #logFile: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  /** @param logFile is appended to, so that a program that is started again keeps its history */
  constructor(command: string, options: readonly string[], logFile: string) {
    this.#name = basename(command);
    this.#logFile = logFile;
    const log = openSync(logFile, 'a');
    this.#process = spawn(command, options, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#exited = once(this.#process, 'exit');
    // Whoever waits for it is told; nobody has to.
    this.#exited.catch(() => undefined);
  }

  /** Resolves when the check does no longer fail; rejects with the end of the log when the program ends first. */
  async ready(check: () => Promise<unknown>, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      try {
        await check();
        return;
      } catch (error) {
        const { exitCode, signalCode } = this.#process;
        const isOver = exitCode !== null || signalCode !== null;
        if (isOver || Date.now() > deadlineMs) {
          const what = isOver ? `ended (${exitCode ?? signalCode})` : `is not ready: ${String(error)}`;
          throw new Error(`${this.#name} ${what}\n${this.logTail()}`, { cause: error });
        }
        await pause(20);
      }
    }
  }

  logTail(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-SHOWN_CHARACTERS);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Asks it to end, and ends it where it takes too long; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#process.pid === undefined) return;
    // A stopped process could not hear SIGTERM.
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS);
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) await this.#exited;
    clearTimeout(timer);
  }
}
