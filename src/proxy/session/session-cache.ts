// Which credentials were those of a session, and for how long that is believed. Kept by a keyed hash: who reads the
// memory of this process finds no credentials here. Bounded: the oldest go first.
import { createHmac } from 'node:crypto';

const MAX_ENTRIES = 20_000;

type Entry = { readonly isValid: boolean; readonly untilMs: number };

export class SessionCache {
  readonly #key: Uint8Array;
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;

  constructor(key: Uint8Array, maxEntries = MAX_ENTRIES) {
    this.#key = key;
    this.#maxEntries = maxEntries;
  }

  /** What stands for these credentials at that place. */
  keyOf(place: string, credentials: readonly string[]): string {
    const hmac = createHmac('sha256', this.#key);
    for (const part of [place, ...credentials]) hmac.update(`${part.length}:`).update(part, 'latin1');
    return hmac.digest('base64');
  }

  get(key: string, nowMs: number): boolean | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.untilMs > nowMs) return entry.isValid;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, isValid: boolean, untilMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { isValid, untilMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(oldest);
    }
  }
}
