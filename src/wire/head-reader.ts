// Reads a message head byte for byte up to its empty line, however it is cut: line ends, names, values and sizes are
// judged in the order of the bytes, so that a cut never changes the verdict (rows L1 to L3, F1 to F4 and Q1).
import { isTokenCode, isValueCode } from './tokens.ts';

export type HeadLimits = {
  readonly firstLineBytes: number;
  readonly fieldLineBytes: number;
  readonly headBytes: number;
  readonly fields: number;
};

/** `request`: one CRLF before it is passed over (RFC 9112 section 2.2). `fields` has no first line: a trailer section. */
export type HeadKind = 'request' | 'response' | 'fields';

export type HeadFault = 'malformed' | 'first-line-too-long' | 'head-too-large';

/** `incomplete` wants more bytes; `complete` lets `text` and its marks be read until the next push. */
export type HeadState = 'incomplete' | 'complete' | HeadFault;

/** Where the next byte belongs. */
type Place =
  | 'start'
  | 'start-line-feed'
  | 'first-line'
  | 'line-start'
  | 'name'
  | 'value'
  | 'line-feed'
  | 'last-line-feed'
  | 'end';

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;

export class HeadReader {
  /** The head as latin1, its empty line included. */
  text = '';
  /** Field lines so far. What stands in the two tables behind their marks is of earlier heads. */
  fieldCount = 0;
  /** Positions of the line feeds in `text`: of the first line (-1 where there is none), of each field, of the empty line. */
  readonly lineEnds: number[] = [];
  /** Position of the colon of each field line in `text`. */
  readonly colons: number[] = [];
  /** Where the bytes after the head start in the chunk last pushed. */
  position = 0;
  readonly #kind: HeadKind;
  readonly #limits: HeadLimits;
  #place: Place = 'start';
  #lineCount = 0;
  #skippedEmptyLine = false;
  /** What a position in the chunk is ahead of the same position in `text`. */
  #shift = 0;
  /** Position in `text` where the line begins. */
  #lineBegin = 0;

  constructor(limits: HeadLimits, kind: HeadKind) {
    this.#limits = limits;
    this.#kind = kind;
    this.reset();
  }

  /** True between two messages: nothing of a head has come yet. */
  get isEmpty(): boolean {
    return this.#place === 'start';
  }

  /** Forgets the last head; the next byte starts a new one. */
  reset(): void {
    this.text = '';
    this.fieldCount = 0;
    this.#lineCount = 0;
    this.#skippedEmptyLine = this.#kind !== 'request';
    this.#place = this.#kind === 'fields' ? 'line-start' : 'start';
    if (this.#kind === 'fields') this.#endLine(-1);
  }

  /** Takes bytes [start, end) of a chunk, which may be reused by the caller afterwards. */
  push(chunk: Buffer, start: number, end: number): HeadState {
    this.#shift = start - this.text.length;
    let at = start;
    while (at < end) {
      // One byte over the limit is enough to know: no more is looked at.
      const stop = Math.min(end, this.#limits.headBytes + this.#shift);
      const next = at < stop ? this.#step(chunk, at, stop) : 'head-too-large';
      if (typeof next === 'string') return next;
      at = next;
      if (this.#place === 'end') return this.#complete(chunk, start, at);
    }
    this.#take(chunk, start, end);
    return 'incomplete';
  }

  #complete(chunk: Buffer, start: number, at: number): HeadState {
    this.#take(chunk, start, at);
    this.position = at;
    return 'complete';
  }

  /** An empty line before the head lies before the beginning of `text`. */
  #take(chunk: Buffer, start: number, end: number): void {
    const from = Math.max(start, this.#shift);
    if (this.#place !== 'start' && this.#place !== 'start-line-feed')
      this.text += chunk.toString('latin1', from, end);
  }

  /**
   * Takes some bytes, at least one and at most a line; says where the next one is. Each part of a line hands on to the
   * next while there are bytes: of the places only those where bytes end are ever returned to.
   */
  #step(chunk: Buffer, at: number, end: number): number | HeadFault {
    switch (this.#place) {
      case 'line-start':
        return this.#lineStart(chunk, at, end);
      case 'name':
        return this.#name(chunk, at, end);
      case 'value':
        return this.#value(chunk, at, end);
      case 'start':
        return this.#start(chunk[at] ?? 0, at);
      case 'start-line-feed':
        return this.#startLineFeed(chunk[at] ?? 0, at);
      case 'first-line':
        return this.#firstLine(chunk, at, end);
      default:
        return this.#lineFeed(chunk, at);
    }
  }

  /** A first line starts with a visible character: what else comes (a TLS hello, say) need not be waited for. */
  #start(code: number, at: number): number | HeadFault {
    if (code === CR && !this.#skippedEmptyLine) {
      this.#place = 'start-line-feed';
      return at + 1;
    }
    if (code <= 0x20 || code >= 0x7f) return 'malformed';
    this.#shift = at;
    this.#place = 'first-line';
    return at;
  }

  #startLineFeed(code: number, at: number): number | HeadFault {
    if (code !== LF) return 'malformed';
    this.#skippedEmptyLine = true;
    this.#place = 'start';
    return at + 1;
  }

  #firstLine(chunk: Buffer, start: number, end: number): number | HeadFault {
    let at = start;
    while (at < end && chunk[at] !== CR && chunk[at] !== LF) at++;
    if (at - this.#shift > this.#limits.firstLineBytes) return 'first-line-too-long';
    return at < end ? this.#lineEnd(chunk, at, end, 'line-feed') : at;
  }

  #lineStart(chunk: Buffer, at: number, end: number): number | HeadFault {
    if (chunk[at] === CR) return this.#lineEnd(chunk, at, end, 'last-line-feed');
    if (this.fieldCount >= this.#limits.fields) return 'head-too-large';
    this.#lineBegin = at - this.#shift;
    this.#place = 'name';
    return this.#name(chunk, at, end);
  }

  #name(chunk: Buffer, start: number, end: number): number | HeadFault {
    let at = start;
    while (at < end && isTokenCode(chunk[at] ?? 0)) at++;
    if (this.#isLineTooLong(at)) return 'head-too-large';
    if (at === end) return at;
    const colon = at - this.#shift;
    if (chunk[at] !== COLON || colon === this.#lineBegin) return 'malformed';
    this.colons[this.fieldCount++] = colon;
    this.#place = 'value';
    return this.#value(chunk, at + 1, end);
  }

  #value(chunk: Buffer, start: number, end: number): number | HeadFault {
    let at = start;
    while (at < end && isValueCode(chunk[at] ?? 0)) at++;
    if (this.#isLineTooLong(at)) return 'head-too-large';
    return at < end ? this.#lineEnd(chunk, at, end, 'line-feed') : at;
  }

  #lineEnd(chunk: Buffer, at: number, end: number, next: 'line-feed' | 'last-line-feed'): number | HeadFault {
    if (chunk[at] !== CR) return 'malformed';
    this.#place = next;
    return at + 1 < end ? this.#lineFeed(chunk, at + 1) : at + 1;
  }

  #lineFeed(chunk: Buffer, at: number): number | HeadFault {
    if (chunk[at] !== LF) return 'malformed';
    this.#endLine(at - this.#shift);
    this.#place = this.#place === 'last-line-feed' ? 'end' : 'line-start';
    return at + 1;
  }

  #endLine(lineFeed: number): void {
    this.lineEnds[this.#lineCount++] = lineFeed;
  }

  /** The line's own CRLF does not count. */
  #isLineTooLong(at: number): boolean {
    return at - this.#shift - this.#lineBegin > this.#limits.fieldLineBytes;
  }
}
