// What is remembered of told notes, and how much of it.
import { expect, test } from 'vitest';
import { note } from '../../test/support/kube/event-scene.ts';
import { EventMemory } from './event-memory.ts';
import { type EventNote, identityOf } from './event-note.ts';

function notes(from: number, count: number) {
  return Array.from({ length: count }, (_, at) => note(`n${from + at}`));
}

/** Long enough for them to count. */
function see(memory: EventMemory, seen: readonly EventNote[]): void {
  memory.see(seen);
  memory.see(seen);
}

function tellAll(memory: EventMemory): void {
  for (const [identity] of memory.untold(0)) memory.tell(identity, { name: identity, count: 1 }, 0);
}

test('five thousand notes are looked at, no more', () => {
  const memory = new EventMemory();
  see(memory, notes(0, 5_001));
  expect(memory.untold(0).length).toBe(5_000);
});

test('ten thousand told ones are remembered, the last ones', () => {
  const memory = new EventMemory();
  for (const from of [0, 5_000, 10_000]) {
    see(memory, notes(from, 5_000));
    tellAll(memory);
  }
  const isKnown = (at: number) => memory.lastOf(identityOf(note(`n${at}`))) !== undefined;
  expect([isKnown(0), isKnown(4_999), isKnown(5_000), isKnown(14_999)]).toEqual([false, false, true, true]);
});

test('a note that was told during its end counts as over', () => {
  const memory = new EventMemory();
  memory.see([note('web')]);
  const identity = identityOf(note('web'));
  memory.see([]);
  memory.tell(identity, { name: 'e', count: 1 }, 0);
  see(memory, [note('web')]);
  expect(memory.untold(0).map(([key]) => key)).toEqual([identity]);
});

test('a note counts once it was there twice in a row', () => {
  const memory = new EventMemory();
  const looks = [[], [note('web')], [], [note('web')], [note('web')]].map((seen) => {
    const hasNew = memory.see(seen);
    return [hasNew, memory.untold(0).length];
  });
  expect(looks).toEqual([
    [false, 0],
    [true, 0],
    [false, 0],
    [true, 0],
    [false, 1],
  ]);
});
