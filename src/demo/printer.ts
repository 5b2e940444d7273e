// The tour on a screen or in a file: a mark and a name for each step, below it what happened, a summary as last line.
import { styleText } from 'node:util';
import type { StepPrinter } from './runner.ts';

export type PrinterOutput = {
  readonly write: (text: string) => void;
  /** Lines may be overwritten, which shows how far a step has come. */
  readonly isTerminal: boolean;
  readonly hasColours: boolean;
};

type Style = 'green' | 'red' | 'bold' | 'dim';

const CLEAR_LINE = '\r\u001B[K';
const INDENT = ' '.repeat(12);

export function createPrinter({ write, isTerminal, hasColours }: PrinterOutput): StepPrinter {
  const styled = (style: Style, text: string): string =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const show = (text: string): void => {
    if (isTerminal) write(`${CLEAR_LINE}${styled('dim', text)}`);
  };
  let title = '';
  let notes: string[] = [];
  return {
    begin(number, name) {
      title = `${String(number).padStart(3)}  ${name}`;
      notes = [];
      show(`  ...  ${title}`);
    },
    note: (text) => void notes.push(text),
    progress: (text) => show(`  ...  ${title}: ${text}`),
    end(result) {
      const isKept = result.kind === 'kept';
      const mark = isKept ? styled('green', '  ok   ') : styled('red', '  NOT  ');
      const why = isKept ? [] : [styled('red', `not as promised: ${result.why}`)];
      const lines = [...notes.map((text) => styled('dim', text)), ...why].map((text) => INDENT + text);
      write(`${isTerminal ? CLEAR_LINE : ''}${mark}${styled('bold', title)}\n`);
      if (lines.length > 0) write(`${lines.join('\n')}\n`);
    },
    summary({ steps, broken }) {
      for (const name of broken) write(styled('red', `Not as promised: ${name}\n`));
      write(`${steps} steps, ${steps - broken.length} as promised, ${broken.length} not\n`);
    },
  };
}
