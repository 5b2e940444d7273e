// Load balancing: who gets the next request, by loads, turns and chance.
import { describe, expect, test } from 'vitest';
import { balance, type LoadView } from './balance.ts';
import { endpoint, loadView, servingBackend } from './test-objects.ts';

const NODES = ['a', 'b', 'c', 'd'].map((identity) => endpoint(identity));

function pick(
  loadBalancing: 'LeastConnections' | 'RoundRobin' | 'Random',
  view: LoadView,
): string | undefined {
  const { backend, endpoints } = servingBackend(NODES, { loadBalancing });
  return balance(backend, endpoints, view)?.endpoint.identity;
}

describe('LeastConnections', () => {
  test.each([
    ['the least load', [3, 2, 1, 2], 0, 'c'],
    ['the least load, whatever chance says', [3, 2, 1, 2], 0.99, 'c'],
    ['a free one', [1, 1, 1, 0], 0, 'd'],
    ['a tie, from the first', [0, 0, 0, 0], 0, 'a'],
    ['a tie, from the second', [0, 0, 0, 0], 0.25, 'b'],
    ['a tie, from the last', [0, 0, 0, 0], 0.99, 'd'],
    ['a tie, round the end', [0, 1, 1, 1], 0.3, 'a'],
  ])('%s', (_, loads, chance, expected) => {
    expect(pick('LeastConnections', loadView(loads, chance))).toBe(expected);
  });

  test('looks at the slots of the endpoints, not at their places', () => {
    const { backend, endpoints } = servingBackend(NODES);
    const loads = loadView([0, 5, 3, 4]);
    expect(balance(backend, endpoints.slice(1), loads)?.endpoint.identity).toBe('c');
  });
});

describe('RoundRobin', () => {
  test('each in its turn', () => {
    const view = loadView([9, 0, 0, 0]);
    expect(Array.from({ length: 6 }, () => pick('RoundRobin', view))).toEqual(['a', 'b', 'c', 'd', 'a', 'b']);
  });

  test('each backend has turns of its own', () => {
    const view = loadView();
    const other = servingBackend(NODES, { key: 'other', loadBalancing: 'RoundRobin' });
    expect(pick('RoundRobin', view)).toBe('a');
    expect(balance(other.backend, other.endpoints, view)?.endpoint.identity).toBe('a');
    expect(pick('RoundRobin', view)).toBe('b');
  });
});

describe('Random: the lighter of two', () => {
  const chances = (...values: readonly number[]): LoadView => {
    const left = [...values];
    return { ...loadView([1, 2, 0, 2]), random: () => left.shift() ?? 0 };
  };

  test.each([
    ['the second is lighter', [0.25, 0], 'a'],
    ['the first is lighter', [0, 0.25], 'a'],
    ['a tie goes to the first', [0.99, 0.25], 'd'],
    ['the same one twice', [0.5, 0.5], 'c'],
  ])('%s', (_, values, expected) => {
    expect(pick('Random', chances(...values))).toBe(expected);
  });
});

test.each(['LeastConnections', 'RoundRobin', 'Random'] as const)('%s of none is none', (loadBalancing) => {
  const { backend } = servingBackend([], { loadBalancing });
  expect(balance(backend, [], loadView([], 0.5))).toBeUndefined();
});
