// Loaded into a controller (`node --import`): notes how long each worker was busy without a turn for timers, in
// processor time of its own thread, so that neighbours on a busy machine do not count.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isMainThread, threadId } from 'node:worker_threads';

const TICK_MS = 1;
const NOTE_EACH_MS = 50;

/** A folder; each worker has a file of its own there. */
const folder = process.env['BENCH_BUSY_FOLDER'];

class BusyNotes {
  readonly #file: string;
  #lastUs = threadCpuUs();
  #longestUs = 0;
  #notedMs = Date.now();

  constructor(file: string) {
    this.#file = file;
  }

  start(): void {
    setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    const nowUs = threadCpuUs();
    this.#longestUs = Math.max(this.#longestUs, nowUs - this.#lastUs);
    this.#lastUs = nowUs;
    const nowMs = Date.now();
    if (nowMs - this.#notedMs < NOTE_EACH_MS) return;
    appendFileSync(this.#file, `${nowMs} ${this.#longestUs / 1000}\n`);
    this.#notedMs = nowMs;
    this.#longestUs = 0;
  }
}

function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

if (!isMainThread && folder !== undefined) new BusyNotes(join(folder, `busy-${threadId}`)).start();
