// How many streams of a connection end before they were answered (row N8): who opens them only to reset them makes
// work and takes nothing.

const WINDOW_MS = 1_000;
const MAX_STREAMS = 500;

export class StreamResets {
  #windowStartMs = 0;
  #opened = 0;
  #spoiled = 0;

  opened(nowMs: number): void {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#opened = 0;
      this.#spoiled = 0;
    }
    this.#opened++;
  }

  /** A stream was reset unanswered, or began with nothing that could be answered in earnest. */
  spoiled(): void {
    this.#spoiled++;
  }

  /** More than half of more than 500 within a second. */
  get isAttack(): boolean {
    return this.#opened > MAX_STREAMS && this.#spoiled * 2 > this.#opened;
  }
}
