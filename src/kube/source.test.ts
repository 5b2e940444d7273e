// The four kinds as one set: synced together, changed one by one, and what is said while something is missing.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { policy, secret, service, slice } from '../../test/support/kube/cluster-objects.ts';
import { FakeApi } from '../../test/support/kube/fake-api.ts';
import { ManualTimers, settled } from '../../test/support/kube/manual-timers.ts';
import { failureOfStatus } from './api-failure.ts';
import { createKubeSource } from './source.ts';
import { defaultTiming } from './timing.ts';

function open(namespaces: readonly string[] = []) {
  const api = new FakeApi();
  const timers = new ManualTimers();
  const lines: Record<string, unknown>[] = [];
  const counts = { failed: [] as string[], missed: 0 };
  const source = createKubeSource({
    api,
    timers,
    clock: timers.clock,
    timing: defaultTiming,
    chance: () => 0.5,
    namespaces,
    log: pino(
      { base: null },
      { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    metrics: {
      watchFailed: (kind, reason) => counts.failed.push(`${kind} ${reason}`),
      eventsMissed: (count) => {
        counts.missed += count;
      },
    },
  });
  let changes = 0;
  const start = () => source.start(() => (changes += 1));
  return { api, timers, lines, counts, source, start, changes: () => changes };
}

function applyAll({ cluster }: FakeApi, name: string, namespace = 'test'): void {
  cluster.put('mattermostingresspolicies', policy(name, namespace));
  cluster.put('services', service(name, 8065, namespace));
  cluster.put('endpointslices', slice(name, 8065, namespace));
  cluster.put('secrets', secret(name, 'x', namespace));
}

function names(objects: ReturnType<ReturnType<typeof open>['source']['objects']>) {
  return Object.values(objects).map((map) => [...map.keys()]);
}

test('a set of all kinds, and a new one after each change', async () => {
  const { api, source, start, changes } = open();
  applyAll(api, 'a');
  await start();
  const before = source.objects();
  expect(names(before)).toEqual([['test/a'], ['test/a'], ['test/a-1'], ['test/a']]);
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
  const { api, source, start } = open(['a', 'b']);
  applyAll(api, 'x', 'a');
  applyAll(api, 'x', 'b');
  applyAll(api, 'x', 'c');
  await start();
  expect(names(source.objects())[0]).toEqual(['a/x', 'b/x']);
  await source.close();
});

test('before every kind was read there is no set: the log says what is missing, again and again', async () => {
  const { api, timers, lines, counts, source, start } = open();
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
  const { api, source, start } = open();
  api.cluster.serve('secrets', false);
  const starting = start();
  await settled();
  await source.close();
  await expect(starting).rejects.toThrow('Stopped before the API server had told everything');
});

test('a kind that may not be read any more is a finding until it may; what was read stays', async () => {
  const { api, timers, source, start, changes } = open();
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
  expect([changes(), names(source.objects()).flat().length]).toEqual([1, 4]);
  await timers.advance(30_000);
  expect([source.findings(), changes()]).toEqual([[], 2]);
  await source.close();
});

test('an object that cannot be read is a finding of its own', async () => {
  const { api, source, start } = open();
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
  const { api, timers, source, start } = open();
  await start();
  await timers.advance(30_000);
  expect(source.watches().map(({ stalenessSeconds }) => stalenessSeconds)).toEqual([30, 30, 30, 30]);
  api.cluster.put('secrets', secret('a'));
  await settled();
  expect(source.watches()).toContainEqual({ kind: 'Secret', stalenessSeconds: 0 });
  expect(source.watches()).toContainEqual({ kind: 'Service', stalenessSeconds: 30 });
  await source.close();
});
