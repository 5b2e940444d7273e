// The log of the main thread: one queue for all lines, which no reader can block, and no secrets.
import { fork, spawnSync } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { allocateSharedMemory, SharedRow } from '../model/shared-state.ts';
import { createLogger, LogSink, takeWorkerLines } from './log.ts';

/** A stream whose reader takes a write only when it is told to. */
function slowStream() {
  const written: string[] = [];
  let release: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    write(lines: string, _encoding, callback) {
      written.push(lines);
      release = callback;
    },
  });
  return { stream, written, take: () => release?.() };
}

describe('the queue', () => {
  test('is bounded in bytes: whole writes are dropped and their lines counted', () => {
    const { stream, written } = slowStream();
    const sink = new LogSink(stream, 10);
    for (const lines of ['a\nb\n', 'c\nd\n', 'e\nf\ng\n', 'h\n']) sink.write(lines);
    expect(sink.droppedLines).toBe(3);
    expect(written).toEqual(['a\nb\n']);
    expect(stream.writableLength).toBe(10);
  });

  test('takes lines again when there is room, and one write of any size when it is empty', () => {
    const { stream, written, take } = slowStream();
    const sink = new LogSink(stream, 4);
    sink.write('longer than all\n');
    sink.write('x\n');
    expect(sink.droppedLines).toBe(1);
    take();
    sink.write('y\n');
    expect(written).toEqual(['longer than all\n', 'y\n']);
    expect(sink.droppedLines).toBe(1);
  });

  test('a reader that is gone is no error: everything is dropped and counted', async () => {
    const stream = new Writable({ write: (_lines, _encoding, callback) => callback(new Error('EPIPE')) });
    const sink = new LogSink(stream);
    sink.write('a\n');
    await new Promise((resolve) => {
      stream.once('close', resolve);
    });
    sink.write('b\nc\n');
    await sink.flush(1_000_000);
    expect(sink.droppedLines).toBe(2);
  });

  test('flush waits for what is queued', async () => {
    const { stream, take } = slowStream();
    const sink = new LogSink(stream);
    await sink.flush(1_000_000);
    sink.write('a\n');
    let isFlushed = false;
    const flushed = sink.flush(1_000_000).then(() => {
      isFlushed = true;
    });
    await setImmediate();
    expect(isFlushed).toBe(false);
    take();
    await setImmediate();
    take();
    await flushed;
    expect(stream.writableLength).toBe(0);
  });

  test('flush does not wait for ever', async () => {
    const { stream } = slowStream();
    const sink = new LogSink(stream);
    sink.write('a\n');
    await sink.flush(1);
    expect(stream.writableLength).toBe(2);
  });

  test('lines of a worker are taken even where they are dropped', () => {
    const row = new SharedRow(allocateSharedMemory({ workers: 1, slots: 0, cells: 0 }), 0);
    const { stream } = slowStream();
    const sink = new LogSink(stream, 4);
    for (const lines of ['a\nb\n', 'c\nd\n']) takeWorkerLines(sink, row, Buffer.from(lines));
    expect([row.signal('logTakenBytes'), sink.droppedLines]).toEqual([8, 2]);
  });
});

describe('lines of our own', () => {
  function logged(
    act: (logger: ReturnType<typeof createLogger>) => void,
    level: 'info' | 'warn' = 'info',
  ): string {
    const lines: string[] = [];
    act(createLogger({ write: (line) => lines.push(line) }, level));
    return lines.join('');
  }

  test('are JSON with level, time and message, and nothing about the host', () => {
    const line: unknown = JSON.parse(logged((logger) => logger.warn({ generation: 3 }, 'Published')));
    expect(line).toEqual({ level: 40, time: expect.any(Number), generation: 3, msg: 'Published' });
  });

  test('below the level are not written', () => {
    expect(logged((logger) => logger.info('quiet'), 'warn')).toBe('');
  });

  test.each<[string, Record<string, unknown>]>([
    ['a header', { authorization: 'SECRET' }],
    ['headers', { headers: { cookie: 'SECRET', 'set-cookie': ['SECRET'] } }],
    ['a request with headers', { request: { headers: { authorization: 'Bearer SECRET' } } }],
    ['an object with a secret', { object: { secret: 'SECRET', token: 'SECRET', password: 'SECRET' } }],
    ['a certificate', { certificate: { privateKey: 'SECRET' } }],
    ['an error with its request', { err: Object.assign(new Error('Failed'), { headers: { a: 'SECRET' } }) }],
    [
      'a cause with its request',
      { err: new Error('Failed', { cause: Object.assign(new Error('Inner'), { b: 'SECRET' }) }) },
    ],
    ['PEM', { text: '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n' }],
    ['half of a PEM', { text: '-----BEGIN RSA PRIVATE KEY-----\nSECRET\nSECRET' }],
  ])('keep %s to themselves', (_, fields) => {
    const line = logged((logger) => logger.error(fields, 'Failed'));
    expect(line).not.toContain('SECRET');
    expect(JSON.parse(line)).toMatchObject({ level: 50, msg: 'Failed' });
  });

  test('an error says what it is, and its causes', () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const line = logged((logger) =>
      logger.error({ err: new TypeError('fetch failed', { cause }) }, 'Failed'),
    );
    expect(JSON.parse(line)).toMatchObject({
      err: { type: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNREFUSED' } },
    });
  });

  test('an error that is its own cause does not hang', () => {
    const error = new Error('around');
    error.cause = error;
    expect(logged((logger) => logger.error({ err: error }, 'Failed'))).toContain('around');
  });
});

type Report = { readonly lines: number; readonly droppedByWorkers: number; readonly dropped: number };

function start(workers: number, megabytes: number, stdout: 'pipe' | number): ChildProcess {
  const stdio: StdioOptions = ['ignore', stdout, 'inherit', 'ipc'];
  const child = fork(
    new URL('../../test/support/observe/logging-process.ts', import.meta.url),
    [`${workers}`, `${megabytes}`],
    { stdio },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function reportOf(child: ChildProcess): Promise<Report> {
  const [report] = await once(child, 'message');
  return report;
}

/** A pipe in the file system, open and never read: unlike what `fork` makes, this is no socket. */
function openFifo(): number {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  const path = join(folder, 'fifo');
  spawnSync('sh', ['-c', 'mkfifo "$0"', path]);
  const file = openSync(path, constants.O_RDWR);
  onTestFinished(() => {
    closeSync(file);
    rmSync(folder, { recursive: true });
  });
  return file;
}

describe('a real process', () => {
  test.each<[string, () => 'pipe' | number]>([
    ['socket', () => 'pipe'],
    ['pipe', openFifo],
  ])('whose log nobody reads (%s) goes on, counts what it drops and ends', async (_, stdout) => {
    const child = start(0, 50, stdout());
    const { dropped, lines } = await reportOf(child);
    expect(lines).toBeGreaterThan(50_000);
    expect(dropped).toBeGreaterThan(lines * 0.9);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('lines of four workers and of the main thread never mix, however slowly they are read', async () => {
    const child = start(4, 2, 'pipe');
    const reported = reportOf(child);
    // By then everything is flushed, so that what was not read yet is in the pipe.
    const ended = reported.then(() => child.disconnect());
    let text = '';
    const heard = new Set<string | undefined>();
    for await (const chunk of child.stdout ?? []) {
      text += String(chunk);
      for (const [, worker] of String(chunk).matchAll(/"requestId":"(\d)-/gu)) heard.add(worker);
      // A thread may begin long after the others.
      const isEnough = text.length > 4 * 1024 * 1024 && heard.size === 4;
      if (isEnough && child.connected) child.send('enough', () => {});
      // Two turns for a chunk: far slower than five threads write.
      await setImmediate();
      await setImmediate();
    }
    await ended;
    const { lines, dropped, droppedByWorkers } = await reported;
    const parsed = text
      .trimEnd()
      .split('\n')
      .map((line): { requestId?: string } => JSON.parse(line));
    expect(parsed.length + dropped + droppedByWorkers).toBe(lines);
    const workers = new Set(parsed.flatMap(({ requestId }) => requestId?.split('-')[0] ?? []));
    expect(workers.size).toBe(4);
    expect(text.split('\n').some((line) => line.length > 4096)).toBe(true);
  });
});
