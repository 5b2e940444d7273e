// All kinds as one set: synced together, changed one by one, and what is said while something is missing.
import { expect, test } from 'vitest';
import { secret, service } from '../../test/support/kube/cluster-objects.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { applyAll, keysOf, openSource } from '../../test/support/kube/virtual-source.ts';
import { failureOfStatus } from './api-failure.ts';

test('a set of all kinds, and a new one after each change', async () => {
  const { api, source, start, changes } = openSource();
  applyAll(api, 'a');
  await start();
  const before = source.objects();
  expect(keysOf(before)).toEqual({
    policies: ['test/a'],
    ingresses: ['test/a'],
    ingressClasses: ['/mattermost'],
    services: ['test/a'],
    endpointSlices: ['test/a-1'],
    secrets: ['test/a'],
  });
  expect([source.objects() === before, changes()]).toEqual([true, 0]);
  api.cluster.put('services', service('b'));
  await settled();
  expect([changes(), [...source.objects().services.keys()], before.services.size]).toEqual([
    1,
    ['test/a', 'test/b'],
    1,
  ]);
  expect(source.objects().secrets).toBe(before.secrets);
  await source.close();
  expect(api.isClosed).toBe(true);
});

test('named namespaces are read one by one and are one set', async () => {
  const { api, source, start } = openSource({ namespaces: ['a', 'b'] });
  applyAll(api, 'x', 'a');
  applyAll(api, 'x', 'b');
  applyAll(api, 'x', 'c');
  await start();
  expect(keysOf(source.objects())).toMatchObject({
    policies: ['a/x', 'b/x'],
    ingresses: ['a/x', 'b/x'],
    ingressClasses: ['/mattermost'],
    secrets: ['a/x', 'b/x'],
  });
  const before = source.objects();
  api.cluster.put('services', service('y', 8065, 'a'));
  await settled();
  expect([source.objects().secrets === before.secrets, source.objects().services.size]).toEqual([true, 3]);
  await source.close();
});

test('before every kind was read there is no set: the log says what is missing, again and again', async () => {
  const { api, timers, lines, counts, source, start } = openSource();
  applyAll(api, 'a');
  api.cluster.serve('mattermostingresspolicies', false);
  let isStarted = false;
  const starting = start().then(() => (isStarted = true));
  await timers.advance(31_000);
  const waiting = lines.filter(({ msg }) => String(msg).startsWith('waiting for the API server'));
  expect(waiting).toHaveLength(2);
  expect(Object.keys(waiting[0]?.['kinds'] ?? {})).toEqual(['MattermostIngressPolicy']);
  expect(isStarted).toBe(false);
  expect(lines.filter(({ msg }) => String(msg).startsWith('watch failed'))).toHaveLength(1);
  expect(new Set(counts.failed)).toEqual(new Set(['MattermostIngressPolicy not-found']));
  api.cluster.serve('mattermostingresspolicies', true);
  await timers.advance(10_000);
  await starting;
  expect(source.objects().policies.size).toBe(0);
  const { length } = lines;
  await timers.advance(60_000);
  expect(lines.slice(length).filter(({ msg }) => String(msg).startsWith('waiting'))).toEqual([]);
  await source.close();
});

test('close ends a start that waits', async () => {
  const { api, source, start } = openSource();
  api.cluster.serve('secrets', false);
  const starting = start();
  await settled();
  await source.close();
  await expect(starting).rejects.toThrow('Stopped before the API server had told everything');
});

test('a kind that may not be read any more is a finding until it may; what was read stays', async () => {
  const { api, timers, source, start, changes } = openSource();
  applyAll(api, 'a');
  await start();
  expect(source.findings()).toEqual([]);
  const forbidden = failureOfStatus({ message: 'secrets is forbidden' }, 403);
  api.break(forbidden, 'secrets');
  await settled();
  const [finding, ...others] = source.findings();
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ severity: 'error', reason: 'KindUnreadable' });
  expect(finding?.remedy).toBe('Grant the controller list and watch on secrets');
  expect([changes(), Object.values(keysOf(source.objects())).flat().length]).toEqual([1, 6]);
  await timers.advance(30_000);
  expect([source.findings(), changes()]).toEqual([[], 2]);
  await source.close();
});

test('an object that cannot be read is a finding of its own', async () => {
  const { api, source, start } = openSource();
  api.cluster.put('services', { ...service('bad'), spec: { ports: 7 } });
  api.cluster.put('services', service('good'));
  await start();
  expect([...source.objects().services.keys()]).toEqual(['test/good']);
  expect(source.findings()).toMatchObject([
    {
      object: { kind: 'Service', namespace: 'test', name: 'bad' },
      field: 'spec.ports',
      reason: 'ObjectInvalid',
    },
  ]);
  await source.close();
});

test('staleness is the time since the API server spoke of a kind', async () => {
  const { api, timers, source, start } = openSource();
  await start();
  await timers.advance(30_000);
  expect(source.watches().map(({ stalenessSeconds }) => stalenessSeconds)).toEqual([30, 30, 30, 30, 30, 30]);
  api.cluster.put('secrets', secret('a'));
  await settled();
  expect(source.watches()).toContainEqual({ kind: 'Secret', stalenessSeconds: 0 });
  expect(source.watches()).toContainEqual({ kind: 'Service', stalenessSeconds: 30 });
  await source.close();
});
