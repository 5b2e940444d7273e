// The state of a folder: its files as they settled, look by look. Called by source.ts, which owns the time.
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../model/clock.ts';
import type { Finding } from '../model/finding.ts';
import { describeError, listFolder, readManifest } from './folder.ts';
import type { FileEntry, FolderLimits, FolderListing, FolderVisitor } from './folder.ts';
import { adoptProblem, adoptText, describeProblem } from './manifest-file.ts';
import type { ManifestFile, ReadProblem } from './manifest-file.ts';
import { Settling } from './settling.ts';
import type { LookResult, SettledChange, Sighting } from './settling.ts';

const readsAtOnce = 32;

/** Which folder, how much of it, and the clock that ages its files. */
export type FolderPlace = {
  readonly directory: string;
  readonly limits: FolderLimits;
  readonly clock: Clock;
};

export class ManifestFolder {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #limits: FolderLimits;
  readonly #visitor: FolderVisitor;
  readonly #settling = new Settling();
  readonly #files = new Map<string, ManifestFile>();
  #findings: readonly Finding[] = [];
  #pendingCount = 0;
  #wasListed = false;

  constructor(place: FolderPlace, visitor: FolderVisitor) {
    this.#directory = place.directory;
    this.#limits = place.limits;
    this.#clock = place.clock;
    this.#visitor = visitor;
  }

  /** Files that changed and have not settled. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  files(): readonly ManifestFile[] {
    return [...this.#files.values()];
  }

  /** What is wrong with the folder itself. */
  findings(): readonly Finding[] {
    return this.#findings;
  }

  /**
   * Looks once; resolves to whether a file settled into another state or the folder's findings changed.
   * @throws Error that names the folder if it cannot be listed and never was; later that is a finding
   */
  async look(): Promise<boolean> {
    let listing: FolderListing;
    try {
      listing = await listFolder(
        { directory: this.#directory, limits: this.#limits, nowMs: this.#clock.epochMs() },
        this.#visitor,
      );
    } catch (error) {
      return this.#takeMissingFolder(error);
    }
    this.#wasListed = true;
    const result = this.#settling.look(await this.#readAll(listing), (path) => isHidden(listing, path));
    this.#pendingCount = result.pendingCount;
    for (const change of result.changes) {
      this.#adopt(change);
      // Parsing is slow: thousands of files must not keep the process from everything else.
      await turn();
    }
    return this.#replaceFindings(this.#describe(listing, result)) || result.changes.length > 0;
  }

  #takeMissingFolder(error: unknown): boolean {
    const problem = describeError(error, 'folder');
    if (!this.#wasListed) {
      const what = `Cannot read the manifests folder ${this.#directory}: ${problem.message}`;
      throw new Error(`${what}. ${problem.remedy}`, { cause: error });
    }
    this.#pendingCount = 0;
    const message = `${problem.message}; all objects of its last good version stay`;
    return this.#replaceFindings([describeProblem(this.#directory, { ...problem, message })]);
  }

  async #readAll(listing: FolderListing): Promise<ReadonlyMap<string, Sighting>> {
    const seen = new Map<string, Sighting>();
    const entries = this.#selectEntries(listing.files);
    for (let start = 0; start < entries.length; start += readsAtOnce) {
      const batch = entries.slice(start, start + readsAtOnce);
      const sightings = await Promise.all(batch.map((entry) => this.#read(entry)));
      sightings.forEach((sighting, index) => seen.set(batch[index]?.path ?? '', sighting));
    }
    return seen;
  }

  /** A folder over its limit keeps the files it has: a new one must not push out another. */
  #selectEntries(entries: readonly FileEntry[]): readonly FileEntry[] {
    let room = this.#limits.maxFiles - this.#settling.size;
    return entries.filter((entry) => {
      if (this.#settling.has(entry.path)) return true;
      room -= 1;
      return room >= 0;
    });
  }

  async #read(entry: FileEntry): Promise<Sighting> {
    if (entry.problem !== undefined) return { kind: 'problem', problem: entry.problem };
    if (this.#settling.isKnown(entry.path, entry.signature)) return { kind: 'unchanged' };
    return await readManifest(join(this.#directory, entry.path), entry.signature, this.#limits);
  }

  #adopt({ path, now }: SettledChange): void {
    const file = join(this.#directory, path);
    const previous = this.#files.get(path);
    if (now.kind === 'gone') this.#files.delete(path);
    else if (now.kind === 'text') this.#files.set(path, adoptText(previous, file, now.text));
    else this.#files.set(path, adoptProblem(previous, file, now.problem));
  }

  #describe(listing: FolderListing, result: LookResult): readonly Finding[] {
    const describe = (path: string, problem: ReadProblem): Finding =>
      describeProblem(join(this.#directory, path), problem);
    const restless = result.restless.map((path) =>
      describe(path, {
        message: 'The file never rests; its changes are not taken',
        remedy: 'Stop what writes to it',
      }),
    );
    const cut = listing.isCut ? [describe('', tooMany(this.#limits.maxFiles))] : [];
    return [
      ...cut,
      ...[...listing.unreadable].map(([path, problem]) => describe(path, problem)),
      ...restless,
    ];
  }

  #replaceFindings(findings: readonly Finding[]): boolean {
    if (isDeepStrictEqual(findings, this.#findings)) return false;
    this.#findings = findings;
    return true;
  }
}

/** Whether the listing cannot tell that the file is gone. */
function isHidden(listing: FolderListing, path: string): boolean {
  return listing.isCut || [...listing.unreadable.keys()].some((folder) => path.startsWith(`${folder}/`));
}

function tooMany(maxFiles: number): ReadProblem {
  const message = `The folder holds more than ${maxFiles} files; the others are not read, nor are removals noticed`;
  return { message, remedy: 'Put several documents into one file, or use fewer files' };
}
