// Reasons and the status schema: words Kubernetes takes, and a status of ours that the CRD would take.
import { Check } from 'typebox/value';
import type { Static } from 'typebox';
import { expect, expectTypeOf, test } from 'vitest';
import { statusSchema } from './status-schema.ts';
import {
  ACCEPTED_REASONS,
  type Condition,
  type PolicyStatus,
  PROGRAMMED_REASONS,
  RESOLVED_REFS_REASONS,
  WARNING_REASONS,
} from './status.ts';
import { asNode } from './schema-node.ts';
import { walk } from './schema-walk.ts';

const tables = [ACCEPTED_REASONS, RESOLVED_REFS_REASONS, PROGRAMMED_REASONS, WARNING_REASONS];

test.each(tables.flatMap((table) => Object.entries(table)))(
  '%s is explained',
  (reason, { meaning, remedy }) => {
    expect(reason).toMatch(/^[A-Z][A-Za-z]+$/u);
    expect(meaning).toMatch(/^[A-Z].*[^.]$/u);
    expect(remedy === '' || /^[A-Z].*[^.]$/u.test(remedy)).toBe(true);
  },
);

test('what is wrong has a remedy', () => {
  const wrong = [ACCEPTED_REASONS, RESOLVED_REFS_REASONS, PROGRAMMED_REASONS].flatMap((table) =>
    Object.values(table),
  );
  expect(wrong.filter(({ status, remedy }) => status === 'False' && remedy === '')).toEqual([]);
});

const condition: Condition = {
  type: 'Accepted',
  status: 'False',
  reason: 'Invalid',
  message: 'spec.route.hosts: Must not be empty',
  observedGeneration: 3,
  lastTransitionTime: '2026-11-22T20:00:00Z',
};

test.each<[string, PolicyStatus]>([
  [
    'of a good policy',
    {
      conditions: [condition],
      hosts: ['a.example.com'],
      endpoints: { ready: 3, draining: 0, unhealthy: 0 },
      summary: 'a.example.com',
    },
  ],
  [
    'of a refused policy',
    { conditions: [condition], hosts: [], endpoints: { ready: 0, draining: 0, unhealthy: 0 }, summary: '' },
  ],
])('the CRD takes the status %s', (_, status) => {
  expect(Check(statusSchema, status)).toBe(true);
  expect(walk(asNode(statusSchema), status, 'status')).toEqual([]);
});

test('the type of a status is narrower than its schema', () => {
  expectTypeOf<keyof PolicyStatus>().toEqualTypeOf<keyof Static<typeof statusSchema>>();
  expectTypeOf<Condition['reason']>().toExtend<string>();
});
