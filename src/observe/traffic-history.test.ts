// The last minutes as workers counted them: rates, quantiles, and how far back they go.
import { expect, test } from 'vitest';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import { Recorder } from './recorder.ts';
import { SeriesReader } from './series-reader.ts';
import { SeriesWriter } from './series.ts';
import { TrafficHistory } from './traffic-history.ts';

const SITE = { namespace: 'mm', kind: 'MattermostIngressPolicy', name: 'chat', host: 'chat.example.com' };

/** Both clocks began together. */
function at(ms: number) {
  return { epochMs: ms, monotonicMs: ms };
}

function scene() {
  const state = new SharedState(allocateSharedMemory({ workers: 2, slots: 1, cells: 2000 }));
  const reader = new SeriesReader(state);
  const recorders = [0, 1].map(
    (worker) =>
      new Recorder(new SeriesWriter(state.row(worker), (message) => reader.announced(worker, message))),
  );
  const finish = (status: number, durationMs: number, times = 1) => {
    for (let time = 0; time < times; time += 1)
      recorders[time % 2]?.requestFinished(time % 3 === 0 ? undefined : SITE, {
        method: 'GET',
        status,
        durationMs,
        requestBytes: 1,
        responseBytes: 1,
      });
  };
  return { state, reader, recorders, finish, history: new TrafficHistory(reader, 0) };
}

test('before anything happened there is nothing', () => {
  const { history } = scene();
  expect(history.view(at(1000))).toMatchObject({
    total: { requests: 0, clientErrors: 0, serverErrors: 0 },
    webSockets: 0,
    lastMinute: { requestsPerSecond: 0, p50Ms: null, p99Ms: null },
    history: { intervalSeconds: 2, until: '1970-01-01T00:00:00.000Z', requestsPerSecond: [], p50Ms: [] },
  });
});

test('rates and quantiles are those between two looks, over all workers and sites', () => {
  const { history, finish, recorders } = scene();
  finish(200, 7, 6);
  recorders[0]?.webSocketOpened(SITE);
  history.sample(2000);
  finish(403, 3, 2);
  finish(502, 3, 2);
  finish(101, 3, 1);
  recorders[1]?.webSocketOpened(SITE);
  history.sample(4000);
  history.sample(6000);
  expect(history.view(at(6000))).toMatchObject({
    total: { requests: 11, clientErrors: 2, serverErrors: 2 },
    webSockets: 2,
    lastMinute: { seconds: 6, requestsPerSecond: 1.83, clientErrorsPerSecond: 0.33 },
    history: {
      requestsPerSecond: [3, 2.5, 0],
      clientErrorsPerSecond: [0, 1, 0],
      serverErrorsPerSecond: [0, 1, 0],
      webSockets: [1, 2, 2],
      p50Ms: [7.5, 3.75, null],
    },
  });
});

test('what happened since the last look counts for now', () => {
  const { history, finish } = scene();
  history.sample(2000);
  finish(200, 1, 4);
  expect(history.view(at(4000))).toMatchObject({
    total: { requests: 4 },
    lastMinute: { requestsPerSecond: 1 },
  });
});

test('it goes back five minutes, and the last minute one', () => {
  const { history, finish } = scene();
  for (let sample = 1; sample <= 400; sample += 1) {
    finish(200, 1, sample <= 370 ? 0 : 2);
    history.sample(sample * 2000);
  }
  const view = history.view(at(800_000));
  expect(view.history.requestsPerSecond).toHaveLength(150);
  expect(view.lastMinute).toMatchObject({ seconds: 58, requestsPerSecond: 1 });
});

test('a worker that ends takes its WebSockets, and what it counted stays', () => {
  const { history, finish, recorders, reader } = scene();
  finish(200, 1, 4);
  recorders[0]?.webSocketOpened(SITE);
  history.sample(2000);
  reader.retire(0);
  history.sample(4000);
  const { total, history: past } = history.view(at(4000));
  expect([total.requests, past.requestsPerSecond, past.webSockets]).toEqual([4, [2, 0], [1, 0]]);
});
