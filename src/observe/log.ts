// The main thread's log: pino for its own lines, the workers' lines beside them, all through one queue.
// A reader that stops reading costs lines, which are counted, and never blocks a thread or the exit.
import type { Writable } from 'node:stream';
import { clearTimeout, setTimeout } from 'node:timers';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { SharedRow } from '../model/shared-state.ts';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Whole lines to a stream, in the order they came. The stream is process.stdout: Node writes to pipes and sockets
 * without blocking, in the event loop. (sonic-boom's asynchronous mode writes in a pool thread instead, and a thread
 * that waits for a reader keeps even process.exit() from ending the process.)
 */
export class LogSink {
  readonly #stream: Writable;
  readonly #maxQueuedBytes: number;
  #droppedLines = 0;
  #isBroken = false;

  /** @param maxQueuedBytes what may wait for the reader, 8 MiB by default */
  constructor(stream: Writable, maxQueuedBytes = 8 * 1024 * 1024) {
    this.#stream = stream;
    this.#maxQueuedBytes = maxQueuedBytes;
    stream.on('error', () => {
      this.#isBroken = true;
    });
  }

  /** Lines thrown away since the start, because the queue was full or the reader is gone. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** @param lines whole lines, each with its line feed: all of them are written or none is */
  write(lines: string | Uint8Array): void {
    const stream = this.#stream;
    const isFull = stream.writableLength + lines.length > this.#maxQueuedBytes && stream.writableLength > 0;
    if (this.#isBroken || isFull || !stream.writable) this.#droppedLines += countLines(lines);
    else stream.write(lines);
  }

  /** Resolves when everything is written, the reader is gone, or the time is over; never rejects. */
  async flush(timeoutMs: number): Promise<void> {
    const stream = this.#stream;
    if (this.#isBroken || stream.writableLength === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    stream.write('', () => resolve());
    await promise;
    clearTimeout(timer);
  }
}

function countLines(lines: string | Uint8Array): number {
  const bytes = Buffer.from(lines);
  let count = 0;
  for (let at = bytes.indexOf('\n'); at !== -1; at = bytes.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Puts a worker's lines into the log and tells the worker that they were taken (LogBatch.untakenBytes). */
export function takeWorkerLines(sink: LogSink, row: SharedRow, lines: Uint8Array): void {
  sink.write(lines);
  row.addSignal('logTakenBytes', lines.length);
}

const REDACTED = '[redacted]';
/** A defence in depth: nobody is meant to log these. */
const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'privateKey', 'secret', 'set-cookie', 'token'];
const SECRET_PATHS = ['', '*.', '*.*.'].flatMap((prefix) =>
  SECRET_FIELDS.map((name) => pathOf(prefix, name)),
);
/** Private keys inside of messages and errors, as they look once JSON has escaped their line feeds. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?="))/g;

function pathOf(prefix: string, name: string): string {
  if (!name.includes('-')) return prefix + name;
  return `${prefix.slice(0, -1)}["${name}"]`;
}

/** The logger of a thread; workers give it a LogBatch. */
export function createLogger(destination: { write(line: string): void }, level: LogLevel): Logger {
  return pino(
    {
      level,
      // Pod and process are known to whoever collects the log.
      base: null,
      redact: { paths: SECRET_PATHS, censor: REDACTED },
      serializers: { err: (error: unknown) => describeError(error) },
      hooks: { streamWrite: (line) => line.replace(PRIVATE_KEY, REDACTED) },
    },
    destination,
  );
}

const MAX_CAUSES = 4;

/** Only what errors have in common: those of HTTP clients carry whole requests, with their Authorization. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack } = error;
  const code = 'code' in error ? String(error.code) : undefined;
  const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
  return {
    type: name,
    message,
    stack,
    code,
    cause: hasCause ? describeError(error.cause, depth + 1) : undefined,
  };
}
