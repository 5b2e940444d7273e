// Finds the end of a message body and hands on its content: rows B7, C1 to C7 and Q1, requests and responses alike.
// Chunked bodies come out decoded; the writer frames them anew.
import type { BodyFraming } from '../model/request.ts';
import { ChunkedDecoder } from './chunked.ts';

/** Takes content bytes [start, end) of a chunk that may be reused after the call. */
export type BodySink = { onBody(chunk: Buffer, start: number, end: number): void };

/**
 * `reading` wants bytes, `done` has seen the end. `malformed` and `too-large` are final: nothing
 * after them can be trusted to be a message.
 */
export type BodyState = 'reading' | 'done' | 'malformed' | 'too-large';

export class BodyDecoder {
  state: BodyState = 'done';
  /** Content bytes handed on so far. */
  bytes = 0;
  #kind: BodyFraming['kind'] = 'none';
  #remaining = 0;
  #maxBytes = 0;
  #chunked: ChunkedDecoder | undefined;

  /** Starts a new body. @param maxBytes content bytes allowed; Infinity for none */
  reset(framing: BodyFraming, maxBytes: number): void {
    this.bytes = 0;
    this.#kind = framing.kind;
    this.#maxBytes = maxBytes;
    this.#remaining = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY;
    this.#chunked = framing.kind === 'chunked' ? new ChunkedDecoder() : undefined;
    this.state = framing.kind === 'none' || this.#remaining === 0 ? 'done' : 'reading';
    if (framing.kind === 'length' && framing.bytes > maxBytes) this.state = 'too-large';
  }

  /** Changes the bound of the body that is being read. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Takes bytes [start, end) and returns where the next message starts; looks no further than its own end. */
  push(chunk: Buffer, start: number, end: number, sink: BodySink): number {
    if (this.state !== 'reading') return start;
    if (this.#chunked !== undefined) return this.#pushChunked(this.#chunked, { chunk, start, end }, sink);
    const stop = Math.min(end, start + this.#remaining);
    this.#remaining -= stop - start;
    this.#deliver({ chunk, start, end: stop }, sink);
    if (this.#remaining === 0 && this.state === 'reading') this.state = 'done';
    return stop;
  }

  /** The connection ended: true if the body was complete or is ended by just that. */
  end(): boolean {
    if (this.#kind === 'close' && this.state === 'reading') this.state = 'done';
    return this.state === 'done';
  }

  #pushChunked(chunked: ChunkedDecoder, range: Range, sink: BodySink): number {
    let at = range.start;
    while (at < range.end && this.state === 'reading') {
      at = chunked.push(range.chunk, at, range.end);
      if (chunked.dataEnd > chunked.dataStart) {
        this.#deliver({ chunk: range.chunk, start: chunked.dataStart, end: chunked.dataEnd }, sink);
      }
      if (this.state !== 'reading') break;
      if (chunked.state === 'done') this.state = 'done';
      else if (chunked.state === 'malformed') this.state = 'malformed';
    }
    return at;
  }

  #deliver(range: Range, sink: BodySink): void {
    const length = range.end - range.start;
    if (length === 0) return;
    if (this.bytes + length > this.#maxBytes) {
      this.state = 'too-large';
      return;
    }
    this.bytes += length;
    sink.onBody(range.chunk, range.start, range.end);
  }
}

type Range = { readonly chunk: Buffer; readonly start: number; readonly end: number };
