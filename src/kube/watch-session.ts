// One watch from its request to its end: reads events, gives up on silence, and ends itself when a list is due.
import type { ObjectApi, Query } from './api-client.ts';
import { ApiFailure } from './api-failure.ts';
import { drawMs, type Timers, type WatchTiming } from './timing.ts';
import { readWatchEvent, type WatchEvent } from './watch-event.ts';

export type WatchSessionOptions = {
  readonly api: ObjectApi;
  readonly path: string;
  readonly query: Query;
  readonly timing: WatchTiming;
  readonly timers: Timers;
  readonly chance: () => number;
  /** The server agreed to watch. */
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent) => void;
};

export class WatchSession {
  readonly #options: WatchSessionOptions;
  readonly #end = new AbortController();
  #hasStalled = false;
  #hasHeard = false;
  #hasBookmarks = false;
  #cancelStall: () => void = () => {};

  constructor(options: WatchSessionOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#end.signal.aborted;
  }

  /** It was given up without a single event or bookmark. */
  get isMute(): boolean {
    return this.#hasStalled && !this.#hasHeard;
  }

  /** Ends the watch without a failure; `run` resolves. */
  stop(): void {
    this.#end.abort();
  }

  /** Resolves when the server or `stop` ended the watch; rejects with an ApiFailure. */
  async run(version: string, signal: AbortSignal): Promise<void> {
    const { api, path } = this.#options;
    const stop = () => this.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      this.#expectEvent();
      for await (const line of api.watch(path, this.#query(version), this.#end.signal)) {
        if (this.#end.signal.aborted) break;
        this.#expectEvent();
        this.#read(line);
      }
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    } finally {
      this.#cancelStall();
      signal.removeEventListener('abort', stop);
    }
    if (this.#hasStalled) throw new ApiFailure('stalled', 'A watch said nothing for too long and was ended');
  }

  #read(line: string): void {
    const { onOpen, onEvent } = this.#options;
    if (line === '') {
      onOpen();
      return;
    }
    const event = readWatchEvent(line);
    this.#hasHeard = true;
    if (event.type === 'BOOKMARK' && !this.#hasBookmarks) {
      this.#hasBookmarks = true;
      this.#expectEvent();
    }
    onEvent(event);
  }

  #query(version: string): Query {
    const { query, timing, chance } = this.#options;
    const timeoutSeconds = String(Math.ceil(drawMs(timing.watchMs, chance) / 1000));
    return { ...query, watch: 'true', resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds };
  }

  /** Without bookmarks a quiet kind looks like a dead connection: it gets more time. */
  #expectEvent(): void {
    const { timers, timing } = this.#options;
    this.#cancelStall();
    this.#cancelStall = timers.after(this.#hasBookmarks ? timing.stallMs : timing.firstStallMs, () => {
      this.#hasStalled = true;
      this.stop();
    });
  }
}
