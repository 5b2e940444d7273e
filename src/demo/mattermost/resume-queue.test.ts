// What a returning WebSocket gets back.
import { describe, expect, test } from 'vitest';
import { broadcastTo } from './events.ts';
import { maxSentEvents, maxWaitingEvents, ResumeQueue } from './resume-queue.ts';

const event = { event: 'posted', data: {}, broadcast: broadcastTo({}) };

function sequenceOf(frame: string): unknown {
  return JSON.parse(frame).seq;
}

function queueWith(sent: number): ResumeQueue {
  const queue = new ResumeQueue();
  for (let index = 0; index < sent; index += 1) queue.stamp(event);
  return queue;
}

describe('ResumeQueue', () => {
  test.each([
    // sent, next number of the client, replayed numbers or lost, number of the next event
    ['nothing missed', 3, 3, [], 3],
    ['the last missed', 3, 2, [2], 3],
    ['all but the hello missed', 4, 1, [1, 2, 3], 4],
    ['nothing was ever sent', 0, 5, [], 5],
    ['0 is not compared, as on a real server', 3, 0, [], 0],
    ['a number from the future', 3, 5, 'lost', 0],
    ['the oldest that is kept', 200, 200 - maxSentEvents, 'all', 200],
    ['one older than that', 200, 199 - maxSentEvents, 'lost', 0],
  ] as const)('%s', (...[, sent, sequence, expected, next]) => {
    const queue = queueWith(sent);
    const resumption = queue.resume(sequence);
    if (expected === 'lost') expect(resumption.kind).toBe('lost');
    else {
      const frames = resumption.kind === 'replay' ? resumption.frames.map(sequenceOf) : [];
      const all = Array.from({ length: maxSentEvents }, (_unused, index) => sent - maxSentEvents + index);
      expect(frames).toEqual(expected === 'all' ? all : expected);
    }
    expect(sequenceOf(queue.stamp(event))).toBe(next);
  });

  test('waiting events come out once, in order, up to the limit', () => {
    const queue = new ResumeQueue();
    for (let index = 0; index < maxWaitingEvents; index += 1) {
      expect(queue.hold({ ...event, data: { index } })).toBe(true);
    }
    expect(queue.hold(event)).toBe(false);
    const waiting = queue.takeWaiting();
    expect(waiting).toHaveLength(maxWaitingEvents);
    expect(waiting[1]?.data).toEqual({ index: 1 });
    expect(queue.takeWaiting()).toEqual([]);
  });
});
