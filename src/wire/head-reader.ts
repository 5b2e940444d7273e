// Collects the bytes of a message head up to its empty line, however they are cut.
// Only line ends and sizes are judged here, in the order of the bytes, so that a cut never changes the verdict.

export type HeadLimits = {
  readonly firstLineBytes: number;
  readonly fieldLineBytes: number;
  readonly headBytes: number;
  readonly fields: number;
};

export type HeadFault = 'malformed' | 'first-line-too-long' | 'head-too-large';

/** `incomplete` wants more bytes; `complete` lets `text` and `lineEnds` be read until the next push. */
export type HeadState = 'incomplete' | 'complete' | HeadFault;

const CR = 0x0d;
const LF = 0x0a;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

export class HeadReader {
  /** The head as latin1, its empty line included. */
  text = '';
  /** Positions of the line feeds in `text`; the last one ends the empty line. */
  readonly lineEnds: number[] = [];
  /** Where the bytes after the head start in the chunk last pushed. */
  position = 0;
  readonly #limits: HeadLimits;
  #scanned = 0;
  #skippedEmptyLine: boolean;
  readonly #mayStartEmpty: boolean;

  /** @param mayStartEmpty one CRLF before the first line is passed over (RFC 9112 section 2.2, requests only) */
  constructor(limits: HeadLimits, mayStartEmpty: boolean) {
    this.#limits = limits;
    this.#mayStartEmpty = mayStartEmpty;
    this.#skippedEmptyLine = !mayStartEmpty;
  }

  /** True between two messages: nothing of a head has come yet. */
  get isEmpty(): boolean {
    return this.text === '';
  }

  /** Forgets the last head; the next byte starts a new one. */
  reset(): void {
    this.text = '';
    this.lineEnds.length = 0;
    this.#scanned = 0;
    this.#skippedEmptyLine = !this.#mayStartEmpty;
  }

  /** Takes bytes [start, end) of a chunk, which may be reused by the caller afterwards. */
  push(chunk: Buffer, start: number, end: number): HeadState {
    const before = this.text.length;
    const found = before === 0 ? chunk.indexOf(END_OF_HEAD, start) : -1;
    // A shared read buffer holds old bytes behind `end`: a hit there is none.
    // Else no more than one byte over the limit is taken, besides an empty line that does not count.
    const stop =
      found !== -1 && found + 4 <= end
        ? found + 4
        : Math.min(end, start + this.#limits.headBytes + 3 - before);
    this.text =
      before === 0
        ? chunk.toString('latin1', start, stop)
        : this.text + chunk.toString('latin1', start, stop);
    const state = this.#scan();
    this.position = stop - (this.text.length - this.#scanned);
    if (state === 'complete') this.text = this.text.slice(0, this.#scanned);
    return state;
  }

  /** What came first in the bytes is what is said of them, so that it does not matter how they were cut. */
  #scan(): HeadState {
    this.#passOverEmptyLine();
    const { text } = this;
    for (;;) {
      const lineStart = this.#scanned;
      const lineFeed = text.indexOf('\n', lineStart);
      const bad = badLineEnd(text, text.indexOf('\r', lineStart), lineFeed);
      const fault = this.#judgeLine(lineStart, bad ?? (lineFeed === -1 ? text.length : lineFeed + 1));
      if (fault !== undefined) return fault;
      if (bad !== undefined) return 'malformed';
      if (lineFeed === -1) return 'incomplete';
      this.lineEnds.push(lineFeed);
      this.#scanned = lineFeed + 1;
      if (lineFeed === lineStart + 1) return lineStart === 0 ? 'malformed' : 'complete';
    }
  }

  #passOverEmptyLine(): void {
    if (this.#skippedEmptyLine || !this.text.startsWith('\r\n')) return;
    this.text = this.text.slice(2);
    this.#skippedEmptyLine = true;
  }

  #judgeLine(start: number, end: number): HeadFault | undefined {
    const limits = this.#limits;
    const isFirst = start === 0;
    const length = end - start;
    if (isFirst && length > 0 && !canStart(this.text.charCodeAt(0), this.#skippedEmptyLine))
      return 'malformed';
    // The line's own CRLF does not count.
    if (isFirst && length > limits.firstLineBytes + 2) return 'first-line-too-long';
    if (!isFirst && length > limits.fieldLineBytes + 2) return 'head-too-large';
    if (end > limits.headBytes || this.lineEnds.length > limits.fields + 1) return 'head-too-large';
    return undefined;
  }
}

/** A first line starts with a visible character: what else comes (a TLS hello, say) need not be waited for. */
function canStart(code: number, skippedEmptyLine: boolean): boolean {
  return (code > 0x20 && code < 0x7f) || (code === CR && !skippedEmptyLine);
}

/** Position of the first byte that breaks a line end: a LF without its CR, or what follows a CR and is no LF. */
function badLineEnd(text: string, carriageReturn: number, lineFeed: number): number | undefined {
  if (carriageReturn === -1 || (lineFeed !== -1 && lineFeed < carriageReturn))
    return lineFeed === -1 ? undefined : lineFeed;
  const next = carriageReturn + 1;
  return next < text.length && text.charCodeAt(next) !== LF ? next : undefined;
}
