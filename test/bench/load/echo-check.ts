// Whether what came back is what was sent, byte by byte, in whatever pieces it comes.

export class EchoCheck {
  readonly #expected: Buffer;
  #at = 0;

  constructor(expected: Buffer) {
    this.#expected = expected;
  }

  /** `whole` once all of it has come; it then begins anew. */
  read(buffer: Buffer, length: number): 'more' | 'whole' | 'wrong' {
    const end = this.#at + length;
    if (end > this.#expected.length) return 'wrong';
    if (buffer.compare(this.#expected, this.#at, end, 0, length) !== 0) return 'wrong';
    this.#at = end;
    if (end < this.#expected.length) return 'more';
    this.#at = 0;
    return 'whole';
  }
}
