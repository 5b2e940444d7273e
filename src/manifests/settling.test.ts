// When a file is believed: two looks in a row that agree.
import { describe, expect, test } from 'vitest';
import { restlessLooks, Settling } from './settling.ts';
import type { Sighting } from './settling.ts';

const problem: Sighting = {
  kind: 'problem',
  problem: { message: 'It cannot be read', remedy: 'Grant access' },
};

function text(content: string, signature?: string): Sighting {
  return { kind: 'text', text: content, signature };
}

/** Looks at one file `a`; undefined is a look that does not find it. Gives what settled at each look. */
function settleOne(sightings: readonly (Sighting | undefined)[]): readonly unknown[] {
  const settling = new Settling();
  return sightings.map((sighting) => {
    const seen = new Map(sighting === undefined ? [] : [['a', sighting] as const]);
    const { changes, pendingCount } = settling.look(seen, () => false);
    const change = changes.map(({ now }) => (now.kind === 'text' ? now.text : now.kind))[0];
    return change ?? (pendingCount > 0 ? 'pending' : '-');
  });
}

const x = text('x');
const y = text('y');
const cases: Readonly<Record<string, readonly [(Sighting | undefined)[], readonly string[]]>> = {
  'a new file': [
    [x, x, x],
    ['pending', 'x', '-'],
  ],
  'a file half saved at the first look': [
    [x, y, y],
    ['pending', 'pending', 'y'],
  ],
  'a change': [
    [x, x, y, y],
    ['pending', 'x', 'pending', 'y'],
  ],
  'a change that is taken back': [
    [x, x, y, x, x],
    ['pending', 'x', 'pending', '-', '-'],
  ],
  'a rewrite of the same text': [
    [x, x, text('x', 's'), { kind: 'unchanged' }],
    ['pending', 'x', '-', '-'],
  ],
  'a deletion': [
    [x, x, undefined, undefined, undefined],
    ['pending', 'x', 'pending', 'gone', '-'],
  ],
  'a save by rename': [
    [x, x, undefined, y, y],
    ['pending', 'x', 'pending', 'pending', 'y'],
  ],
  'a rename that brings the same back': [
    [x, x, undefined, x],
    ['pending', 'x', 'pending', '-'],
  ],
  'a file that passes by': [
    [x, undefined],
    ['pending', '-'],
  ],
  'a problem': [
    [x, x, problem, problem, x, x],
    ['pending', 'x', 'pending', 'problem', 'pending', 'x'],
  ],
};

describe('settling', () => {
  test.each(Object.entries(cases))('%s', (_, [sightings, results]) => {
    expect(settleOne(sightings)).toEqual(results);
  });

  test('files settle independently of each other', () => {
    const settling = new Settling();
    settling.look(new Map([['a', x], ['b', x]]), () => false); // biome-ignore format: one look a line
    const result = settling.look(new Map([['a', x], ['b', y]]), () => false); // biome-ignore format: one look a line
    expect(result.changes.map(({ path }) => path)).toEqual(['a']);
    expect(result.pendingCount).toBe(1);
  });

  test('a file that the look could not tell of is not gone', () => {
    const settling = new Settling();
    for (let look = 0; look < 2; look += 1) settling.look(new Map([['a', x]]), () => false);
    for (let look = 0; look < 3; look += 1) {
      expect(settling.look(new Map(), (path) => path === 'a').pendingCount).toBe(0);
    }
    expect(settling.has('a')).toBe(true);
  });

  test('a file that never rests is named after a while, and no longer once it rests', () => {
    const settling = new Settling();
    const look = (content: string) => settling.look(new Map([['a', text(content)]]), () => false).restless;
    const results = Array.from({ length: restlessLooks }, (_, index) => look(String(index)));
    expect(results.map((restless) => restless.length)).toEqual([...Array(restlessLooks - 1).fill(0), 1]);
    expect(look(String(restlessLooks - 1))).toEqual([]);
  });
});

describe('a signature spares the reading', () => {
  test('only of the settled text, and of one that has a signature', () => {
    const settling = new Settling();
    const isKnown = (signature?: string) => settling.isKnown('a', signature);
    expect(isKnown('s')).toBe(false);
    settling.look(new Map([['a', text('x', 's')]]), () => false);
    expect(isKnown('s')).toBe(false);
    settling.look(new Map([['a', text('x', 's')]]), () => false);
    expect(isKnown('s')).toBe(true);
    expect(isKnown('t')).toBe(false);
    settling.look(new Map([['a', text('x', undefined)]]), () => false);
    expect(isKnown(undefined)).toBe(false);
    settling.look(new Map([['a', text('x', 's')]]), () => false);
    settling.look(new Map([['a', text('y', 't')]]), () => false);
    expect(isKnown('s')).toBe(false);
    expect(settling.size).toBe(1);
  });
});
