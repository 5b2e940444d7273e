// How old a state cache says it is: as old as the last word of the API server, whether anything changed or not.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { ManualTimers } from '../../test/support/kube/manual-timers.ts';
import { applyAll, openSource } from '../../test/support/kube/virtual-source.ts';
import { ApiFailure } from './api-failure.ts';
import { StateCache } from './state-cache.ts';
import { parseState } from './state-text.ts';

const HALF_AN_HOUR_MS = 1_800_000;

test('it grows no older while nothing changes, and does while the API server is away', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'state-age-'));
  const file = join(directory, 'state.ndjson');
  const timers = new ManualTimers();
  const log = pino({ level: 'silent' });
  const stateCache = new StateCache({ directory, identity: 'me', clock: timers.clock, timers, log });
  const { api, source, start } = openSource({ timers, stateCache });
  const writtenMs = () => parseState(readFileSync(file, 'utf8'), 'me').epochMs;
  applyAll(api, 'a');
  await start();
  // The disk takes its own time, in which the clock here goes on.
  const passMinute = async () => {
    api.bookmark();
    await timers.advance(60_000);
    expect(writtenMs()).toBeGreaterThanOrEqual(HALF_AN_HOUR_MS);
  };
  await eventually(passMinute);
  const awayMs = timers.nowMs;
  api.failures.push(...Array.from({ length: 10_000 }, () => new ApiFailure('connection', 'refused')));
  api.break(new ApiFailure('connection', 'reset'));
  for (let time = 0; time < 6; time += 1) {
    await timers.advance(HALF_AN_HOUR_MS);
    await eventually(() => expect(existsSync(`${file}.new`)).toBe(false));
  }
  await source.close();
  expect(writtenMs()).toBeLessThanOrEqual(awayMs);
  rmSync(directory, { recursive: true });
});
