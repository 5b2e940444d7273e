// Lines on their way from a worker to the main thread: batched, in order, bounded.
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { LogBatch } from './log-batch.ts';
import type { LogBatchOptions, LogMessage } from './log-batch.ts';

const FOREVER_MS = 1_000_000;

function batching(options: Partial<LogBatchOptions> = {}) {
  const messages: LogMessage[] = [];
  const counts = { taken: 0, dropped: 0 };
  const batch = new LogBatch({
    send: (message) => messages.push(message),
    takenBytes: () => counts.taken,
    onDropped: (lines) => {
      counts.dropped += lines;
    },
    delayMs: FOREVER_MS,
    ...options,
  });
  onTestFinished(() => batch.close());
  const sent = (): readonly string[] => messages.map(({ lines }) => Buffer.from(lines).toString('utf8'));
  return { batch, counts, sent };
}

test('lines wait for company and go together, in order', () => {
  const { batch, sent } = batching();
  batch.write('one\n');
  batch.write('two\n');
  expect(sent()).toEqual([]);
  batch.flush();
  batch.flush();
  expect(sent()).toEqual(['one\ntwo\n']);
});

test('a line goes after the delay, and the next one after its own', async () => {
  const { batch, sent } = batching({ delayMs: 1 });
  batch.write('one\n');
  await eventually(() => expect(sent()).toEqual(['one\n']));
  batch.write('two\n');
  await eventually(() => expect(sent()).toEqual(['one\n', 'two\n']));
});

test('a full batch goes at once', () => {
  const { batch, sent } = batching({ batchBytes: 10 });
  for (const line of ['12345\n', '678\n', 'next\n']) batch.write(line);
  expect(sent()).toEqual(['12345\n678\n']);
});

test('close hands over the rest', () => {
  const { batch, sent } = batching();
  batch.write('last\n');
  batch.close();
  expect(sent()).toEqual(['last\n']);
});

test('what the main thread does not take is bounded, and what is over is counted', () => {
  const { batch, counts, sent } = batching({ batchBytes: 4, untakenBytes: 8 });
  for (const line of ['aaa\n', 'bbb\n', 'ccc\n', 'ddd\n']) batch.write(line);
  expect(sent()).toEqual(['aaa\n', 'bbb\n']);
  expect(counts.dropped).toBe(2);
  counts.taken = 4;
  for (const line of ['eee\n', 'fff\n']) batch.write(line);
  expect(sent()).toEqual(['aaa\n', 'bbb\n', 'eee\n']);
  expect(counts.dropped).toBe(3);
});

test('lines that still wait count too', () => {
  const { batch, counts, sent } = batching({ untakenBytes: 8 });
  for (const line of ['aaa\n', 'bbb\n', 'ccc\n']) batch.write(line);
  batch.flush();
  expect(sent()).toEqual(['aaa\nbbb\n']);
  expect(counts.dropped).toBe(1);
});

test('by default 4 MiB may be under way, in batches of 64 KiB', () => {
  const { batch, counts, sent } = batching();
  const line = `${'x'.repeat(1023)}\n`;
  for (let count = 0; count < 5000; count += 1) batch.write(line);
  expect(sent().map((lines) => lines.length)).toEqual(Array(64).fill(64 * 1024));
  expect(counts.dropped).toBe(5000 - 4096);
});

test('a line of any length and any characters goes whole', () => {
  const { batch, sent } = batching({ batchBytes: 16 });
  const lines = ['x\n', `${'\u20ac'.repeat(100)}\n`, 'y\n'];
  for (const line of lines) batch.write(line);
  batch.close();
  expect(sent().join('')).toBe(lines.join(''));
});

test('the count of bytes may wrap', () => {
  let taken = 2 ** 31 - 6;
  const { batch, sent } = batching({ batchBytes: 4, untakenBytes: 8, takenBytes: () => taken | 0 });
  for (const line of ['aaa\n', 'bbb\n', 'ccc\n']) batch.write(line);
  expect(sent()).toEqual(['aaa\n', 'bbb\n']);
  taken += 8;
  batch.write('ddd\n');
  expect(sent()).toEqual(['aaa\n', 'bbb\n', 'ddd\n']);
});
