// The log of a running controller: its lines as they come, and a wait for one that fits.
import { isDeepStrictEqual } from 'node:util';

export type LogLine = Readonly<Record<string, unknown>>;
export type Fits = (line: LogLine) => boolean;

type Waiter = { readonly fits: Fits; readonly found: (line: LogLine) => void };

const WAIT_MS = 30_000;
const SHOWN_LINES = 15;

export class LogLines {
  /** All lines so far, in order. */
  readonly all: LogLine[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #waitMs: number;
  #rest = '';

  /** @param waitMs how long a line is waited for */
  constructor(waitMs = WAIT_MS) {
    this.#waitMs = waitMs;
  }

  /** Takes what was printed; the last line may still be coming. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(JSON.parse(line) as LogLine);
  }

  #take(line: LogLine): void {
    this.all.push(line);
    for (const waiter of this.#waiters) if (waiter.fits(line)) waiter.found(line);
  }

  /** The first line that fits, past or coming. @param after number of lines at the start that do not count */
  wait(fits: Fits, after = 0): Promise<LogLine> {
    const past = this.all.slice(after).find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const waiter = {
        fits,
        found: (line: LogLine) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(line);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const shown = this.all.slice(-SHOWN_LINES).map((line) => JSON.stringify(line));
        reject(new Error(`No log line with ${String(fits)} came; the last ones are\n${shown.join('\n')}`));
      }, this.#waitMs);
      this.#waiters.add(waiter);
    });
  }
}

/** Fits a line that has all of these fields with these values. */
export function hasFields(fields: LogLine): Fits {
  const wanted = Object.entries(fields);
  const fits = (line: LogLine) => wanted.every(([name, value]) => isDeepStrictEqual(line[name], value));
  // What a failed wait shows.
  fits.toString = () => JSON.stringify(fields);
  return fits;
}
