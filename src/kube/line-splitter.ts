// Bytes of a watch -> its lines. Splits before it decodes, so a character cut in two by the network comes out whole.
import { ApiFailure } from './api-failure.ts';

const LF = 0x0a;

export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of a line whose end has not come yet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The lines that end in this chunk, empty ones left out. Throws an ApiFailure where a line grows over its bound. */
  push(chunk: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      if (this.#heldBytes > 0) lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#heldBytes = 0;
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#maxLineBytes) {
      throw new ApiFailure('too-large', `A watch event is larger than ${this.#maxLineBytes} bytes`);
    }
    this.#parts.push(bytes);
  }
}
