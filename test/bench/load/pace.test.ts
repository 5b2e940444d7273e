// When questions are asked, on a fake clock.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Asker } from './asker.ts';
import { createPacer } from './pace.ts';

class RecordedAsker implements Asker {
  readonly dueMs: number[] = [];
  open(): void {}
  close(): void {}
  ask(dueMs: number): void {
    this.dueMs.push(dueMs);
  }
}

const OPEN = { kind: 'open', perSecond: 100, isExact: false } as const;

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

test('a closed pace asks whoever is ready', () => {
  const asker = new RecordedAsker();
  const pacer = createPacer({ kind: 'closed' }, () => {});
  pacer.onReady(asker);
  pacer.onReady(asker);
  expect(asker.dueMs).toEqual([0, 0]);
});

describe('an open pace', () => {
  test('asks in turn, at its rate', () => {
    const [first, second] = [new RecordedAsker(), new RecordedAsker()];
    const pacer = createPacer(OPEN, () => {});
    for (const asker of [first, second, first]) pacer.onReady(asker);
    vi.advanceTimersByTime(25);
    expect([first.dueMs, second.dueMs]).toEqual([[0, 20], [10]]);
    pacer.stop();
    pacer.onReady(second);
    vi.advanceTimersByTime(100);
    expect(second.dueMs).toEqual([10]);
  });

  test('counts the wait for a client that is busy', () => {
    const asker = new RecordedAsker();
    const pacer = createPacer(OPEN, () => {});
    vi.advanceTimersByTime(100);
    pacer.onReady(asker);
    vi.advanceTimersByTime(2);
    expect(asker.dueMs).toEqual([0]);
    pacer.stop();
  });

  test('does not ask who failed before it is ready again', () => {
    const asker = new RecordedAsker();
    const pacer = createPacer(OPEN, () => {});
    pacer.onReady(asker);
    pacer.onFailure(asker);
    vi.advanceTimersByTime(20);
    expect(asker.dueMs).toEqual([]);
    pacer.stop();
  });

  test('gives up when it is too far behind', () => {
    const onOverload = vi.fn<(error: Error) => void>();
    createPacer(OPEN, onOverload);
    vi.advanceTimersByTime(20_000);
    expect(onOverload).toHaveBeenCalledExactlyOnceWith(new Error('100 questions a second are too many'));
  });
});
