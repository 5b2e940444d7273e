// Work that comes in a crowd: in turn, with room for everybody else, and no mistake hurts a neighbour.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Crowd, type Errand } from './crowd.ts';

const MANY = 1000;

class Note implements Errand {
  readonly #run: () => void;
  isAbandoned = false;

  constructor(run: () => void) {
    this.#run = run;
  }

  run(): void {
    this.#run();
  }

  abandon(): void {
    this.isAbandoned = true;
  }
}

const noBug = (error: unknown): never => {
  throw error;
};

async function turnsUntil(isDone: () => boolean): Promise<number> {
  let turns = 0;
  for (; !isDone() && turns <= MANY; turns++) await nextTurn();
  return turns;
}

describe('a crowd', () => {
  it('does nothing at once', async () => {
    const done: number[] = [];
    const crowd = new Crowd(noBug);
    crowd.add(new Note(() => done.push(1)));
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual([1]);
  });

  it('is worked off in the order it came, with turns for everybody else in between', async () => {
    const done: number[] = [];
    const crowd = new Crowd(noBug);
    const expected = Array.from({ length: MANY }, (_, index) => index);
    for (const index of expected) crowd.add(new Note(() => done.push(index)));
    const seen = new Set<number>();
    const turns = await turnsUntil(() => {
      seen.add(done.length);
      return done.length === MANY;
    });
    expect(done).toEqual(expected);
    expect(turns).toBeGreaterThan(10);
    expect(seen.size).toBeGreaterThan(10);
  });

  it('takes what comes while it is worked off, and afterwards', async () => {
    const done: string[] = [];
    const crowd = new Crowd(noBug);
    const second = new Note(() => done.push('second'));
    crowd.add(
      new Note(() => {
        done.push('first');
        crowd.add(second);
      }),
    );
    await turnsUntil(() => done.length === 2);
    crowd.add(new Note(() => done.push('third')));
    await turnsUntil(() => done.length === 3);
    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('goes on behind one that fails, which alone is given up', async () => {
    const mistake = new Error('a mistake of ours');
    const bugs: unknown[] = [];
    let isDone = false;
    const crowd = new Crowd((error) => bugs.push(error));
    const failing = new Note(() => {
      throw mistake;
    });
    const following = new Note(() => {
      isDone = true;
    });
    crowd.add(failing);
    crowd.add(following);
    await nextTurn();
    expect({ bugs, isDone, given: [failing.isAbandoned, following.isAbandoned] }).toEqual({
      bugs: [mistake],
      isDone: true,
      given: [true, false],
    });
  });
});
