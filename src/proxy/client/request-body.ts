// The body of the request that is being read: when its bytes are wanted, and whether they come fast enough (row Q3).
import type { ClientLimits } from '../../model/limits.ts';
import type { BodyFraming } from '../../model/request.ts';
import type { ClientFault } from '../../model/fault.ts';
import { BodyDecoder, type BodySink } from '../../wire/body-framing.ts';

const SLOW_AFTER_MS = 30_000;

export class RequestBody {
  /** Somebody takes the bytes now. */
  isWanted = false;
  readonly #decoder = new BodyDecoder();
  readonly #limits: Pick<ClientLimits, 'requestBodyMinBytesPerSecond'>;
  #sinceMs: number | undefined;
  /** Since when it is left waiting, which is no time of the client's. */
  #heldMs: number | undefined;

  constructor(limits: Pick<ClientLimits, 'requestBodyMinBytesPerSecond'>) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#decoder.bytes;
  }

  get isComplete(): boolean {
    return this.#decoder.state === 'done';
  }

  start(framing: BodyFraming): void {
    this.isWanted = false;
    this.#sinceMs = undefined;
    this.#heldMs = undefined;
    this.#decoder.reset(framing, Number.POSITIVE_INFINITY);
  }

  want(maxBytes: number, nowMs: number): void {
    this.isWanted = true;
    this.#sinceMs = (this.#sinceMs ?? nowMs) + nowMs - (this.#heldMs ?? nowMs);
    this.#heldMs = undefined;
    this.#decoder.limit(maxBytes);
  }

  hold(nowMs: number): void {
    this.isWanted = false;
    this.#heldMs ??= nowMs;
  }

  push(chunk: Buffer, start: number, end: number, sink: BodySink): number {
    return this.#decoder.push(chunk, start, end, sink);
  }

  /** What is wrong with what came so far. */
  fault(nowMs: number): ClientFault | undefined {
    if (this.#decoder.state === 'malformed') return 'body-malformed';
    if (this.#decoder.state === 'too-large') return 'request-body-too-large';
    return this.#decoder.state === 'reading' && this.#isSlow(nowMs) ? 'body-timeout' : undefined;
  }

  /** Bytes come, but so few that they are there to hold the connection. */
  #isSlow(nowMs: number): boolean {
    const elapsedMs = nowMs - (this.#sinceMs ?? nowMs);
    const bytesPerSecond = (this.bytes * 1000) / elapsedMs;
    return elapsedMs > SLOW_AFTER_MS && bytesPerSecond < this.#limits.requestBodyMinBytesPerSecond;
  }
}
