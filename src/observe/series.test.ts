// Series in shared memory: written by workers, summed by the main thread, kept when a worker ends.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import type { SharedMemory } from '../model/shared-state.ts';
import { METRICS } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import { SeriesReader } from './series-reader.ts';
import { Series, SeriesWriter } from './series.ts';
import type { SeriesMessage } from './series.ts';

function fleet({ workers = 2, cells = 1000 } = {}) {
  const memory = allocateSharedMemory({ workers, slots: 1, cells });
  const state = new SharedState(memory);
  const reader = new SeriesReader(state);
  const messages: SeriesMessage[] = [];
  const start = (worker: number): SeriesWriter =>
    new SeriesWriter(state.row(worker), (message) => {
      messages.push(message);
      reader.announced(worker, message);
    });
  return { memory, state, reader, messages, start };
}

function table(reader: SeriesReader, metric: MetricName): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(reader.read(metric).map(({ labels, cells }) => [labels.join(','), [...cells]]));
}

describe('sums over workers', () => {
  test('counters and gauges add up by labels', () => {
    const { reader, start } = fleet();
    const [first, second] = [start(0), start(1)];
    const connections = [first, second].map((writer) => new Series(writer, 'connections', []));
    connections[0]?.at('http').add(3);
    connections[0]?.at('http').add(-1);
    connections[0]?.at('https').add(5);
    connections[1]?.at('https').add(7);
    expect(table(reader, 'connections')).toEqual({ http: [2], https: [12] });
  });

  test('histograms keep a count a bucket, the sum and the count', () => {
    const { reader, start } = fleet();
    const bounds = METRICS.configuration_publish_seconds.buckets;
    expect(bounds.length).toBeGreaterThan(0);
    const series = [start(0), start(1)].map(
      (writer) => new Series(writer, 'upstream_connect_duration_seconds', ['ns', 'kind', 'name', 'host']),
    );
    for (const value of [0.0005, 0.0006, 0.2, 100]) series[0]?.observe(value);
    series[1]?.observe(0.0001);
    const { buckets } = METRICS.upstream_connect_duration_seconds;
    const expected = buckets.map((bound) => ({ 0.0005: 2, 0.001: 1, 0.25: 1 })[bound] ?? 0);
    const [values] = Object.values(table(reader, 'upstream_connect_duration_seconds'));
    expect(values?.slice(0, buckets.length)).toEqual(expected);
    expect(values?.[buckets.length]).toBeCloseTo(100.2012, 10);
    expect(values?.[buckets.length + 1]).toBe(5);
  });

  test('a metric nobody counted has no series, and an unknown one is ignored', () => {
    const { reader } = fleet();
    reader.announced(0, { kind: 'series', cell: 20, metric: 'no_such_metric', labels: [] });
    expect(reader.read('requests_total')).toEqual([]);
  });

  test('labels that read alike when joined stay apart', () => {
    const { reader, start } = fleet();
    const series = new Series(start(0), 'faults_total', []);
    series.at('a,b').at('c').add(1);
    series.at('a').at('b,c').add(1);
    expect(reader.read('faults_total').map(({ labels }) => labels)).toEqual([
      ['a,b', 'c'],
      ['a', 'b,c'],
    ]);
  });
});

describe('a series is announced once', () => {
  test('before it is counted in', () => {
    const { memory } = fleet();
    const seen: number[] = [];
    const row = new SharedState(memory).row(0);
    const writer = new SeriesWriter(row, ({ cell }) => seen.push(row.cells[cell] ?? Number.NaN));
    const series = new Series(writer, 'connections', []);
    series.at('http').add(1);
    series.at('http').add(1);
    expect(seen).toEqual([0]);
  });

  test('with labels that fit the catalogue', () => {
    const { start } = fleet();
    const writer = start(0);
    expect(() => new Series(writer, 'connections', []).add(1)).toThrow(
      'Metric connections has 1 labels, not 0',
    );
  });
});

describe('out of room', () => {
  test('series that find no cell are counted as lost and cost nothing else', () => {
    const { reader, messages, start } = fleet({ workers: 1, cells: 20 });
    const connections = new Series(start(0), 'connections', []);
    const listeners = Array.from({ length: 10 }, (_, at) => `listener-${at}`);
    for (const listener of [...listeners, ...listeners]) connections.at(listener).add(1);
    const kept = reader.read('connections');
    expect(kept.length).toBe(messages.length);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every(({ cells }) => cells[0] === 2)).toBe(true);
    expect(table(reader, 'series_lost_total')).toEqual({ '': [10 - kept.length] });
  });

  test('a lost histogram spoils no other series', () => {
    const { reader, start } = fleet({ workers: 1, cells: 20 });
    const writer = start(0);
    new Series(writer, 'connections', []).at('http').add(1);
    const lost = new Series(writer, 'request_duration_seconds', ['ns', 'kind', 'name', 'host']);
    for (let value = 0; value < 100; value += 1) lost.observe(value);
    expect(table(reader, 'connections')).toEqual({ http: [1] });
    expect(table(reader, 'series_lost_total')).toEqual({ '': [1] });
    expect(reader.read('request_duration_seconds')).toEqual([]);
  });

  test('a row that cannot hold the reserved cells is refused', () => {
    const { start } = fleet({ cells: 4 });
    expect(() => start(0)).toThrow('Shared memory holds 4 cells a worker, metrics need 18');
  });
});

describe('a worker ends', () => {
  test('totals stay, its gauges vanish, its row is clear, the next one goes on', () => {
    const { reader, start, state } = fleet();
    const dying = start(0);
    const living = start(1);
    for (const writer of [dying, living]) {
      new Series(writer, 'connections', []).at('http').add(5);
      new Series(writer, 'retries_total', []).at('connect-refused').add(2);
      new Series(writer, 'websocket_duration_seconds', ['a', 'b', 'c', 'd']).observe(30);
    }
    new Series(dying, 'connections', []).at('https').add(1);
    state.row(0).addInFlight(0, 3);

    reader.retire(0);
    expect(table(reader, 'connections')).toEqual({ http: [5] });
    expect(table(reader, 'retries_total')).toEqual({ 'connect-refused': [4] });
    expect(state.inFlight(0)).toBe(0);
    expect(state.row(0).cells.every((cell) => cell === 0)).toBe(true);

    const next = start(0);
    new Series(next, 'retries_total', []).at('connect-refused').add(1);
    new Series(next, 'websocket_duration_seconds', ['a', 'b', 'c', 'd']).observe(30);
    expect(table(reader, 'retries_total')).toEqual({ 'connect-refused': [5] });
    expect(table(reader, 'websocket_duration_seconds')['a,b,c,d']?.slice(-2)).toEqual([90, 3]);
  });

  test('what was lost for want of room stays counted, once', () => {
    const { reader, start } = fleet({ workers: 1, cells: 18 });
    new Series(start(0), 'connections', []).at('http').add(1);
    reader.retire(0);
    reader.retire(0);
    new Series(start(0), 'connections', []).at('http').add(1);
    expect(table(reader, 'series_lost_total')).toEqual({ '': [2] });
  });
});

describe('real threads', () => {
  const workers = 3;
  type Message = SeriesMessage | { readonly kind: 'counted'; readonly requests: number };

  /** Resolves with what the thread says it counted, when it has ended and is retired. */
  async function runThread(memory: SharedMemory, reader: SeriesReader, worker: number): Promise<number> {
    let counted = Number.NaN;
    const url = new URL('../../test/support/observe/counting-worker.ts', import.meta.url);
    const thread = new Worker(url, { workerData: { memory, worker } });
    thread.on('message', (message: Message) => {
      if (message.kind === 'series') reader.announced(worker, message);
      else counted = message.requests;
    });
    await once(thread, 'exit');
    reader.retire(worker);
    return counted;
  }

  function total(reader: SeriesReader): number {
    return reader.read('requests_total').reduce((sum, { cells }) => sum + (cells[0] ?? 0), 0);
  }

  test('nothing is lost while the main thread reads and workers end', async () => {
    const { memory, reader, state } = fleet({ workers, cells: 1000 });
    const threads = Array.from({ length: workers }, (_, worker) => runThread(memory, reader, worker));
    onTestFinished(() => {
      for (let worker = 0; worker < workers; worker += 1) state.row(worker).setSignal('heartbeat', 1);
    });
    const readings: number[] = [];
    for (let worker = 0; worker < workers; worker += 1) {
      const before = readings.at(-1) ?? 0;
      await vi.waitFor(
        () => {
          readings.push(total(reader));
          expect(reader.read('websocket_connections')[0]?.cells[0]).toBe(workers - worker);
          expect(readings.at(-1)).toBeGreaterThan(before + 1000);
        },
        { timeout: 15_000 },
      );
      state.row(worker).setSignal('heartbeat', 1);
      await threads[worker];
    }
    const counted = (await Promise.all(threads)).reduce((sum, requests) => sum + requests, 0);
    expect(readings).toEqual(readings.toSorted((left, right) => left - right));
    expect(total(reader)).toBe(counted);
    expect(reader.read('request_duration_seconds')[0]?.cells.at(-1)).toBe(counted);
    expect(reader.read('websocket_connections')).toEqual([]);
  });
});
