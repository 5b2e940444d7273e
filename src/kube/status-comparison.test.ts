// When two statuses say the same, and when a condition gets a new time.
import { describe, expect, test } from 'vitest';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { hasExtras, isCovered, observedGeneration, stampConditions } from './status-comparison.ts';

const NOW = '2026-06-01T00:00:00Z';
const OLD = '2026-01-01T00:00:00Z';
const ME = 'mattermost-ingress.io/controller';

function condition(type: string, status: string, extra: JsonMap = {}): JsonMap {
  return { type, status, reason: 'R', message: 'm', ...extra };
}

function ancestor(name: string, status: string, controllerName = ME, extra: JsonMap = {}): JsonMap {
  return { controllerName, kind: 'Ingress', name, conditions: [condition('Accepted', status, extra)] };
}

describe('isCovered', () => {
  test.each<[string, JsonMap, JsonMap | undefined, boolean]>([
    ['nothing wanted, nothing there', {}, undefined, true],
    ['a field that is missing', { summary: 's' }, {}, false],
    ['a field that differs', { endpoints: { ready: 1 } }, { endpoints: { ready: 2 } }, false],
    ['fields of others', { endpoints: { ready: 1 } }, { endpoints: { ready: 1, more: 2 }, other: 1 }, true],
    ['zero is a value', { endpoints: { ready: 0 } }, { endpoints: {} }, false],
    [
      'empty lists and maps are left out by the server',
      { loadBalancer: { ingress: [] } },
      { loadBalancer: {} },
      true,
    ],
    [
      'an empty list where there is one',
      { loadBalancer: { ingress: [] } },
      { loadBalancer: { ingress: [{ ip: 'x' }] } },
      false,
    ],
    ['an atomic list in another order', { hosts: ['a', 'b'] }, { hosts: ['b', 'a'] }, false],
    [
      'conditions in another order, with times and one of others',
      { conditions: [condition('A', 'True'), condition('B', 'True')] },
      {
        conditions: [
          condition('C', 'True'),
          condition('B', 'True', { lastTransitionTime: OLD }),
          condition('A', 'True'),
        ],
      },
      true,
    ],
    [
      'a condition of another message',
      { conditions: [condition('A', 'True', { message: 'x' })] },
      { conditions: [condition('A', 'True')] },
      false,
    ],
    [
      'a condition that brings another time along',
      { conditions: [condition('A', 'True', { lastTransitionTime: NOW })] },
      { conditions: [condition('A', 'True', { lastTransitionTime: OLD })] },
      true,
    ],
    [
      'a condition of another status',
      { conditions: [condition('A', 'True')] },
      { conditions: [condition('A', 'False')] },
      false,
    ],
    [
      'ancestors of others',
      { ancestors: [ancestor('i', 'True')] },
      {
        ancestors: [ancestor('i', 'False', 'other'), ancestor('i', 'True', ME, { lastTransitionTime: OLD })],
      },
      true,
    ],
    [
      'an ancestor that differs',
      { ancestors: [ancestor('i', 'True')] },
      { ancestors: [ancestor('i', 'False')] },
      false,
    ],
  ])('%s', (_, wanted, current, expected) => {
    expect(isCovered(wanted, current)).toBe(expected);
  });
});

describe('hasExtras', () => {
  test.each<[string, JsonMap, JsonMap | undefined, boolean]>([
    ['no status at all', {}, undefined, false],
    ['a field', {}, { hosts: ['a'] }, true],
    ['an empty field', {}, { hosts: [], endpoints: {} }, false],
    [
      'a condition',
      { conditions: [condition('A', 'True')] },
      { conditions: [condition('A', 'True'), condition('B', 'True')] },
      true,
    ],
    ['an ancestor of ours', {}, { ancestors: [ancestor('i', 'True')] }, true],
    ['an ancestor of others', {}, { ancestors: [ancestor('i', 'True', 'other')] }, false],
  ])('%s', (_, wanted, current, expected) => {
    expect(hasExtras(wanted, current, ME)).toBe(expected);
  });
});

test('a condition keeps its time as long as its status is the same', () => {
  const live = [
    condition('A', 'True', { lastTransitionTime: OLD }),
    condition('B', 'True', { lastTransitionTime: OLD }),
  ];
  const wanted = {
    summary: 's',
    conditions: [condition('A', 'True', { message: 'new' }), condition('B', 'False'), condition('C', 'True')],
    ancestors: [ancestor('i', 'True')],
  };
  const current = { conditions: live, ancestors: [ancestor('i', 'True', ME, { lastTransitionTime: OLD })] };
  expect(stampConditions(wanted, current, NOW)).toEqual({
    summary: 's',
    conditions: [
      condition('A', 'True', { message: 'new', lastTransitionTime: OLD }),
      condition('B', 'False', { lastTransitionTime: NOW }),
      condition('C', 'True', { lastTransitionTime: NOW }),
    ],
    ancestors: [ancestor('i', 'True', ME, { lastTransitionTime: OLD })],
  });
});

test('the generation of a status is the highest that any condition says', () => {
  const status = {
    conditions: [condition('A', 'True', { observedGeneration: 3 })],
    ancestors: [ancestor('i', 'True', ME, { observedGeneration: 5 })],
  };
  expect([observedGeneration(status), observedGeneration({}), observedGeneration(undefined)]).toEqual([
    5, 0, 0,
  ]);
});
