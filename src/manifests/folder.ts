// One look at a folder on disk: which manifest files there are, and the text of one.
// Files are told by name; links are followed, as mounted ConfigMaps are made of them.
import { constants } from 'node:fs';
import type { BigIntStats, Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadProblem } from './manifest-file.ts';
import type { Sighting } from './settling.ts';

/** Bounds of what is read from a folder. */
export type FolderLimits = {
  readonly maxFileBytes: number;
  /** Of more files, the first by name are taken. */
  readonly maxFiles: number;
  /** Levels of folders below the top one. */
  readonly maxDepth: number;
};

export const defaultLimits: FolderLimits = { maxFileBytes: 8 * 1024 * 1024, maxFiles: 10_000, maxDepth: 8 };

/** File systems may count time in steps of 2 s: a younger file is read again, whatever its signature. */
const signatureAgeMs = 2_500;
const statsAtOnce = 32;

export type FileEntry = { readonly path: string } & (
  | { readonly signature: string | undefined; readonly problem?: never }
  | { readonly problem: ReadProblem; readonly signature?: never }
);

export type FolderListing = {
  /** Paths relative to the folder, in the order of their names within each folder. */
  readonly files: readonly FileEntry[];
  /** Folders below the top one that could not be listed. */
  readonly unreadable: ReadonlyMap<string, ReadProblem>;
  readonly isCut: boolean;
};

/** One look: where, how much, and when. */
export type FolderLook = {
  readonly directory: string;
  readonly limits: FolderLimits;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
};

/** Told of each folder before it is listed, so that a watch set there misses nothing, and of the end. */
export type FolderVisitor = { enter(path: string, identity: string): void; endLook(): void };

/**
 * Lists the manifest files of a folder and its subfolders; hidden ones, editor backups and others are passed over.
 * @throws the error of the file system if the top folder cannot be listed
 */
export async function listFolder(look: FolderLook, visitor: FolderVisitor): Promise<FolderListing> {
  const walk = new FolderWalk(look, visitor);
  await walk.run();
  visitor.endLook();
  return walk;
}

/** Reads one file; every failure becomes a problem. @param signature from the listing before */
export async function readManifest(
  path: string,
  signature: string | undefined,
  limits: FolderLimits,
): Promise<Sighting> {
  try {
    // O_NONBLOCK: a pipe that took the file's place must not hang the reader.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = await handle.readFile();
    if (bytes.length > limits.maxFileBytes) return { kind: 'problem', problem: tooLarge(limits) };
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), signature };
  } catch (error) {
    return { kind: 'problem', problem: describeError(error, 'file') };
  }
}

/** What is wrong with a file or folder, in words. */
export function describeError(error: unknown, what: 'file' | 'folder'): ReadProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const known = errorTexts[code];
  if (known !== undefined) return { message: `The ${what} ${known.message} (${code})`, remedy: known.remedy };
  return { message: `The ${what} cannot be read (${code})`, remedy: `Check the ${what} and its file system` };
}

const errorTexts: Readonly<Record<string, ReadProblem>> = {
  ENOENT: { message: 'does not exist', remedy: 'Create it, or correct the path or link that leads to it' },
  ENOTDIR: { message: 'is not a folder', remedy: 'Name the folder that holds the manifests' },
  EACCES: { message: 'may not be read by this process', remedy: 'Grant read access to it' },
  EPERM: { message: 'may not be read by this process', remedy: 'Grant read access to it' },
  ELOOP: { message: 'is a link that leads to itself', remedy: 'Correct the link' },
  ERR_ENCODING_INVALID_ENCODED_DATA: { message: 'is not UTF-8 text', remedy: 'Save it as UTF-8' },
};

function tooLarge(limits: FolderLimits): ReadProblem {
  const message = `The file is larger than ${limits.maxFileBytes} bytes`;
  return { message, remedy: 'Split it into smaller files' };
}

const notAFile: ReadProblem = {
  message: 'The file is not a regular file',
  remedy: 'Replace it with a file, or give it another ending',
};

class FolderWalk implements FolderListing {
  readonly files: FileEntry[] = [];
  readonly unreadable = new Map<string, ReadProblem>();
  isCut = false;
  readonly #look: FolderLook;
  readonly #visitor: FolderVisitor;
  /** Folders by device and inode: a link to a parent would never end. */
  readonly #visited = new Set<string>();

  constructor(look: FolderLook, visitor: FolderVisitor) {
    this.#look = look;
    this.#visitor = visitor;
  }

  async run(): Promise<void> {
    const stats = await stat(this.#look.directory, { bigint: true });
    await this.#list('', identityOf(stats), 0);
  }

  async #list(folder: string, identity: string, depth: number): Promise<void> {
    if (this.#visited.has(identity) || this.isCut) return;
    this.#visited.add(identity);
    const path = join(this.#look.directory, folder);
    this.#visitor.enter(path, identity);
    const entries = (await readdir(path, { withFileTypes: true }))
      .filter(isCandidate)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (let start = 0; start < entries.length && !this.isCut; start += statsAtOnce) {
      const batch = entries.slice(start, start + statsAtOnce).map((entry) => join(folder, entry.name));
      const results = await Promise.all(batch.map((each) => statOrProblem(join(this.#look.directory, each))));
      for (const [index, each] of batch.entries()) await this.#take(each, results[index], depth);
    }
  }

  async #take(path: string, result: BigIntStats | ReadProblem | undefined, depth: number): Promise<void> {
    if (result === undefined) return;
    if ('isDirectory' in result && result.isDirectory()) {
      await this.#descend(path, identityOf(result), depth + 1);
    } else if (isManifestName(path)) {
      if (this.files.length >= this.#look.limits.maxFiles) this.isCut = true;
      else
        this.files.push(
          'isDirectory' in result ? toEntry(path, result, this.#look) : { path, problem: result },
        );
    }
  }

  async #descend(path: string, identity: string, depth: number): Promise<void> {
    if (depth > this.#look.limits.maxDepth) {
      const message = `The folder lies deeper than ${this.#look.limits.maxDepth} levels and is not read`;
      this.unreadable.set(path, { message, remedy: 'Move it up' });
      return;
    }
    try {
      await this.#list(path, identity, depth);
    } catch (error) {
      // A folder that was just removed is no problem: its files are gone with it.
      const problem = describeError(error, 'folder');
      if (!isMissing(error)) this.unreadable.set(path, problem);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function statOrProblem(path: string): Promise<BigIntStats | ReadProblem> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    return describeError(error, 'file');
  }
}

function toEntry(path: string, stats: BigIntStats, { limits, nowMs }: FolderLook): FileEntry {
  if (!stats.isFile()) return { path, problem: notAFile };
  if (stats.size > limits.maxFileBytes) return { path, problem: tooLarge(limits) };
  const changedMs = Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs);
  if (nowMs - changedMs < signatureAgeMs) return { path, signature: undefined };
  return { path, signature: `${identityOf(stats)}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}` };
}

function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Folders and links are looked at, files only by their ending. Hidden entries include `..data` of ConfigMaps. */
function isCandidate(entry: Dirent): boolean {
  if (/^[.~#]/.test(entry.name)) return false;
  return !entry.isFile() || isManifestName(entry.name);
}

function isManifestName(name: string): boolean {
  return /\.(?:ya?ml|json)$/.test(name);
}
