// The chunked transfer coding, read strictly (RFC 9112 section 7.1, rows C1 to C6): named states, one short method each.
import { type HeadLimits, HeadReader } from './head-reader.ts';
import { isHexCode } from './tokens.ts';

type State =
  | 'size'
  | 'extension'
  | 'size-line-feed'
  | 'data'
  | 'data-carriage-return'
  | 'data-line-feed'
  | 'trailers'
  | 'done'
  | 'malformed';

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
const MAX_SIZE_DIGITS = 16;
const MAX_SIZE = 2 ** 52;
const MAX_EXTENSION_BYTES = 256;
const MAX_EXTENSION_BYTES_PER_BODY = 4096;
const TRAILER_LIMITS: HeadLimits = { firstLineBytes: 0, fieldLineBytes: 8190, headBytes: 8190, fields: 32 };
const EXTENSIONS =
  /^(;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(=([!#$%&'*+\-.^_`|~0-9A-Za-z]+|"([\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;

export class ChunkedDecoder {
  state: State = 'size';
  /** Content found by the last push: [dataStart, dataEnd) of that chunk; empty where they are equal. */
  dataStart = 0;
  dataEnd = 0;
  #size = 0;
  #digits = 0;
  #extension = '';
  #extensionBytes = 0;
  #trailers: HeadReader | undefined;

  /** Reads up to the end of the first piece of content, or of the bytes; returns where it stopped. */
  push(chunk: Buffer, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    for (let at = start; at < end; at++) {
      if (this.state === 'data') return this.#data(at, end);
      if (this.state === 'trailers') return this.#readTrailers(chunk, at, end);
      this.#byte(chunk[at] ?? 0);
      if (this.state === 'done' || this.state === 'malformed') return at + 1;
    }
    return end;
  }

  #byte(code: number): void {
    switch (this.state) {
      case 'size':
        this.#sizeByte(code);
        return;
      case 'extension':
        this.#extensionByte(code);
        return;
      case 'size-line-feed':
        this.#endOfSizeLine(code);
        return;
      case 'data-carriage-return':
        this.state = code === CR ? 'data-line-feed' : 'malformed';
        return;
      case 'data-line-feed':
        this.state = code === LF ? 'size' : 'malformed';
        return;
      default:
        this.state = 'malformed';
    }
  }

  #data(at: number, end: number): number {
    const stop = Math.min(end, at + this.#size);
    this.dataStart = at;
    this.dataEnd = stop;
    this.#size -= stop - at;
    if (this.#size === 0) this.state = 'data-carriage-return';
    return stop;
  }

  #sizeByte(code: number): void {
    if (isHexCode(code)) {
      this.#digits++;
      const tooLong = this.#digits > MAX_SIZE_DIGITS || this.#size >= MAX_SIZE / 16;
      if (tooLong) this.state = 'malformed';
      else this.#size = this.#size * 16 + Number.parseInt(String.fromCharCode(code), 16);
      return;
    }
    if (this.#digits === 0) this.state = 'malformed';
    else if (code === CR) this.state = 'size-line-feed';
    else if (code === SEMICOLON) {
      this.state = 'extension';
      this.#extension = ';';
    } else this.state = 'malformed';
  }

  #extensionByte(code: number): void {
    if (code === CR) {
      this.state = EXTENSIONS.test(this.#extension) ? 'size-line-feed' : 'malformed';
      return;
    }
    this.#extension += String.fromCharCode(code);
    this.#extensionBytes++;
    const tooLong =
      this.#extension.length > MAX_EXTENSION_BYTES || this.#extensionBytes > MAX_EXTENSION_BYTES_PER_BODY;
    if (code === LF || tooLong) this.state = 'malformed';
  }

  #endOfSizeLine(code: number): void {
    this.#digits = 0;
    this.#extension = '';
    if (code !== LF) this.state = 'malformed';
    else this.state = this.#size === 0 ? 'trailers' : 'data';
  }

  /** Trailers are judged like fields and then dropped (row C6). */
  #readTrailers(chunk: Buffer, at: number, end: number): number {
    this.#trailers ??= new HeadReader(TRAILER_LIMITS, 'fields');
    const state = this.#trailers.push(chunk, at, end);
    if (state === 'incomplete') return end;
    this.state = state === 'complete' ? 'done' : 'malformed';
    return state === 'complete' ? this.#trailers.position : end;
  }
}
