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

/** Of UTF-8, for each UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Owns one timer, which only runs while lines wait and never keeps the process alive.
 * Lines are written out as they come: kept as text they would be a rope of some fifty pieces each.
 */
export class LogBatch {
  readonly #options: Required<LogBatchOptions>;
  #buffer: Buffer;
  #usedBytes = 0;
  #sentBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogBatchOptions) {
    this.#options = { delayMs: 50, batchBytes: 64 * 1024, untakenBytes: 4 * 1024 * 1024, ...options };
    this.#buffer = Buffer.allocUnsafeSlow(2 * this.#options.batchBytes);
    this.#sentBytes = options.takenBytes() | 0;
  }

  /** @param line with its line feed; for the bound bytes are counted as characters, which they are in accessLine's */
  write(line: string): void {
    const { batchBytes, delayMs, onDropped, untakenBytes } = this.#options;
    if (this.#untakenBytes() + this.#usedBytes + line.length > untakenBytes) {
      onDropped(1);
      return;
    }
    this.#makeRoom(line.length * MAX_BYTES_PER_UNIT);
    this.#usedBytes += this.#buffer.write(line, this.#usedBytes, 'utf8');
    if (this.#usedBytes >= batchBytes) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), delayMs).unref();
  }

  #makeRoom(bytes: number): void {
    if (this.#usedBytes + bytes > this.#buffer.length) this.flush();
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(bytes);
  }

  /** Hands over what is waiting. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#usedBytes === 0) return;
    const lines = new Uint8Array(this.#usedBytes);
    this.#buffer.copy(lines, 0, 0, this.#usedBytes);
    this.#usedBytes = 0;
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
