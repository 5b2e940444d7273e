// What is going on, on a terminal only: a pipe or a file gets nothing of it.
import type { WriteStream } from 'node:tty';

const CLEAR_LINE = '\r\u001b[K';

export class Progress {
  readonly #stream: WriteStream;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`${CLEAR_LINE}${text}`);
  }

  clear(): void {
    this.show('');
  }
}
