// The tour on a screen or in a file: chapters, a mark and a name for each step, below it what happened, a summary as last
// line.
import { styleText } from 'node:util';
import type { StepPrinter } from './runner.ts';

export type PrinterOutput = {
  readonly write: (text: string) => void;
  /** Columns of a terminal, where a line may be overwritten to show how far a step has come; else undefined. */
  readonly terminalWidth: number | undefined;
  readonly hasColours: boolean;
};

type Style = 'green' | 'red' | 'bold' | 'dim';

const CLEAR_LINE = '\r\u001B[K';
const INDENT = ' '.repeat(12);

export function createPrinter({ write, terminalWidth, hasColours }: PrinterOutput): StepPrinter {
  const styled = (style: Style, text: string): string =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const show = (text: string): void => {
    // A line that wraps could not be cleared.
    if (terminalWidth !== undefined) write(CLEAR_LINE + styled('dim', text.slice(0, terminalWidth - 1)));
  };
  let title = '';
  let notes: string[] = [];
  return {
    chapter: (heading, about) => write(`\n${styled('bold', heading)}\n${styled('dim', about)}\n\n`),
    begin(number, name) {
      title = `${String(number).padStart(3)}  ${name}`;
      notes = [];
      show(`  ...  ${title}`);
    },
    note: (text) => void notes.push(text),
    progress: (text) => show(`  ...  ${title.slice(0, 3)}  ${text}`),
    end(result) {
      const isKept = result.kind === 'kept';
      const mark = isKept ? styled('green', '  ok   ') : styled('red', '  NOT  ');
      const why = isKept ? [] : [styled('red', `not as promised: ${result.why}`)];
      const lines = [...notes.map((text) => styled('dim', text)), ...why].map((text) => INDENT + text);
      write(`${terminalWidth === undefined ? '' : CLEAR_LINE}${mark}${styled('bold', title)}\n`);
      if (lines.length > 0) write(`${lines.join('\n')}\n`);
    },
    summary({ steps, broken }) {
      for (const name of broken) write(styled('red', `Not as promised: ${name}\n`));
      write(`${steps} steps, ${steps - broken.length} as promised, ${broken.length} not\n`);
    },
  };
}
