// What `demo` shows while people try things: decisions as they are taken, and how the acts of the keys go.
import { styleText } from 'node:util';
import type { LogLine } from './journal.ts';
import { sentenceOf, type Tone } from './log-sentence.ts';
import type { PrinterOutput } from './printer.ts';
import type { Teller } from './tour/step.ts';

const STYLES = { good: 'green', refused: 'yellow', bad: 'red', quiet: 'dim' } as const satisfies Record<
  Tone,
  string
>;
const CLEAR_LINE = '\r\u001B[K';
/** Lines a second; nobody reads more, and a flood must not fill the screen. */
const MAX_LINES = 20;
const WINDOW_MS = 1_000;

export class LiveScreen implements Teller {
  readonly #output: PrinterOutput;
  readonly #now: () => number;
  #windowMs = 0;
  #shown = 0;
  #left = 0;

  /** @param now milliseconds */
  constructor(output: PrinterOutput, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  /** Shows a line of the log if it says something to people. */
  log(line: LogLine): void {
    const { terminalWidth = Infinity } = this.#output;
    const sentence = sentenceOf(line, terminalWidth);
    if (sentence === undefined) return;
    const nowMs = this.#now();
    if (nowMs - this.#windowMs >= WINDOW_MS) this.#beginWindow(nowMs);
    if (this.#shown >= MAX_LINES) return void this.#left++;
    this.#shown++;
    // A line that wraps is harder to read than one that is cut.
    this.#write(sentence.text.slice(0, terminalWidth), STYLES[sentence.tone]);
  }

  note(text: string): void {
    this.#write(`> ${text}`, 'bold');
  }

  progress(text: string): void {
    const { terminalWidth, write } = this.#output;
    // A line that wraps could not be cleared.
    if (terminalWidth !== undefined)
      write(`${CLEAR_LINE}> ${text} ...`.slice(0, terminalWidth + CLEAR_LINE.length - 1));
  }

  #beginWindow(nowMs: number): void {
    if (this.#left > 0) this.#write(`         and ${this.#left} more, which the log has`, 'dim');
    this.#windowMs = nowMs;
    this.#shown = 0;
    this.#left = 0;
  }

  #write(text: string, style: 'green' | 'yellow' | 'red' | 'dim' | 'bold'): void {
    const { terminalWidth, hasColours, write } = this.#output;
    const styled = hasColours ? styleText(style, text, { validateStream: false }) : text;
    write(`${terminalWidth === undefined ? '' : CLEAR_LINE}${styled}\n`);
  }
}
