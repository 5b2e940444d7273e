// The last good objects on disk (`--state-cache`), for a container that starts again while the API server is away.
// Secrets are among them: the folder belongs in memory, and the file is for its owner alone.
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';
import { messageOf } from '../model/error-message.ts';
import type { Logger } from '../observe/log.ts';
import { type CachedObject, type CachedState, parseState, StateWriter } from './state-text.ts';
import type { Timers } from './timing.ts';

const FILE = 'state.ndjson';
/** From the first change to the writing. */
const DEBOUNCE_MS = 2_000;
/** Writing takes at most this share of the time, however fast things change. */
const MAX_SHARE = 0.05;
/** Lines between two breaths: nobody waits for more than some milliseconds. */
const LINES_A_TURN = 200;

export type StateCacheOptions = {
  readonly directory: string;
  /** What a reader must have in common with the writer: version, server, namespaces. */
  readonly identity: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
};

/** What is to be kept, and how long ago the API server said so. */
export type KeptState = { readonly objects: Iterable<CachedObject>; readonly ageMs: number };

export class StateCache {
  readonly #options: StateCacheOptions;
  readonly #file: string;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #restUntilMs = 0;
  #isFailing = false;

  constructor(options: StateCacheOptions) {
    this.#options = options;
    this.#file = join(options.directory, FILE);
  }

  /** What the last life has left; undefined, and a log line, where there is nothing to go by. Never rejects. */
  async read(): Promise<CachedState | undefined> {
    const { identity, log } = this.#options;
    try {
      const text = await readFile(this.#file, {
        encoding: 'utf8',
        flag: constants.O_RDONLY | constants.O_NOFOLLOW,
      });
      return parseState(text, identity);
    } catch (error) {
      log.warn({ file: this.#file, problem: messageOf(error) }, 'the state cache is not used');
      return undefined;
    }
  }

  /** Writes soon. @param state asked when it comes to that; undefined while there is nothing worth keeping */
  schedule(state: () => KeptState | undefined): void {
    if (this.#cancel !== undefined) return;
    const { timers, clock } = this.#options;
    const restMs = this.#restUntilMs - clock.monotonicMs();
    this.#cancel = timers.after(Math.max(DEBOUNCE_MS, restMs), () => {
      this.#writing = (this.#writing ?? Promise.resolve()).then(() => {
        this.#cancel = undefined;
        return this.#write(state);
      });
    });
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#cancel?.();
    await this.#writing;
  }

  async #write(state: () => KeptState | undefined): Promise<void> {
    const { clock, log } = this.#options;
    const kept = state();
    if (kept === undefined) return;
    const startedMs = clock.monotonicMs();
    const epochMs = clock.epochMs() - kept.ageMs;
    try {
      await this.#replace(kept.objects, epochMs);
      this.#isFailing = false;
    } catch (error) {
      const facts = { file: this.#file, problem: messageOf(error) };
      if (!this.#isFailing) log.warn(facts, 'the state cache cannot be written');
      this.#isFailing = true;
    }
    const endedMs = clock.monotonicMs();
    this.#restUntilMs = endedMs + (endedMs - startedMs) / MAX_SHARE;
  }

  /** A reader sees the old file or the new one. */
  async #replace(objects: Iterable<CachedObject>, epochMs: number): Promise<void> {
    const { directory, identity } = this.#options;
    const draft = `${this.#file}.new`;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      const writer = new StateWriter();
      let text = writer.head(identity, epochMs);
      let lines = 0;
      for (const object of objects) {
        text += writer.object(object);
        lines += 1;
        if (lines % LINES_A_TURN > 0) continue;
        await file.appendFile(text);
        text = '';
        await turn();
      }
      await file.appendFile(text + writer.end());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#file);
  }
}
