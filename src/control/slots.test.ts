// Slots in shared memory: kept while anybody counts there, used again afterwards.
import { describe, expect, test } from 'vitest';
import type { Backend } from '../model/configuration.ts';
import { SlotTable } from './slots.ts';

function backend(key: string, ...identities: string[]): Backend {
  return {
    key,
    service: { namespace: 'chat', name: 'mattermost', port: '8065' },
    loadBalancing: 'RoundRobin',
    tls: undefined,
    connectTimeoutMs: 1,
    responseTimeoutMs: 1,
    retryAttempts: 0,
    connectionReuse: undefined,
    maxConnectionsPerEndpoint: 0,
    sourceAddresses: undefined,
    health: {
      check: undefined,
      ejection: { consecutiveFailures: 5, baseTimeMs: 30_000, maxPercent: 50 },
      whenAllUnhealthy: 'Serve',
      slowStartMs: 0,
    },
    endpoints: identities.map((identity) => ({
      identity,
      address: '10.0.0.1',
      port: 8065,
      state: 'ready',
      tokens: [],
      name: identity,
    })),
  };
}

describe('slots', () => {
  test('an endpoint keeps its slot, and has another one in another backend', () => {
    const slots = new SlotTable(8);
    const first = slots.place(backend('a', 'x', 'y'));
    expect(first).toEqual([0, 1]);
    expect(slots.place(backend('a', 'y', 'z'))).toEqual([1, 2]);
    expect(slots.place(backend('b', 'x'))).toEqual([3]);
  });

  test('beyond the capacity an endpoint has none', () => {
    const slots = new SlotTable(1);
    expect(slots.place(backend('a', 'x', 'y'))).toEqual([0, undefined]);
  });

  test.each([
    ['a worker has not come that far', 4, 0],
    ['somebody still counts there', 5, 1],
  ])('a slot is not used again while %s', (_, acknowledged, load) => {
    const slots = new SlotTable(1);
    slots.place(backend('a', 'x'));
    slots.leave('a', 'x', 5);
    slots.collect(acknowledged, () => load);
    expect(slots.place(backend('a', 'y'))).toEqual([undefined]);
    slots.collect(5, () => 0);
    expect(slots.place(backend('a', 'y'))).toEqual([0]);
  });

  test('an endpoint that comes back in time keeps its slot', () => {
    const slots = new SlotTable(2);
    slots.place(backend('a', 'x'));
    slots.leave('a', 'x', 2);
    expect(slots.place(backend('a', 'x'))).toEqual([0]);
    slots.collect(9, () => 0);
    expect(slots.place(backend('a', 'y'))).toEqual([1]);
  });
});
