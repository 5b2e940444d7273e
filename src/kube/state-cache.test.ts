// The last good objects on disk: written soon after changes, used when the API server stays away, refused when torn.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { policy, secret, service } from '../../test/support/kube/cluster-objects.ts';
import { FakeCluster } from '../../test/support/kube/fake-cluster.ts';
import { ManualTimers, settled } from '../../test/support/kube/manual-timers.ts';
import { heldBytes } from '../../test/support/memory.ts';
import { applyAll, keysOf, openSource, type VirtualOptions } from '../../test/support/kube/virtual-source.ts';
import { ApiFailure } from './api-failure.ts';
import { StateCache } from './state-cache.ts';

/** More than everything else that may come and go. */
const HEAVY_BYTES = 40_000_000;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'state.ndjson');

function open(options: VirtualOptions & { readonly identity?: string; readonly directory?: string } = {}) {
  const { identity = 'me', directory = folder, timers = new ManualTimers(), ...others } = options;
  const said: Record<string, unknown>[] = [];
  const log = pino(
    { base: null },
    { write: (line: string) => said.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const stateCache = new StateCache({ directory, identity, clock: timers.clock, timers, log });
  return { ...openSource({ timers, stateCache, ...others }), said };
}

function linesOf(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A life that has read everything and written it. */
async function livedOnce(cluster: FakeCluster, options: VirtualOptions = {}): Promise<void> {
  const { timers, source, start } = open({ cluster, ...options });
  await start();
  source.want({ secrets: new Set(['test/a']), configMaps: new Set(['test/a']) });
  await source.settle();
  await timers.advance(2_000);
  await eventually(() => expect(linesOf(readFileSync(file(), 'utf8')).length).toBeGreaterThan(6));
  await source.close();
}

/** The API server refuses every connection from here on. */
function goAway({ failures }: ReturnType<typeof open>['api']): void {
  failures.push(...Array.from({ length: 10_000 }, () => new ApiFailure('connection', 'refused')));
}

function clusterWithAll(): FakeCluster {
  const cluster = new FakeCluster();
  applyAll({ cluster }, 'a');
  return cluster;
}

describe('a new life while the API server is away', () => {
  test('waits 10 s, then serves what the last one knew, says how old it is, and is live again later', async () => {
    const cluster = clusterWithAll();
    await livedOnce(cluster);
    const timers = new ManualTimers();
    timers.nowMs = 62_000;
    const opened = open({ cluster, timers });
    const { api, source, start, logged } = opened;
    goAway(api);
    let isStarted = false;
    const starting = start().then(() => (isStarted = true));
    await timers.advance(9_900);
    expect(isStarted).toBe(false);
    await timers.advance(200);
    await starting;
    expect(keysOf(source.objects())).toEqual({
      policies: ['test/a'],
      ingresses: ['test/a'],
      ingressClasses: ['/mattermost'],
      services: ['test/a'],
      endpointSlices: ['test/a-1'],
      secrets: ['test/a'],
    });
    source.want({ secrets: new Set(), configMaps: new Set(['test/a']) });
    await source.settle();
    expect([...source.objects().configMaps.keys()]).toEqual(['test/a']);
    expect(logged('the API server is away')[0]).toMatchObject({ objects: 7, ageSeconds: 72 });
    expect(Math.round(source.watches()[0]?.stalenessSeconds ?? 0)).toBe(72);
    expect(source.stale()).toHaveLength(6);
    expect(source.stale()[0]).toEqual({ kind: 'MattermostIngressPolicy', reason: 'state-cache' });
    api.failures.length = 0;
    cluster.put('services', service('b'));
    cluster.delete('secrets', 'a');
    await timers.advance(60_000);
    expect([...source.objects().services.keys()]).toEqual(['test/a', 'test/b']);
    expect([source.objects().secrets.size, source.stale()]).toEqual([0, []]);
    await source.close();
  });

  test('objects that are the same when it is back stay the very same values', async () => {
    const cluster = clusterWithAll();
    await livedOnce(cluster);
    const { api, timers, source, start } = open({ cluster });
    goAway(api);
    const starting = start();
    await timers.advance(10_100);
    await starting;
    const before = source.objects().policies.get('test/a');
    api.failures.length = 0;
    await timers.advance(60_000);
    expect(source.stale()).toEqual([]);
    expect(source.objects().policies.get('test/a')).toBe(before);
    await source.close();
  });

  test('Secrets that are read by name come from it too', async () => {
    const cluster = clusterWithAll();
    await livedOnce(cluster, { secretsMode: 'named' });
    const { api, timers, source, start } = open({ cluster, secretsMode: 'named' });
    goAway(api);
    const starting = start();
    await timers.advance(10_100);
    await starting;
    source.want({ secrets: new Set(['test/a', 'test/other']), configMaps: new Set() });
    const settling = source.settle();
    await timers.advance(10_000);
    await settling;
    expect([...source.objects().secrets.keys()]).toEqual(['test/a']);
    await source.close();
  });

  test('is in no memory once all was read: keys that were replaced since then are among it', async () => {
    const cluster = clusterWithAll();
    cluster.put('secrets', secret('old', 'x'.repeat(HEAVY_BYTES)));
    await livedOnce(cluster);
    const { api, timers, source, start } = open({ cluster: clusterWithAll() });
    goAway(api);
    const starting = start();
    await timers.advance(10_100);
    await starting;
    const beforeBytes = heldBytes();
    api.failures.length = 0;
    await timers.advance(60_000);
    expect(source.stale()).toEqual([]);
    expect(beforeBytes - heldBytes()).toBeGreaterThan(HEAVY_BYTES / 2);
    await source.close();
  });

  test('one kind that is refused comes from it, all others from the API server', async () => {
    const cluster = clusterWithAll();
    await livedOnce(cluster);
    cluster.denials.push({ plural: 'secrets' });
    cluster.put('services', service('b'));
    const { timers, source, start } = open({ cluster });
    const starting = start();
    await timers.advance(10_100);
    await starting;
    expect([...source.objects().services.keys()]).toEqual(['test/a', 'test/b']);
    expect([...source.objects().secrets.keys()]).toEqual(['test/a']);
    expect(source.stale()).toEqual([{ kind: 'Secret', reason: 'forbidden' }]);
    await source.close();
  });

  test('an API server that answers within 10 s is what counts', async () => {
    const cluster = clusterWithAll();
    await livedOnce(cluster);
    cluster.delete('services', 'a');
    const { source, start, said } = open({ cluster });
    await start();
    expect([source.objects().services.size, said]).toEqual([0, []]);
    await source.close();
  });
});

test.each<[string, (text: string) => string, RegExp]>([
  ['is cut off', (text) => text.slice(0, -10), /digest|cut off/],
  ['lacks a line', (text) => text.split('\n').toSpliced(2, 1).join('\n'), /digest/],
  ['was changed', (text) => text.replace('8065', '8066'), /digest/],
  ['is empty', () => '', /empty/],
  ['is something else', () => 'hello\nworld\n', /digest/],
])('a cache that %s is not used, and the log says why', async (_, spoil, why) => {
  const cluster = clusterWithAll();
  await livedOnce(cluster);
  writeFileSync(file(), spoil(readFileSync(file(), 'utf8')));
  await expectUnused(open({ cluster }), why);
});

test('a cache of another cluster, version or set of options is not used', async () => {
  const cluster = clusterWithAll();
  await livedOnce(cluster);
  await expectUnused(open({ cluster, identity: 'another' }), /another version/);
});

test('a cache behind a symbolic link is not used', async () => {
  const cluster = clusterWithAll();
  await livedOnce(cluster);
  const link = mkdtempSync(join(tmpdir(), 'state-link-'));
  symlinkSync(file(), join(link, 'state.ndjson'));
  await expectUnused(open({ cluster, directory: link }), /ELOOP/);
  rmSync(link, { recursive: true });
});

async function expectUnused(opened: ReturnType<typeof open>, why: RegExp): Promise<void> {
  const { api, timers, source, start, said } = opened;
  goAway(api);
  const starting = start();
  await timers.advance(10_100);
  await eventually(() => expect(said).toHaveLength(1));
  expect(said[0]).toMatchObject({ msg: 'the state cache is not used', problem: expect.stringMatching(why) });
  expect(source.objects().policies.size).toBe(0);
  api.failures.length = 0;
  await timers.advance(60_000);
  await starting;
  expect(source.objects().policies.size).toBe(1);
  await source.close();
}

describe('writing', () => {
  test('is for the owner alone, leaves nothing beside it, and holds no status', async () => {
    await livedOnce(clusterWithAll());
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const text = readFileSync(file(), 'utf8');
    expect(text).toContain('"kind":"Secret"');
    expect(text).not.toContain('written by a controller');
    expect(() => statSync(`${file()}.new`)).toThrow('ENOENT');
  });

  test('comes 2 s after the first of many changes, and again after the next', async () => {
    const cluster = clusterWithAll();
    const { timers, source, start } = open({ cluster });
    await start();
    await timers.advance(2_000);
    await eventually(() => expect(linesOf(readFileSync(file(), 'utf8'))[0]).toMatchObject({ epochMs: 0 }));
    for (let at = 0; at < 100; at += 1) cluster.put('secrets', secret(`s${at}`));
    await timers.advance(1_900);
    expect(readFileSync(file(), 'utf8')).not.toContain('"key":"test/s99"');
    await timers.advance(100);
    await eventually(() => expect(readFileSync(file(), 'utf8')).toContain('"key":"test/s99"'));
    await source.close();
  });

  test('does not happen before everything was read: what was good is not replaced by what is not', async () => {
    const cluster = clusterWithAll();
    await livedOnce(cluster);
    const before = readFileSync(file(), 'utf8');
    cluster.denials.push({ plural: 'secrets' });
    const { timers, source, start } = open({ cluster });
    const starting = start();
    await timers.advance(10_100);
    await starting;
    cluster.put('mattermostingresspolicies', policy('b'));
    await timers.advance(10_000);
    await settled();
    await source.close();
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  test('that fails is said once, and harms nothing', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    chmodSync(blocked, 0o400);
    const cluster = clusterWithAll();
    const { timers, source, start, said } = open({ cluster, directory: blocked });
    await start();
    for (let at = 0; at < 3; at += 1) {
      cluster.put('services', service(`s${at}`));
      await timers.advance(2_000);
      await eventually(() => expect(said.length).toBeGreaterThan(0));
    }
    await source.close();
    expect(said).toMatchObject([{ msg: 'the state cache cannot be written' }]);
    expect(source.objects().services.size).toBe(4);
  });
});
