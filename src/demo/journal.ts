// The controller's log on its way to a file: the tour reads from it what was decided about its requests.
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';

/** One line of the log as an object. */
export type LogLine = Readonly<Record<string, unknown>>;

type Waiter = { readonly fits: (line: LogLine) => boolean; readonly resolve: (line: LogLine) => void };

/** Lines that are remembered; the file has all of them. */
const MAX_LINES = 20_000;
const DEFAULT_WAIT_MS = 15_000;

export class Journal {
  /** Where the controller writes; takes whole lines. */
  readonly stream: Writable;
  readonly #lines: LogLine[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #followers = new Set<(line: LogLine) => void>();

  constructor(path: string) {
    const file = createWriteStream(path);
    // Whoever wrote is told by the callback.
    file.on('error', () => {});
    this.stream = new Writable({
      decodeStrings: false,
      write: (lines: string | Uint8Array, _, done) => {
        file.write(lines, (error) => {
          // Remembered when it is in the file: who waits for a line may then read the file.
          if (!error) this.#take(typeof lines === 'string' ? lines : new TextDecoder().decode(lines));
          done(error);
        });
      },
      final: (done) => void file.end(done),
    });
  }

  /** What is remembered, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Hands over every line from now on. */
  follow(listener: (line: LogLine) => void): void {
    this.#followers.add(listener);
  }

  /** The first line, past or coming, that fits. Rejects after the timeout and names what was waited for. */
  find(what: string, fits: (line: LogLine) => boolean, timeoutMs = DEFAULT_WAIT_MS): Promise<LogLine> {
    const found = this.#lines.find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        fits,
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`The log had no line of ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  #take(text: string): void {
    for (const line of text.split('\n')) if (line !== '') this.#add(parseLine(line));
    if (this.#lines.length > MAX_LINES) this.#lines.splice(0, this.#lines.length - MAX_LINES);
  }

  #add(line: LogLine): void {
    this.#lines.push(line);
    for (const listener of this.#followers) listener(line);
    for (const waiter of this.#waiters) {
      if (!waiter.fits(line)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(line);
    }
  }
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
