// What the tour prints to a file, to a terminal, and with colours.
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createPrinter } from './printer.ts';

function print(output: { readonly terminalWidth: number | undefined; readonly hasColours: boolean }): string {
  let text = '';
  const printer = createPrinter({
    ...output,
    write: (more) => {
      text += more;
    },
  });
  printer.chapter('Weather', 'As it is.');
  printer.begin(1, 'First');
  printer.note('GET /');
  printer.note('  200');
  printer.progress('half');
  printer.end({ kind: 'kept' });
  printer.begin(2, 'Second');
  printer.end({ kind: 'broken', why: 'it rains' });
  printer.summary({ steps: 2, broken: ['Second'] });
  return text;
}

const PLAIN = `
Weather
As it is.

  ok     1  First
            GET /
              200
  NOT    2  Second
            not as promised: it rains
Not as promised: Second
2 steps, 1 as promised, 1 not
`;

test('a file gets plain lines and no progress', () => {
  expect(print({ terminalWidth: undefined, hasColours: false })).toBe(PLAIN);
});

test('a terminal sees progress in a line that is overwritten', () => {
  const text = print({ terminalWidth: 15, hasColours: false });
  expect(text).toContain('  ...    1  ha\r');
  const left = text.split('\n').map((line) => line.split('\r\u001B[K').at(-1));
  expect(left.join('\n')).toBe(PLAIN);
});

test('colours change nothing but colours', () => {
  const text = print({ terminalWidth: undefined, hasColours: true });
  expect(text).toContain('\u001B[32m');
  expect(stripVTControlCharacters(text)).toBe(PLAIN);
});
