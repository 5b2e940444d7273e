// What is kept of an object that the API server sends.
import { describe, expect, test } from 'vitest';
import { policy, secret, service, slice } from '../../test/support/kube/cluster-objects.ts';
import { FakeCluster } from '../../test/support/kube/fake-cluster.ts';
import { endpointSlices, pathOf, policies, readRecord, secrets, services } from './resource.ts';

function served(plural: 'services' | 'endpointslices' | 'secrets', draft: ReturnType<typeof service>) {
  const cluster = new FakeCluster();
  cluster.put(plural, draft);
  return [...cluster.objectsOf(plural).values()][0];
}

test.each([
  [policies, undefined, '/apis/mattermost-ingress.io/v1alpha1/mattermostingresspolicies'],
  [services, undefined, '/api/v1/services'],
  [secrets, 'mm', '/api/v1/namespaces/mm/secrets'],
  [endpointSlices, 'mm', '/apis/discovery.k8s.io/v1/namespaces/mm/endpointslices'],
])('%o of %s', (resource, namespace, path) => {
  expect(pathOf(resource, namespace)).toBe(path);
});

describe('a record', () => {
  test('has key, uid and version, and the object as all sources give it', () => {
    expect(readRecord(secrets, served('secrets', secret('a', 'x')))).toEqual({
      key: 'test/a',
      uid: 'uid-1',
      version: '1001',
      issues: [],
      object: {
        kind: 'Secret',
        type: 'Opaque',
        data: { key: 'eA==' },
        metadata: {
          name: 'a',
          namespace: 'test',
          uid: 'uid-1',
          generation: 1,
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
      },
    });
  });

  test('of a slice that belongs to no Service has no object and no complaint', () => {
    const draft = { ...slice('a'), metadata: { name: 'a', namespace: 'test' } };
    expect(readRecord(endpointSlices, served('endpointslices', draft))).toMatchObject({
      object: undefined,
      issues: [],
    });
  });

  test('of an object that cannot be read has no object and says why', () => {
    const record = readRecord(services, served('services', { ...service('a'), spec: { ports: 'all' } }));
    expect(record).toMatchObject({ object: undefined, issues: [{ field: 'spec.ports' }] });
  });

  test.each([
    ['text', 'x'],
    ['nothing', null],
    ['a bare object', {}],
    ['no uid', { metadata: { name: 'a', namespace: 'b', resourceVersion: '1' } }],
    ['no version', { metadata: { name: 'a', namespace: 'b', uid: 'u' } }],
    ['no name', { metadata: { namespace: 'b', uid: 'u', resourceVersion: '1' } }],
  ])('is not made of %s', (_, value) => {
    expect(readRecord(services, value)).toBeUndefined();
  });

  test('of a policy keeps unknown fields for the schema to judge', () => {
    const raw = {
      ...policy('a'),
      metadata: { name: 'a', namespace: 'b', uid: 'u', resourceVersion: '1' },
      extra: 1,
    };
    expect(readRecord(policies, raw)?.object).toMatchObject({ extra: 1 });
  });
});
