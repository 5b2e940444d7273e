// Objects that are read by name: Secrets of mode `named`, ConfigMaps always, and the one IngressClass.
import { describe, expect, test } from 'vitest';
import { configMap, ingressClass, policy, secret } from '../../test/support/kube/cluster-objects.ts';
import { FakeCluster } from '../../test/support/kube/fake-cluster.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { openSource } from '../../test/support/kube/virtual-source.ts';
import { failureOfStatus } from './api-failure.ts';
import type { WantedNames } from '../model/object-source.ts';

function names(secrets: readonly string[], configMaps: readonly string[] = []): WantedNames {
  return { secrets: new Set(secrets), configMaps: new Set(configMaps) };
}

async function openNamed() {
  const opened = openSource({ secretsMode: 'named' });
  opened.api.cluster.put('secrets', secret('a'));
  opened.api.cluster.put('secrets', secret('b'));
  opened.api.cluster.put('configmaps', configMap('ca'));
  await opened.start();
  const keys = () => [...opened.source.objects().secrets.keys()];
  const selectors = () =>
    opened.api.queries
      .map(({ fieldSelector }) => fieldSelector)
      .filter((selector) => selector?.startsWith('metadata.name='));
  return { ...opened, keys, selectors };
}

describe('Secrets by name', () => {
  test('are not read before somebody refers to them; settled when each has been answered', async () => {
    const { source, keys, selectors, changes } = await openNamed();
    expect([keys(), selectors()]).toEqual([[], []]);
    source.want(names(['test/a', 'test/absent'], ['test/ca']));
    await source.settle();
    expect(keys()).toEqual(['test/a']);
    expect([...source.objects().configMaps.keys()]).toEqual(['test/ca']);
    expect(new Set(selectors())).toEqual(
      new Set(['metadata.name=a', 'metadata.name=absent', 'metadata.name=ca']),
    );
    expect([source.findings(), changes()]).toEqual([[], 3]);
    await source.close();
  });

  test('change, come and go as all objects do', async () => {
    const { api, source, keys } = await openNamed();
    source.want(names(['test/a', 'test/late']));
    await source.settle();
    api.cluster.put('secrets', secret('late'));
    api.cluster.delete('secrets', 'a');
    await settled();
    expect(keys()).toEqual(['test/late']);
    await source.close();
  });

  test('no longer wanted are dropped after 30 s; wanted again before, they cost no new list', async () => {
    const { timers, source, keys, selectors } = await openNamed();
    source.want(names(['test/a', 'test/b']));
    await source.settle();
    source.want(names(['test/b']));
    await timers.advance(29_000);
    source.want(names(['test/a', 'test/b']));
    await timers.advance(5_000);
    expect([keys(), selectors().length]).toEqual([['test/a', 'test/b'], 4]);
    source.want(names(['test/b']));
    await timers.advance(30_000);
    expect(keys()).toEqual(['test/b']);
    await source.close();
  });

  test('one that may not be read is its own failure: a finding with the missing right, others untouched', async () => {
    const { api, timers, source, keys, lines, changes } = await openNamed();
    api.cluster.denials.push({ plural: 'secrets', name: 'a' });
    source.want(names(['test/a', 'test/b']));
    await source.settle();
    expect(keys()).toEqual(['test/b']);
    expect(source.findings()).toMatchObject([
      {
        severity: 'error',
        object: { kind: 'Secret', namespace: 'test', name: 'a' },
        reason: 'ObjectUnreadable',
        remedy: 'Grant the controller list and watch on secrets with resourceNames ["a"] in namespace test',
      },
    ]);
    expect(lines.filter(({ level, name }) => level === 40 && name === 'a')).toHaveLength(1);
    expect(source.stale()).toEqual([]);
    expect(source.watches()).toContainEqual({ kind: 'Secret', stalenessSeconds: 0 });
    const before = changes();
    api.cluster.denials.length = 0;
    await timers.advance(30_000);
    expect([keys(), source.findings(), changes() > before]).toEqual([['test/a', 'test/b'], [], true]);
    await source.close();
  });

  test('one that may not be read any more stays as it was', async () => {
    const { api, source, keys } = await openNamed();
    source.want(names(['test/a']));
    await source.settle();
    api.cluster.denials.push({ plural: 'secrets', name: 'a' });
    api.break(failureOfStatus({}, 403), 'secrets');
    await settled();
    expect(keys()).toEqual(['test/a']);
    expect(source.findings()).toMatchObject([{ reason: 'ObjectUnreadable' }]);
    await source.close();
  });

  test('settling does not wait for an API server that is away for more than 10 s', async () => {
    const { api, timers, source } = await openNamed();
    api.failures.push(...Array.from({ length: 50 }, () => failureOfStatus({}, 500)));
    source.want(names(['test/a']));
    let isSettled = false;
    const settling = source.settle().then(() => (isSettled = true));
    await timers.advance(9_900);
    expect(isSettled).toBe(false);
    await timers.advance(200);
    await settling;
    await source.close();
  });

  test('too many of them are findings, and cost those that are watched nothing', async () => {
    const { source, keys } = await openNamed();
    const many = Array.from({ length: 501 }, (_, at) => `test/s${at}`);
    source.want(names(['test/a']));
    source.want(names(['test/a', ...many]));
    await source.settle();
    expect(keys()).toEqual(['test/a']);
    expect(source.findings().map(({ object }) => object?.name)).toEqual(['s499', 's500']);
    await source.close();
  });

  test('a missing right, an API server that is away and changes at the same time: as a fresh list in the end', async () => {
    const { api, timers, source } = await openNamed();
    const wanted = ['test/a', 'test/b', 'test/c'];
    source.want(names(wanted));
    for (let round = 0; round < 20; round += 1) {
      const failure = failureOfStatus({}, [403, 410, 429, 500, 401][round % 5] ?? 500);
      api.break(failure, 'secrets');
      api.cluster.put('secrets', secret(['a', 'b', 'c'][round % 3] ?? 'a', String(round)));
      if (round % 4 === 3) api.cluster.delete('secrets', ['a', 'b', 'c'][(round + 1) % 3] ?? 'a');
      if (round % 7 === 6) api.cluster.compact();
      source.want(names(wanted.slice(round % 2)));
      await timers.advance(1_000);
    }
    source.want(names(wanted));
    await timers.advance(120_000);
    const known = [...source.objects().secrets].map(([key, { data }]) => [key, data['key']]);
    const there = [...api.cluster.objectsOf('secrets')].map(([key, object]) => [
      key,
      (object['data'] as Record<string, string>)['key'],
    ]);
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(there));
    await source.close();
  });
});

describe('the IngressClass by name', () => {
  const controllerName = 'example.com/mine';
  const ingressClassReading = { kind: 'named', name: 'mine', controllerName } as const;

  test('is read alone, all over the cluster', async () => {
    const { api, source, start } = openSource({ ingressClassReading, namespaces: ['test'] });
    api.cluster.put('ingressclasses', ingressClass('mine', 'example.com/other'));
    api.cluster.put('ingressclasses', ingressClass('nginx', 'k8s.io/ingress-nginx'));
    await start();
    expect([...source.objects().ingressClasses.values()]).toMatchObject([
      { metadata: { name: 'mine', namespace: '' }, controller: 'example.com/other' },
    ]);
    await source.close();
  });

  test.each([
    ['may not be read', 'named'],
    ['is not to be read', 'none'],
  ] as const)('that %s is taken for ours, and nothing is amiss', async (_, kind) => {
    const { api, source, start, lines } = openSource({
      ingressClassReading: { ...ingressClassReading, kind },
    });
    api.cluster.denials.push({ plural: 'ingressclasses' });
    await start();
    expect([...source.objects().ingressClasses]).toEqual([
      [
        '/mine',
        {
          kind: 'IngressClass',
          metadata: { name: 'mine', namespace: '' },
          controller: controllerName,
          isDefault: false,
        },
      ],
    ]);
    expect([source.findings(), source.stale()]).toEqual([[], []]);
    expect(lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
    expect(source.watches().map(({ kind: each }) => each)).not.toContain('IngressClass');
    await source.close();
  });

  test('read once and forbidden later stays as it was', async () => {
    const { api, source, start } = openSource({ ingressClassReading });
    api.cluster.put('ingressclasses', ingressClass('mine', 'example.com/other'));
    await start();
    api.cluster.denials.push({ plural: 'ingressclasses' });
    api.break(failureOfStatus({}, 403), 'ingressclasses');
    await settled();
    expect(source.objects().ingressClasses.get('/mine')?.controller).toBe('example.com/other');
    await source.close();
  });
});

test('all IngressClasses where no name is given: without the right there is no set', async () => {
  const cluster = new FakeCluster();
  cluster.put('mattermostingresspolicies', policy('a'));
  cluster.denials.push({ plural: 'ingressclasses' });
  const { source, start, timers, logged } = openSource({ cluster });
  const starting = start();
  await timers.advance(16_000);
  expect(logged('waiting for the API server')[0]).toMatchObject({
    kinds: { IngressClass: expect.stringContaining('403') },
    remedies: ['Grant the controller list and watch on ingressclasses'],
  });
  await source.close();
  await expect(starting).rejects.toThrow('Stopped');
});
