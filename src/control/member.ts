// One worker as the main thread knows it, over all the threads that take its place in turn.
import type { Worker } from 'node:worker_threads';
import type { Delta, ToWorker } from '../model/delta.ts';
import { partsOf } from './delta-parts.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** Who lived that long did not fail at the start: the next delay is short again. */
const HEALTHY_MS = 5_000;

export class Member {
  readonly index: number;
  /** Generation it serves; 0 until it has acknowledged one. */
  generation = 0;
  isListening = false;
  /** Threads that have taken the place of one that ended. */
  restarts = 0;
  #worker: Worker | undefined;
  readonly #parts: { readonly delta: Delta; readonly isLast: boolean }[] = [];
  /** A part is on its way and not answered yet. */
  #isTaking = false;
  #drained = Promise.withResolvers<void>();
  #hasBegun = false;
  #beganMs = 0;
  #delayMs = FIRST_DELAY_MS;
  #beat = 0;
  #beatMs = 0;
  #silentLooks = 0;

  constructor(index: number) {
    this.index = index;
  }

  get isLive(): boolean {
    return this.#worker !== undefined;
  }

  /** Resolves when its last connection ended, or the worker itself. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  begin(worker: Worker, nowMs: number): void {
    if (this.#hasBegun) this.restarts++;
    this.#hasBegun = true;
    this.#worker = worker;
    this.forgetParts();
    this.#beganMs = nowMs;
    this.#beatMs = nowMs;
    // Its row is zero when it starts.
    this.#beat = 0;
    this.#silentLooks = 0;
    this.#drained = Promise.withResolvers<void>();
  }

  /** Steps reach the worker in their order, one part at a time: it serves requests in between. */
  deliver(delta: Delta): void {
    const parts = partsOf(delta);
    this.#parts.push(...parts.map((part, at) => ({ delta: part, isLast: at === parts.length - 1 })));
    if (!this.#isTaking) this.partTaken();
  }

  /** What was to be delivered does not fit what it has: the whole state follows. */
  forgetParts(): void {
    this.#parts.length = 0;
    this.#isTaking = false;
  }

  /** It has answered a part: the next may come. */
  partTaken(): void {
    const next = this.#parts.shift();
    this.#isTaking = next !== undefined;
    if (next !== undefined) this.send({ kind: 'delta', ...next });
  }

  send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  markDrained(): void {
    this.#drained.resolve();
  }

  /** Its thread has ended. Says how long to wait before another one. */
  end(nowMs: number): number {
    this.#worker = undefined;
    this.generation = 0;
    this.isListening = false;
    this.#drained.resolve();
    if (nowMs - this.#beganMs > HEALTHY_MS) this.#delayMs = FIRST_DELAY_MS;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    return delayMs;
  }

  /** When its heartbeat was last seen to go on. */
  get beatMs(): number {
    return this.#beatMs;
  }

  /**
   * Looks in a row that found its heartbeat where it was. Time would not do: where the whole process has stood still,
   * frozen or stopped, nobody is to blame for it.
   */
  silentLooks(beat: number, nowMs: number): number {
    if (beat === this.#beat && this.#worker !== undefined) return ++this.#silentLooks;
    this.#beat = beat;
    this.#beatMs = nowMs;
    this.#silentLooks = 0;
    return 0;
  }

  async terminate(): Promise<void> {
    await this.#worker?.terminate();
  }
}
