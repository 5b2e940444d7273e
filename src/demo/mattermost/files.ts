// Uploaded files: counted and hashed while they stream in, kept in memory up to a limit.
import { createHash } from 'node:crypto';
import { extname } from 'node:path';

/** A complete file. */
export type StoredFile = {
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  readonly channelId: string;
  readonly createAt: number;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly content: readonly Buffer[];
};

/** Takes in the bytes of one file. */
export class FileReceiver {
  readonly #hash = createHash('sha256');
  readonly #content: Buffer[] = [];
  readonly #maxBytes: number;
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds bytes; false when the file is now over its limit. */
  write(chunk: Buffer): boolean {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.#maxBytes) return false;
    this.#hash.update(chunk);
    // A copy: a slice of a socket's read buffer would keep all 64 KiB of it alive.
    this.#content.push(Buffer.from(chunk));
    return true;
  }

  /** The file, once all its bytes are in. */
  finish(about: Omit<StoredFile, 'sizeBytes' | 'sha256' | 'content'>): StoredFile {
    const sha256 = this.#hash.digest('hex');
    return { ...about, sizeBytes: this.#sizeBytes, sha256, content: this.#content };
  }
}

/** Keeps files by identifier; the oldest go when the sum of bytes is over the limit. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();
  readonly #maxStoredBytes: number;
  #storedBytes = 0;

  constructor(maxStoredBytes: number) {
    this.#maxStoredBytes = maxStoredBytes;
  }

  /** Keeps a file. */
  add(file: StoredFile): void {
    this.#files.set(file.id, file);
    this.#storedBytes += file.sizeBytes;
    for (const [id, oldest] of this.#files) {
      if (this.#storedBytes <= this.#maxStoredBytes || id === file.id) break;
      this.#files.delete(id);
      this.#storedBytes -= oldest.sizeBytes;
    }
  }

  /** The file with this identifier, while it is kept. */
  find(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }
}

/** The file_info of the API. `sha256` is an addition of the demo, so that a test can compare contents. */
export function describeFile(file: StoredFile): Record<string, unknown> {
  return {
    id: file.id,
    user_id: file.userId,
    channel_id: file.channelId,
    create_at: file.createAt,
    update_at: file.createAt,
    delete_at: 0,
    name: file.name,
    extension: extname(file.name).slice(1),
    size: file.sizeBytes,
    mime_type: file.mimeType,
    mini_preview: null,
    remote_id: '',
    archived: false,
    sha256: file.sha256,
  };
}
