// What the log says of an election: each change once, and the right that is missing by name.
import { expect, test } from 'vitest';
import { createLogger } from '../observe/log.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { ApiFailure, type FailureReason } from './api-failure.ts';
import { LeaseReport } from './lease-report.ts';

function report() {
  const lines: JsonMap[] = [];
  const changes: boolean[] = [];
  const log = createLogger({ write: (line) => lines.push(JSON.parse(line) as JsonMap) }, 'info');
  const onChange = (isLeader: boolean) => changes.push(isLeader);
  return {
    lines,
    changes,
    it: new LeaseReport({ log, lease: 'test/controller', identity: 'pod-1', onChange }),
  };
}

test('a change of the lead is said and passed on', () => {
  const { it, lines, changes } = report();
  it.changed(true);
  it.changed(false);
  expect(changes).toEqual([true, false]);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'leads: writes statuses and events',
    'leads no more: writes no statuses and events',
  ]);
});

test('failures of one sort are said once, until there was an answer', () => {
  const { it, lines } = report();
  const fail = (reason: FailureReason) => it.failed(new ApiFailure(reason, 'no'));
  fail('connection');
  fail('connection');
  fail('timeout');
  it.recovered();
  fail('connection');
  expect(lines.map(({ reason, after }) => reason ?? after)).toEqual([
    'connection',
    'timeout',
    'timeout',
    'connection',
  ]);
});

test.each<[FailureReason, number, RegExp]>([
  ['forbidden', 40, /"remedy":"Grant the controller get and update on this Lease, and create on leases/],
  ['internal', 50, /by a mistake of ours/],
])('%s has a line of its own', (reason, level, text) => {
  const { it, lines } = report();
  it.failed(new ApiFailure(reason, 'no'));
  expect(lines[0]?.['level']).toBe(level);
  expect(JSON.stringify(lines)).toMatch(text);
});
