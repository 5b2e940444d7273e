// What the load takes for an answer: everything else ends the run.
import { describe, expect, test } from 'vitest';
import { AnswerReader, type ReadOutcome } from './answer-reader.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nSet-Cookie: MMSTICKY=abc; Path=/\r\nContent-Length: 5\r\n\r\nhello';

/** The outcome of each piece. */
function read(reader: AnswerReader, ...pieces: readonly string[]): readonly ReadOutcome[] {
  const buffer = Buffer.alloc(65_536);
  return pieces.map((piece) => reader.read(buffer, buffer.write(piece, 'latin1')));
}

describe('an answer', () => {
  test.each(Array.from({ length: ANSWER.length - 1 }, (_, at) => at + 1))('cut at byte %d is whole', (at) => {
    const reader = new AnswerReader(5);
    expect(read(reader, ANSWER.slice(0, at), ANSWER.slice(at))).toEqual(['more', 'answered']);
    expect(reader.cookie).toBe('MMSTICKY=abc');
    expect(read(reader, ANSWER)).toEqual(['answered']);
  });

  test('that closes the connection says so', () => {
    const reader = new AnswerReader(0);
    expect(read(reader, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')).toEqual([
      'answered',
    ]);
    expect(reader.endsConnection).toBe(true);
  });

  test.each([
    ['another status', ANSWER.replace('200 OK', '503 No'), 'answered HTTP/1.1 503'],
    ['another length', ANSWER.replace('5', '6'), 'answered HTTP/1.1 200'],
    ['no length', ANSWER.replace('Content-Length', 'X-Length'), 'answered HTTP/1.1 200'],
    ['a body that goes on', `${ANSWER}!`, 'More bytes'],
    ['a head without end', 'x'.repeat(9_000), 'A head without an end'],
  ])('with %s is none', (_, text, problem) => {
    expect(read(new AnswerReader(5), text)).toEqual([
      { problem: expect.stringContaining(problem) as string },
    ]);
  });
});
