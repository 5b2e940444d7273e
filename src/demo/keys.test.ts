// Keys on a terminal: each does one thing, one at a time, and the terminal is left as it was.
import { EventEmitter } from 'node:events';
import type { ReadStream } from 'node:tty';
import { afterEach, expect, test, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { keyLines, readKeys } from './keys.ts';
import type { Stagehand } from './stagehand.ts';

const before = process.listeners('exit');
afterEach(() => {
  for (const listener of process.listeners('exit')) {
    if (!before.includes(listener)) process.removeListener('exit', listener);
  }
});

function setUp() {
  const modes: boolean[] = [];
  const input = Object.assign(new EventEmitter(), {
    setRawMode: (isRaw: boolean) => void modes.push(isRaw),
    setEncoding: () => input,
  });
  const notes: string[] = [];
  const drained = Promise.withResolvers<void>();
  const hand = {
    drain: vi.fn(() => drained.promise),
    kill: vi.fn(() => Promise.reject(new Error('no node to kill'))),
    bringBack: vi.fn(() => Promise.resolve()),
    rotateSecret: vi.fn(() => Promise.resolve()),
  };
  const quit = vi.fn();
  const teller = { note: (text: string) => void notes.push(text), progress: () => undefined };
  readKeys(input as unknown as ReadStream, hand as unknown as Stagehand, teller, quit);
  return { press: (keys: string) => input.emit('data', keys), modes, notes, drained, hand, quit };
}

test.each([
  ['d', 'drain'],
  ['k', 'kill'],
  ['u', 'bringBack'],
  ['r', 'rotateSecret'],
] as const)('%s: %s', (key, act) => {
  const { press, hand } = setUp();
  press(`x${key}`);
  const called = Object.entries(hand).filter(([, { mock }]) => mock.calls.length > 0);
  expect(called.map(([name]) => name)).toEqual([act]);
});

test('? says which keys there are', () => {
  const { press, notes } = setUp();
  press('?');
  expect(notes).toEqual(keyLines());
});

test('one act at a time', async () => {
  const { press, hand, notes, drained } = setUp();
  press('du');
  expect(notes).toEqual([expect.stringContaining('still at work')]);
  drained.resolve();
  await eventually(() => {
    press('u');
    expect(hand.bringBack).toHaveBeenCalledOnce();
  });
});

test('what fails is told, and the next key works', async () => {
  const { press, hand, notes } = setUp();
  press('k');
  await eventually(() => expect(notes).toEqual(['no node to kill']));
  press('u');
  expect(hand.bringBack).toHaveBeenCalledOnce();
});

test.each(['q', '\u0003'])('%j quits, even while something is at work', (key) => {
  const { press, quit } = setUp();
  press(`d${key}`);
  expect(quit).toHaveBeenCalledOnce();
});

test('the terminal gets its own mode back at the end', () => {
  const { modes } = setUp();
  const added = process.listeners('exit').find((listener) => !before.includes(listener));
  expect(modes).toEqual([true]);
  added?.(0);
  expect(modes).toEqual([true, false]);
});
