// The keys of the cookie tokens, from a file, a Secret or chance. They are looked at again all the time: a key that is
// added or taken away is in force without a restart.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { nodeTimers, type Timers } from '../../kube/timing.ts';
import { messageOf } from '../../model/error-message.ts';
import type { Logger } from '../../observe/log.ts';
import type { Options } from '../../options/options.ts';
import type { LoadKey, ReadKey } from './cluster-writer.ts';

type KeyOptions = Pick<Options, 'stickyKeyFile' | 'stickyKeySecret'>;
type KeyAccess = {
  readonly loadKey?: LoadKey;
  readonly readKey?: ReadKey;
  readonly log: Logger;
  readonly timers?: Timers;
};

/** Where keys come from: their text as it is now, undefined where that is empty. */
type Place = { readonly title: string; readonly everyMs: number; read(): Promise<string | undefined> };

const KEY_BYTES = 32;
const MIN_KEY_LENGTH = 16;
const SECRET_FORM = { field: 'keys', form: 'text', randomBytes: KEY_BYTES } as const;
/** A file costs nothing, a Secret costs the API server a request of each replica. */
const FILE_EVERY_MS = 2_000;
const SECRET_EVERY_MS = 15_000;

export class StickyKeys {
  readonly #place: Place | undefined;
  readonly #log: Logger;
  readonly #timers: Timers;
  #text: string;
  #keys: readonly Uint8Array[];
  /** What was last complained about, so that it is said once. */
  #told: string | undefined;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  private constructor(place: Place | undefined, text: string, { log, timers = nodeTimers }: KeyAccess) {
    this.#place = place;
    this.#log = log;
    this.#timers = timers;
    this.#text = text;
    this.#keys = keysIn(text, place?.title ?? '');
  }

  /** Waits for the API server, and fills an empty Secret. Rejects with a message for people where there is no key. */
  static async load(options: KeyOptions, access: KeyAccess): Promise<StickyKeys> {
    const { loadKey, readKey } = access;
    const { stickyKeyFile: file, stickyKeySecret: secret } = options;
    if (secret !== undefined && loadKey !== undefined && readKey !== undefined) {
      const read = async () => textOf(await readKey(secret, SECRET_FORM));
      const place = { title: `Secret ${secret}`, everyMs: SECRET_EVERY_MS, read };
      return new StickyKeys(place, textOf(await loadKey(secret, SECRET_FORM)) ?? '', access);
    }
    if (file === undefined)
      return new StickyKeys(undefined, randomBytes(KEY_BYTES).toString('base64url'), access);
    const place = { title: titleOf(file), everyMs: FILE_EVERY_MS, read: () => readText(file) };
    return new StickyKeys(place, await readText(file), access);
  }

  /** The first signs, all are recognised; the same value as long as they are the same keys. */
  get current(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** @param onChange called when there are other keys */
  watch(onChange: () => void): void {
    const place = this.#place;
    if (place === undefined || this.#isClosed) return;
    this.#cancel = this.#timers.after(place.everyMs, () => {
      void this.#look(place, onChange).then(() => this.watch(onChange));
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #look(place: Place, onChange: () => void): Promise<void> {
    try {
      const text = (await place.read()) ?? '';
      if (this.#isClosed) return;
      if (text === this.#text) {
        if (this.#told !== undefined) this.#log.info({ from: place.title }, 'sticky keys can be read again');
        this.#told = undefined;
        return;
      }
      this.#keys = keysIn(text, place.title);
      this.#text = text;
      this.#told = undefined;
      this.#log.info({ from: place.title, keys: this.#keys.length }, 'sticky keys were replaced');
      onChange();
    } catch (error) {
      this.#complain(messageOf(error));
    }
  }

  #complain(problem: string): void {
    if (problem === this.#told) return;
    this.#told = problem;
    this.#log.warn({ problem }, 'sticky keys cannot be read; those of before stay');
  }
}

/** One key a line, as they are now. Rejects with a message for people where there is none. */
export async function readStickyKeyFile(file: string): Promise<readonly Uint8Array[]> {
  return keysIn(await readText(file), titleOf(file));
}

function titleOf(file: string): string {
  return `--sticky-key-file ${file}`;
}

function keysIn(text: string, title: string): readonly Uint8Array[] {
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (keys.length === 0 || keys.some((key) => key.length < MIN_KEY_LENGTH))
    throw new Error(`${title} must hold one key a line, each of at least ${MIN_KEY_LENGTH} characters`);
  return [...new Set(keys)].map((key) => Buffer.from(key, 'utf8'));
}

function textOf(content: Uint8Array | undefined): string | undefined {
  return content === undefined ? undefined : Buffer.from(content).toString('utf8');
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8');
}
