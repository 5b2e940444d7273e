// Watches folders for events, one watch a folder; what it says is only "look now".
// Lost events and failed watches cost time, never correctness: source.ts looks again at intervals.
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

type Watched = { readonly identity: string; readonly watcher: FSWatcher };

export class FolderWatch {
  readonly #onEvent: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #watched = new Map<string, Watched>();
  readonly #entered = new Set<string>();
  /** Folders whose watch failed, so that a full kernel table is reported once. */
  readonly #failed = new Set<string>();

  constructor(onEvent: () => void, onError: (error: unknown) => void) {
    this.#onEvent = onEvent;
    this.#onError = onError;
  }

  /** Watches a folder from now on; one that took the place of another under the same path is watched anew. */
  enter(path: string, identity: string): void {
    this.#entered.add(path);
    if (this.#watched.get(path)?.identity === identity) return;
    this.#drop(path);
    try {
      const watcher = watch(path, this.#onEvent);
      watcher.on('error', () => this.#drop(path));
      this.#watched.set(path, { identity, watcher });
      this.#failed.delete(path);
    } catch (error) {
      if (!this.#failed.has(path)) this.#onError(error);
      this.#failed.add(path);
    }
  }

  /** Ends a look: folders that were not entered since the last call are watched no more. */
  endLook(): void {
    for (const path of this.#watched.keys()) if (!this.#entered.has(path)) this.#drop(path);
    for (const path of this.#failed) if (!this.#entered.has(path)) this.#failed.delete(path);
    this.#entered.clear();
  }

  close(): void {
    for (const path of this.#watched.keys()) this.#drop(path);
  }

  #drop(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }
}
