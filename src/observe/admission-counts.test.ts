// Decisions by rule: in which order, and how many of them are of the last minute.
import { expect, test } from 'vitest';
import { AdmissionCounts } from './admission-counts.ts';

function labels(rule: string, action: string): readonly string[] {
  return ['mm', 'MattermostIngressPolicy', 'chat', 'chat.example.com', rule, action, 'Enforce'];
}

function scene() {
  const counts = new Map([
    [labels('office', 'Allow'), 900],
    [labels('blocked', 'Reset'), 1],
    [labels('default', 'Deny'), 5],
  ]);
  const reader = {
    read: () => [...counts].map(([names, total]) => ({ labels: names, cells: Float64Array.of(total) })),
  };
  const bump = (rule: string, by: number) => {
    for (const [names, total] of counts) if (names[4] === rule) counts.set(names, total + by);
  };
  const admission = new AdmissionCounts(reader, 0);
  const told = () => admission.list.map(({ rule, total, lastMinute }) => [rule, total, lastMinute]);
  return { admission, told, bump };
}

test('refusals come first, and of those what happened most', () => {
  const { admission, told } = scene();
  expect(told()).toEqual([
    ['default', 5, 5],
    ['blocked', 1, 1],
    ['office', 900, 900],
  ]);
  expect(admission.list[0]).toEqual({
    site: 'MattermostIngressPolicy/mm/chat',
    host: 'chat.example.com',
    rule: 'default',
    action: 'Deny',
    mode: 'Enforce',
    total: 5,
    lastMinute: 5,
  });
});

test('after a minute only what came in it is of the last minute', () => {
  const { admission, told, bump } = scene();
  for (let second = 2; second <= 64; second += 2) admission.sample(second * 1000);
  bump('blocked', 3);
  expect(told()).toEqual([
    ['blocked', 4, 3],
    ['default', 5, 0],
    ['office', 900, 0],
  ]);
  for (let second = 66; second <= 130; second += 2) admission.sample(second * 1000);
  expect(told().map(([, , lastMinute]) => lastMinute)).toEqual([0, 0, 0]);
});
