// The one Lease of an election as the API server last told it, and our changes of it, each on top of what we know.
import type { Clock } from '../model/clock.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import { leaseObject, leasePath, type LeaseView, readLease } from './lease.ts';
import type { WriteApi } from './write-api.ts';

export type LeaseRecordOptions = {
  readonly api: Pick<WriteApi, 'get' | 'create' | 'update'>;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseMs: number;
};

export class LeaseRecord {
  readonly #options: LeaseRecordOptions;
  #lease: LeaseView | undefined;
  /** The server may know another one by now. */
  #isStale = true;
  #hasWritten = false;

  constructor(options: LeaseRecordOptions) {
    this.#options = options;
  }

  /** Nobody else holds it, or has been silent for too long. */
  get isFree(): boolean {
    const { holder = '' } = this.#lease ?? {};
    return holder === '' || holder === this.#options.identity || this.expiresInMs <= 0;
  }

  /** Until the holder has been silent for too long; not above 0 where it has been. */
  get expiresInMs(): number {
    const { seenMs = Number.NEGATIVE_INFINITY, durationMs = this.#options.leaseMs } = this.#lease ?? {};
    return seenMs + durationMs - this.#options.clock.monotonicMs();
  }

  /** The next `refresh` asks the server. */
  distrust(): void {
    this.#isStale = true;
  }

  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#isStale) await this.#read(signal);
  }

  /** Writes ourselves into the Lease. @returns false where somebody was faster; rejects with an ApiFailure */
  claim(signal: AbortSignal): Promise<boolean> {
    return this.#become(this.#options.identity, signal);
  }

  /** Empties the Lease where it is ours. */
  async giveBack(signal: AbortSignal): Promise<void> {
    if (!this.#hasWritten) return;
    await this.refresh(signal);
    const { version = '', holder } = this.#lease ?? {};
    if (version !== '' && holder === this.#options.identity) await this.#become('', signal);
  }

  async #become(holder: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#write(holder, signal);
    } catch (error) {
      if (failureOf(error).reason !== 'conflict') throw error;
      // Where an answer to ourselves was lost, the record is ours all the same.
      await this.#read(signal);
      if (this.#lease?.holder !== this.#options.identity) return false;
      await this.#write(holder, signal);
    }
    return true;
  }

  /** A Lease that is gone tells nothing: whoever held it is given the time it had. */
  async #read(signal: AbortSignal): Promise<void> {
    const { api, clock, namespace, name } = this.#options;
    let answer: unknown;
    try {
      answer = await api.get(leasePath(namespace, name), {}, signal);
    } catch (error) {
      if (failureOf(error).reason !== 'not-found') throw error;
    }
    throwIfGivenUp(signal);
    if (answer !== undefined) this.#lease = readLease(answer, this.#lease, clock.monotonicMs());
    else if (this.#lease !== undefined) this.#lease = { ...this.#lease, version: '' };
    this.#isStale = false;
  }

  async #write(holder: string, signal: AbortSignal): Promise<void> {
    const { api, clock, namespace, name, leaseMs } = this.#options;
    const [known, startedMs] = [this.#lease, clock.monotonicMs()];
    const before = known?.version === '' ? undefined : known;
    const object = leaseObject({ namespace, name, holder, leaseMs, epochMs: clock.epochMs() }, before);
    this.#hasWritten = true;
    const answer =
      before === undefined
        ? await api.create(leasePath(namespace), object, signal)
        : await api.update(leasePath(namespace, name), object, signal);
    throwIfGivenUp(signal);
    this.#lease = readLease(answer, undefined, startedMs);
  }
}

/** An answer that came after we gave up on it says nothing about now. */
function throwIfGivenUp(signal: AbortSignal): void {
  if (signal.aborted) throw new ApiFailure('timeout', 'An answer about the Lease came too late');
}
