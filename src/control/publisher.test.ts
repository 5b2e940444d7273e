// Steps between configurations hold what changed and nothing else.
import { describe, expect, test } from 'vitest';
import type { Backend, Configuration, Site } from '../model/configuration.ts';
import { Publisher } from './publisher.ts';

function site(key: string, path = '/'): Site {
  const owner = { kind: 'MattermostIngressPolicy', namespace: 'chat', name: key };
  const service = { kind: 'closed', reason: 'policy-invalid', tls: undefined } as const;
  return { key, owner, hosts: [`${key}.example.com`], path, pathType: 'Prefix', service };
}

function backend(key: string, ...identities: string[]): Backend {
  const endpoints = identities.map((identity) => ({
    identity,
    address: '10.0.0.1',
    port: 8065,
    state: 'ready' as const,
    tokens: [],
    name: identity,
  }));
  const service = { namespace: 'chat', name: key, port: '8065' };
  return {
    key,
    service,
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
    endpoints,
  };
}

function configuration(sites: readonly Site[], backends: readonly Backend[] = []): Configuration {
  return {
    sites: new Map(sites.map((entry) => [entry.key, entry])),
    backends: new Map(backends.map((entry) => [entry.key, entry])),
    certificates: new Map(),
  };
}

describe('publisher', () => {
  test('the first step replaces everything, even with nothing', () => {
    const delta = new Publisher(8).advance(configuration([]));
    expect(delta).toMatchObject({ base: 0, generation: 1, sites: { set: [], removed: [] } });
  });

  test('a step holds only what changed', () => {
    const publisher = new Publisher(8);
    publisher.advance(configuration([site('a'), site('b'), site('c')], [backend('x', 'one')]));
    const delta = publisher.advance(
      configuration([site('a'), site('b', '/chat')], [backend('x', 'one', 'two')]),
    );
    expect(delta).toMatchObject({ base: 1, generation: 2 });
    expect(delta?.sites).toEqual({ set: [site('b', '/chat')], removed: ['c'] });
    expect(delta?.backends).toEqual({
      set: [{ backend: backend('x', 'one', 'two'), slots: [0, 1] }],
      removed: [],
    });
  });

  test('nothing changed, nothing is sent', () => {
    const publisher = new Publisher(8);
    publisher.advance(configuration([site('a')], [backend('x', 'one')]));
    expect(publisher.advance(configuration([site('a')], [backend('x', 'one')]))).toBeUndefined();
    expect(publisher.generation).toBe(1);
  });

  test('a snapshot is the sum of all steps', () => {
    const publisher = new Publisher(8);
    publisher.advance(configuration([site('a'), site('b')]));
    publisher.advance(configuration([site('b')], [backend('x', 'one')]));
    expect(publisher.snapshot()).toMatchObject({
      base: 0,
      generation: 2,
      sites: { set: [site('b')], removed: [] },
      backends: { set: [{ slots: [0] }] },
    });
  });

  test('an endpoint without a slot is left out', () => {
    const publisher = new Publisher(1);
    const delta = publisher.advance(configuration([], [backend('x', 'one', 'two')]));
    expect(delta?.backends.set).toEqual([{ backend: backend('x', 'one'), slots: [0] }]);
    expect(publisher.leftOut).toMatchObject([
      { reason: 'EndpointsOverLimit', object: { kind: 'Service', namespace: 'chat', name: 'x' } },
    ]);
  });

  test('the slot of an endpoint that left is used again when all workers know', () => {
    const publisher = new Publisher(1);
    publisher.advance(configuration([], [backend('x', 'one')]));
    publisher.advance(configuration([], [backend('x')]));
    publisher.collect(1, () => 0);
    publisher.advance(configuration([], [backend('x', 'two')]));
    expect(publisher.placedBackends[0]?.slots).toEqual([]);
    publisher.collect(2, () => 0);
    publisher.advance(configuration([site('a')], [backend('x', 'two')]));
    expect(publisher.placedBackends[0]?.slots).toEqual([0]);
  });
});
