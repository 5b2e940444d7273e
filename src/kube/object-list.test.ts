// Lists in pages: what is asked for, and what is done when pages fail.
import { describe, expect, test } from 'vitest';
import { service } from '../../test/support/kube/cluster-objects.ts';
import { FakeApi } from '../../test/support/kube/fake-api.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { ApiFailure } from './api-failure.ts';
import { listAll } from './object-list.ts';
import { pathOf, services } from './resource.ts';

async function listFrom(api: FakeApi | { get(): Promise<unknown> }, exactVersion?: string) {
  let items: JsonMap[] = [];
  const request = {
    path: pathOf(services),
    query: { fieldSelector: 'a!=b' },
    signal: new AbortController().signal,
  };
  const version = await listAll(
    {
      ...request,
      api: { watch: () => new FakeApi().watch('', {}, request.signal), close: async () => {}, ...bind(api) },
      exactVersion,
    },
    { start: () => (items = []), item: (item) => items.push(item as JsonMap) },
  );
  return { version, count: items.length };
}

function bind(api: FakeApi | { get(): Promise<unknown> }) {
  return { get: (path: string, query: Readonly<Record<string, string>>) => api.get(path, query) };
}

function filled(count: number): FakeApi {
  const api = new FakeApi();
  for (let at = 0; at < count; at += 1) api.cluster.put('services', service(`s${at}`));
  return api;
}

test('all pages are of one version, and selectors go with each', async () => {
  const api = filled(1_200);
  expect(await listFrom(api)).toEqual({ version: '2200', count: 1_200 });
  expect(api.queries.map(({ limit, fieldSelector }) => [limit, fieldSelector])).toEqual(
    Array.from({ length: 3 }, () => ['500', 'a!=b']),
  );
  expect(api.queries.map((query) => 'resourceVersion' in query)).toEqual([false, false, false]);
});

test('an exact list names its version once; the token stands for it afterwards', async () => {
  const api = filled(700);
  expect(await listFrom(api, '1600')).toEqual({ version: '1600', count: 600 });
  expect(api.queries).toMatchObject([
    { resourceVersion: '1600', resourceVersionMatch: 'Exact' },
    { continue: expect.any(String), limit: '500' },
  ]);
  expect(api.queries[1]).not.toHaveProperty('resourceVersion');
});

describe('failures', () => {
  test('a page that is too large is asked for in smaller ones', async () => {
    const api = filled(120);
    api.failures.push(new ApiFailure('too-large', 'x'));
    expect(await listFrom(api)).toMatchObject({ count: 120 });
    expect(api.queries.map(({ limit }) => limit)).toEqual(['500', '50', '50', '50']);
  });

  test('a list that expires again and again is given up for now', async () => {
    const api = filled(1);
    api.failures.push(...Array.from({ length: 4 }, () => new ApiFailure('expired', 'x')));
    await expect(listFrom(api)).rejects.toMatchObject({ reason: 'expired' });
    expect(api.queries).toHaveLength(4);
  });

  test('an exact version that has expired is not tried again', async () => {
    const api = filled(5);
    api.cluster.compact();
    await expect(listFrom(api, '1001')).rejects.toMatchObject({ reason: 'expired' });
    expect(api.queries).toHaveLength(1);
  });

  test.each([
    ['text', 'x'],
    ['no items', { metadata: { resourceVersion: '1' } }],
    ['no version', { metadata: {}, items: [] }],
  ])('%s is no list', async (_, body) => {
    await expect(listFrom({ get: async () => body })).rejects.toMatchObject({ reason: 'malformed' });
  });

  test('a list without end ends', async () => {
    const body = { metadata: { resourceVersion: '1', continue: 'again' }, items: [] };
    await expect(listFrom({ get: async () => body })).rejects.toThrow(
      'A list did not end within 20000 pages',
    );
  });

  test('Go writes null for no items', async () => {
    const body = { metadata: { resourceVersion: '7' }, items: null };
    expect(await listFrom({ get: async () => body })).toEqual({ version: '7', count: 0 });
  });
});
