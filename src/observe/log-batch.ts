// The worker's end of the log: lines are collected and handed to the main thread, one message for many.
// What the main thread has not taken is bounded, so that a stalled main thread costs lines and not memory.
import { clearTimeout, setTimeout } from 'node:timers';
import type { FromWorker } from '../model/delta.ts';

export type LogMessage = Extract<FromWorker, { readonly kind: 'log' }>;

export type LogBatchOptions = {
  readonly send: (message: LogMessage) => void;
  /** What the main thread has taken in all, as a wrapping 32-bit number: the signal `logTakenBytes`. */
  readonly takenBytes: () => number;
  readonly onDropped: (lines: number) => void;
  /** Longest wait of a line, 50 ms by default. */
  readonly delayMs?: number;
  /** A batch of this size goes at once, 64 KiB by default. */
  readonly batchBytes?: number;
  /** What may be on its way to the main thread, 4 MiB by default; lines beyond are dropped. */
  readonly untakenBytes?: number;
};

/** Owns one timer, which only runs while lines wait and never keeps the process alive. */
export class LogBatch {
  readonly #options: Required<LogBatchOptions>;
  #lines = '';
  #sentBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogBatchOptions) {
    this.#options = { delayMs: 50, batchBytes: 64 * 1024, untakenBytes: 4 * 1024 * 1024, ...options };
    this.#sentBytes = options.takenBytes() | 0;
  }

  /** @param line with its line feed; bytes are counted as characters, which they are in lines of accessLine */
  write(line: string): void {
    const { batchBytes, delayMs, onDropped, untakenBytes } = this.#options;
    if (this.#untakenBytes() + this.#lines.length + line.length > untakenBytes) {
      onDropped(1);
      return;
    }
    this.#lines += line;
    if (this.#lines.length >= batchBytes) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), delayMs).unref();
  }

  /** Hands over what is waiting. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.#sentBytes = (this.#sentBytes + lines.length) | 0;
    this.#options.send({ kind: 'log', lines });
  }

  /** Hands over the rest; to be called before the worker ends. */
  close(): void {
    this.flush();
  }

  /** Right across the wrap, as long as less than 2 GiB are under way. */
  #untakenBytes(): number {
    return (this.#sentBytes - this.#options.takenBytes()) | 0;
  }
}
