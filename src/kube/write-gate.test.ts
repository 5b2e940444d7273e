// What the gate of writers remembers of missing rights, over days in which namespaces come and go.
import { expect, test } from 'vitest';
import { ManualTimers } from '../../test/support/kube/manual-timers.ts';
import { createLogger } from '../observe/log.ts';
import { ApiFailure } from './api-failure.ts';
import { defaultTiming } from './timing.ts';
import { WriteGate } from './write-gate.ts';

const HOUR_MS = 3_600_000;

function gateWithLog() {
  const timers = new ManualTimers();
  const said: unknown[] = [];
  const log = createLogger({ write: (line) => said.push(JSON.parse(line).namespace) }, 'info');
  const gate = new WriteGate({
    clock: timers.clock,
    timing: defaultTiming,
    chance: () => 0.5,
    log,
    what: 'x',
  });
  const refuse = (namespace: string) =>
    gate.failed(new ApiFailure('forbidden', 'no'), { verbs: 'patch', resource: 'x', namespace });
  return { timers, said, gate, refuse };
}

test('a failure now and then does not make the next one wait longer', async () => {
  const { timers, gate } = gateWithLog();
  const scope = { verbs: 'patch', resource: 'x', namespace: 'chat' };
  const waits: number[] = [];
  for (let turn = 0; turn < 48; turn += 1) {
    gate.failed(new ApiFailure('connection', 'reset'), scope);
    waits.push(gate.waitMs);
    await timers.advance(60_000);
    gate.succeeded(scope);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(defaultTiming.backoffMs);
});

test('a right that stays missing is told once', async () => {
  const { timers, said, refuse } = gateWithLog();
  for (let minute = 0; minute < 300; minute += 1) {
    refuse('chat');
    await timers.advance(60_000);
  }
  expect(said).toEqual(['chat']);
});

test('one that nobody asked for in hours is forgotten: its namespace may be gone', async () => {
  const { timers, said, refuse } = gateWithLog();
  refuse('preview-1');
  await timers.advance(2 * HOUR_MS);
  refuse('preview-2');
  refuse('preview-1');
  expect(said).toEqual(['preview-1', 'preview-2', 'preview-1']);
});
