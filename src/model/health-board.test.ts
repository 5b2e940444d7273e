// The health of endpoints in shared memory: what the main thread writes is what workers read.
import { describe, expect, test } from 'vitest';
import { HEALTH_STATES, HealthBoard, healthBoardBytes } from './health-board.ts';

const SLOTS = 4;
const makeBoard = () => new HealthBoard(new SharedArrayBuffer(healthBoardBytes(SLOTS)));

test('every slot is ready at first', () => {
  const board = makeBoard();
  const states = Array.from({ length: SLOTS }, (_, slot) => board.state(slot));
  expect(states).toEqual(['ready', 'ready', 'ready', 'ready']);
  expect(board.isAnyStartingSlowly()).toBe(false);
});

test.each(HEALTH_STATES)('%s is read as it was written, and by that slot alone', (state) => {
  const board = makeBoard();
  board.set(2, state, 0);
  expect(board.state(2)).toBe(state);
  expect(board.takesUsers(2)).toBe(state === 'ready' || state === 'slow-start');
  expect(board.isStartingSlowly(2)).toBe(state === 'slow-start');
  expect([0, 1, 3].map((slot) => board.state(slot))).toEqual(['ready', 'ready', 'ready']);
});

test('two views of the same memory agree', () => {
  const buffer = new SharedArrayBuffer(healthBoardBytes(SLOTS));
  const [writer, reader] = [new HealthBoard(buffer), new HealthBoard(buffer)];
  const before = reader.healthVersion();
  writer.set(3, 'ejected', 0);
  expect(reader.state(3)).toBe('ejected');
  expect(reader.healthVersion()).not.toBe(before);
});

test('the last slot has room', () => {
  const board = makeBoard();
  board.set(SLOTS - 1, 'slow-start', 5);
  expect(board.stateAgeMs(SLOTS - 1, 12)).toBe(7);
});

describe('slow starts are counted over', () => {
  test.each<[string, readonly (readonly [number, (typeof HEALTH_STATES)[number]])[], boolean]>([
    ['one that began', [[0, 'slow-start']], true],
    [
      'one that is over',
      [
        [0, 'slow-start'],
        [0, 'ready'],
      ],
      false,
    ],
    [
      'one written twice, then over',
      [
        [0, 'slow-start'],
        [0, 'slow-start'],
        [0, 'unhealthy'],
      ],
      false,
    ],
    [
      'two of which one is over',
      [
        [0, 'slow-start'],
        [1, 'slow-start'],
        [0, 'ready'],
      ],
      true,
    ],
  ])('%s', (_, writes, expected) => {
    const board = makeBoard();
    for (const [slot, state] of writes) board.set(slot, state, 0);
    expect(board.isAnyStartingSlowly()).toBe(expected);
  });
});

test.each([1, 20, 30, 60, 400])('an age of %i days is told as it is', (days) => {
  const board = makeBoard();
  const ageMs = days * 86_400_000;
  board.set(1, 'ready', 1_000);
  board.setDraining(1, 2_000);
  expect(board.stateAgeMs(1, 1_000 + ageMs)).toBe(ageMs);
  expect(board.drainingMs(1, 2_000 + ageMs)).toBe(ageMs);
});

describe('age over the wrap of 32 bits', () => {
  test.each([2 ** 31 - 10, 2 ** 31, 2 ** 32 - 10, 2 ** 32 + 5, 2 ** 40])('from %i', (startMs) => {
    const board = makeBoard();
    board.set(0, 'slow-start', startMs);
    expect(board.stateAgeMs(0, startMs + 25)).toBe(25);
  });
});
