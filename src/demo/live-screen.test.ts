// What the demo shows meanwhile: to a file, to a terminal, with colours, and in a flood.
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { LiveScreen } from './live-screen.ts';

function screenOf(output: { readonly terminalWidth: number | undefined; readonly hasColours: boolean }) {
  let text = '';
  let nowMs = 5_000;
  const write = (more: string): void => {
    text += more;
  };
  const screen = new LiveScreen({ ...output, write }, () => nowMs);
  const configure = (generation: number) => screen.log({ msg: 'configuration served', generation });
  return {
    screen,
    configure,
    shown: () => text,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('a file gets plain lines and no progress', () => {
  const { screen, configure, shown } = screenOf({ terminalWidth: undefined, hasColours: false });
  configure(1);
  screen.progress('half');
  screen.note('done');
  screen.log({ msg: 'of no interest' });
  expect(shown()).toBe('         configuration 1 is in force\n> done\n');
});

test('a terminal sees progress in a line that is overwritten', () => {
  const { screen, shown } = screenOf({ terminalWidth: 8, hasColours: false });
  screen.progress('half of it');
  screen.note('done');
  expect(shown()).toBe('\r\u001B[K> half \r\u001B[K> done\n');
});

test('colours are only colours', () => {
  const [plain, coloured] = [false, true].map((hasColours) => {
    const { screen, configure, shown } = screenOf({ terminalWidth: undefined, hasColours });
    configure(1);
    screen.note('done');
    return shown();
  });
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(String(coloured))).toBe(plain);
});

test('a line that would wrap is cut', () => {
  const { configure, shown } = screenOf({ terminalWidth: 20, hasColours: false });
  configure(1);
  expect(shown()).toBe('\r\u001B[K         configurati\n');
});

test('a flood does not fill the screen, and is counted', () => {
  const { configure, shown, pass } = screenOf({ terminalWidth: undefined, hasColours: false });
  for (let at = 1; at <= 1_000; at++) configure(at);
  expect(shown().split('\n')).toHaveLength(21);
  pass(1_000);
  configure(1_001);
  expect(shown().split('\n').slice(20)).toEqual([
    '         and 980 more, which the log has',
    '         configuration 1001 is in force',
    '',
  ]);
});
