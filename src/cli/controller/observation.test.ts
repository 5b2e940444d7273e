// What is remembered of the last minutes while the wall clock of the machine is set.
import { afterEach, expect, test } from 'vitest';
import { allocateSharedMemory, SharedState } from '../../model/shared-state.ts';
import { Recorder } from '../../observe/recorder.ts';
import { SeriesReader } from '../../observe/series-reader.ts';
import { SeriesWriter } from '../../observe/series.ts';
import { Observation } from './observation.ts';

const SITE = { namespace: 'mm', kind: 'MattermostIngressPolicy', name: 'chat', host: 'chat.example.com' };
const VERDICT = {
  rule: 'default',
  action: 'Deny',
  mode: 'Enforce',
  secretKeys: undefined,
  shapeOnly: false,
} as const;
const DAY_MS = 86_400_000;
const open: Observation[] = [];

afterEach(() => {
  for (const observation of open.splice(0)) observation.close();
});

/** Ten requests of 100 ms, and ten that admission refuses, in each of so many samples. */
function scene() {
  const state = new SharedState(allocateSharedMemory({ workers: 1, slots: 1, cells: 2000 }));
  const reader = new SeriesReader(state);
  const recorder = new Recorder(new SeriesWriter(state.row(0), (message) => reader.announced(0, message)));
  const time = { epochMs: Date.UTC(2026, 5, 1), monotonicMs: 5_000 };
  const observation = new Observation(reader, {
    epochMs: () => time.epochMs,
    monotonicMs: () => time.monotonicMs,
  });
  open.push(observation);
  const pass = (samples: number) => {
    for (let sample = 0; sample < samples; sample++) {
      for (let each = 0; each < 10; each++) {
        const outcome = { method: 'GET', status: 403, durationMs: 100, requestBytes: 1, responseBytes: 1 };
        recorder.requestFinished(SITE, outcome);
        recorder.admissionDecided(SITE, VERDICT);
      }
      time.epochMs += 2_000;
      time.monotonicMs += 2_000;
      observation.tick();
    }
  };
  return { observation, time, pass };
}

test.each([0, -DAY_MS, -30_000, DAY_MS])('rates hold where the wall clock is set by %d ms', (jumpMs) => {
  const { observation, time, pass } = scene();
  pass(60);
  time.epochMs += jumpMs;
  pass(60);
  const { lastMinute, history } = observation.traffic.view(time);
  expect(new Set(history.requestsPerSecond)).toEqual(new Set([5]));
  expect(lastMinute.requestsPerSecond).toBe(5);
  expect(history.until).toBe(new Date(time.epochMs).toISOString());
  // A minute, give or take one of its quarters.
  const inMinute = observation.admission.list[0]?.lastMinute ?? 0;
  expect(inMinute).toBeGreaterThanOrEqual(225);
  expect(inMinute).toBeLessThanOrEqual(375);
});
