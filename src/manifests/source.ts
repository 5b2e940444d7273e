// The folder of manifests as an ObjectSource: looks at it, lets files settle, and tells when the set changed.
// A look follows each event of the folder's watches, and comes at intervals anyway: events get lost.
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ObjectSet } from '../api/objects.ts';
import type { Clock } from '../model/clock.ts';
import type { Finding, Location, ObjectReference } from '../model/finding.ts';
import type { ObjectSource } from '../model/object-source.ts';
import { assemble } from './assembly.ts';
import type { Assembly } from './assembly.ts';
import { defaultLimits } from './folder.ts';
import type { FolderLimits } from './folder.ts';
import { FolderWatch } from './folder-watch.ts';
import { restlessLooks } from './settling.ts';
import { ManifestFolder } from './manifest-folder.ts';

/** The waits between an event and its effect; their worst case stays under 300 ms. */
export const timing = {
  /** From the first event to the look, so that a burst costs one look. */
  eventDelayMs: 10,
  /** Between the two looks that must agree on a file. */
  settleMs: 50,
  /** How long settled changes wait for other files that are still changing. */
  holdMs: 100,
  /** Between looks without events. */
  rescanMs: 2_000,
} as const;

/** A look may take at most this share of the time: huge folders are looked at less often. */
const rescanShare = 0.1;

export type ManifestSourceOptions = {
  readonly directory: string;
  readonly clock: Clock;
  /** Told what cannot be a finding: failed watches, and bugs. */
  readonly onError?: (error: unknown) => void;
  readonly limits?: FolderLimits;
  readonly rescanMs?: number;
};

/** An ObjectSource over a folder of YAML and JSON files; `start` also rejects if closed before its first set. */
export function createManifestSource(options: ManifestSourceOptions): ObjectSource {
  return new ManifestSource(options);
}

class ManifestSource implements ObjectSource {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #rescanMs: number;
  readonly #folder: ManifestFolder;
  readonly #watch: FolderWatch;
  readonly #closing = new AbortController();
  #assembly: Assembly = assemble([]);
  #findings: readonly Finding[] = [];
  #onChange: () => void = () => {};
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer waits for the next rescan, the only wait that an event cuts short. */
  #isIdle = false;
  #hasEvent = false;
  /** How long the last look took. */
  #lookMs = 0;
  /** Since when there is something settled that `onChange` does not know of. */
  #unsaidSinceMs: number | undefined;

  constructor(options: ManifestSourceOptions) {
    this.#onError = options.onError ?? (() => {});
    this.#rescanMs = options.rescanMs ?? timing.rescanMs;
    this.#watch = new FolderWatch(() => this.#wake(), this.#onError);
    const { directory, clock, limits = defaultLimits } = options;
    this.#clock = clock;
    this.#folder = new ManifestFolder({ directory, limits, clock }, this.#watch);
  }

  async start(onChange: () => void): Promise<void> {
    if (this.#running !== undefined) throw new Error('The manifests source was started twice');
    this.#running = this.#readFirst();
    try {
      await this.#running;
    } catch (error) {
      this.#watch.close();
      throw error;
    }
    this.#onChange = onChange;
    if (!this.#closing.signal.aborted) this.#schedule();
  }

  objects(): ObjectSet {
    return this.#assembly.objects;
  }

  findings(): readonly Finding[] {
    return this.#findings;
  }

  locate(object: ObjectReference, field: string): Location | undefined {
    return this.#assembly.locate(object, field);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#running?.catch(() => {});
    this.#watch.close();
  }

  /** Looks until all files have settled; a file that never does is reported and left to the later looks. */
  async #readFirst(): Promise<void> {
    for (let looks = 0; looks <= restlessLooks; looks += 1) {
      await this.#folder.look();
      if (this.#folder.pendingCount === 0) break;
      await pause(timing.settleMs, undefined, { signal: this.#closing.signal });
    }
    this.#assemble();
  }

  #wake(): void {
    this.#hasEvent = true;
    if (this.#isIdle) this.#schedule();
  }

  /** Sets the timer for the next look; a look that took long is followed by a longer pause. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const isSettling = this.#folder.pendingCount > 0;
    this.#isIdle = !isSettling && !this.#hasEvent;
    let delayMs: number = Math.max(this.#rescanMs, this.#lookMs / rescanShare);
    if (isSettling) delayMs = timing.settleMs;
    else if (this.#hasEvent) delayMs = Math.max(timing.eventDelayMs, this.#lookMs);
    this.#timer = setTimeout(() => {
      this.#running = this.#look();
    }, delayMs);
  }

  async #look(): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    this.#isIdle = false;
    this.#hasEvent = false;
    try {
      if (await this.#folder.look()) this.#unsaidSinceMs ??= this.#clock.monotonicMs();
      if (!this.#closing.signal.aborted) this.#sayChange();
    } catch (error) {
      this.#onError(error);
    }
    this.#lookMs = this.#clock.monotonicMs() - startedMs;
    if (!this.#closing.signal.aborted) this.#schedule();
  }

  /** Waits for files that are still changing, so that one save of several files is one change; but not for long. */
  #sayChange(): void {
    const sinceMs = this.#unsaidSinceMs;
    if (sinceMs === undefined) return;
    if (this.#folder.pendingCount > 0 && this.#clock.monotonicMs() - sinceMs < timing.holdMs) return;
    this.#unsaidSinceMs = undefined;
    const { objects } = this.#assembly;
    const findings = this.#findings;
    this.#assemble();
    if (objects !== this.#assembly.objects || !isDeepStrictEqual(findings, this.#findings)) this.#onChange();
  }

  #assemble(): void {
    this.#assembly = assemble(this.#folder.files(), this.#assembly.objects);
    this.#findings = [...this.#folder.findings(), ...this.#assembly.findings];
  }
}
