// Colours and progress: shown to people, never written into files and pipes.
import { describe, expect, test } from 'vitest';
import { createProgress, hasColours, painter } from './terminal.ts';

describe('colours', () => {
  test.each<[what: string, isTTY: boolean, environment: Record<string, string>, expected: boolean]>([
    ['a terminal', true, { TERM: 'xterm' }, true],
    ['a terminal that says nothing of itself', true, {}, true],
    ['a terminal that knows none', true, { TERM: 'dumb' }, false],
    ['a pipe', false, { TERM: 'xterm' }, false],
    ['nobody wants them', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['a pipe that shows them', false, { FORCE_COLOR: '1' }, true],
    ['forced off', true, { FORCE_COLOR: '0' }, false],
    ['both', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_, isTTY, environment, expected) => {
    expect(hasColours({ isTTY }, environment)).toBe(expected);
    const paint = painter({ isTTY }, environment);
    expect(paint('red', 'text')).toBe(expected ? '\u001B[31mtext\u001B[39m' : 'text');
  });
});

describe('progress', () => {
  function work(isTTY: boolean, steps: readonly (readonly [atMs: number, text: string])[]): string {
    let nowMs = 0;
    let written = '';
    const write = (text: string) => void (written += text);
    const progress = createProgress({ isTTY, columns: 12, write }, () => nowMs);
    for (const [atMs, text] of steps) {
      nowMs = atMs;
      progress.show(text);
    }
    progress.end();
    return written.replaceAll('\r\u001B[K', '|');
  }

  test('a terminal sees the newest text now and then, cut to one line, and nothing in the end', () => {
    const steps = [
      [100, 'too early'],
      [300, '1 of 3'],
      [310, '2 of 3'],
      [600, '3 of 3, and more'],
    ] as const;
    expect(work(true, steps)).toBe('|1 of 3|3 of 3, and|');
  });

  test('names of files in it do not steer the terminal', () => {
    expect(work(true, [[300, 'a\u001b[2J']])).toBe(String.raw`|a\x1b[2J|`);
  });

  test('short work says nothing', () => {
    expect(work(true, [[200, '1 of 1']])).toBe('');
  });

  test('neither does work in a pipe', () => {
    expect(work(false, [[900, '1 of 2']])).toBe('');
  });
});
