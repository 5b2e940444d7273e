// What a reflector does when lists fail, credentials are replaced, and the definition of policies goes away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { policies, services } from '../../src/kube/resource.ts';
import { policy, service } from '../support/kube/cluster-objects.ts';
import type { FakeApiServer, Fault } from '../support/kube/fake-api-server.ts';
import { ReflectorScene } from '../support/kube/reflector-scene.ts';
import type { WatchedOptions } from '../support/kube/watched-kind.ts';

let scene: ReflectorScene;
let server: FakeApiServer;

beforeEach(async () => {
  scene = await ReflectorScene.start();
  server = scene.server;
});

afterEach(() => scene.end());

describe('a list that fails', () => {
  test.each<[string, Fault, string, WatchedOptions]>([
    ['is reset', { kind: 'reset' }, 'connection', {}],
    ['never gets a head', { kind: 'no-head' }, 'timeout', { limits: { answerTimeoutMs: 100 } }],
    ['gets 500', { kind: 'status', status: 500, reason: 'InternalError' }, 'server', {}],
    ['gets 403', { kind: 'status', status: 403, reason: 'Forbidden' }, 'forbidden', {}],
  ])('%s: nothing is known before it was read', async (_, fault, reason, options) => {
    server.cluster.put('services', service('first'));
    server.fault('list', 'services', fault, fault);
    const kind = await scene.watch(services, options);
    await kind.until(() => kind.failures.length > 0);
    expect(kind.reflector.isSynced).toBe(kind.reflector.store.size > 0);
    await kind.watching();
    // Where time is short, a pause of this process is one more failure of the same sort.
    const count = options.limits === undefined ? 2 : kind.reasons.length;
    expect(kind.reasons).toEqual(Array(count).fill(reason));
  });

  test('begins anew when its continue token has expired', async () => {
    for (let at = 0; at < 1200; at += 1) server.cluster.put('services', service(`s${at}`));
    server.fault('list', 'services', { kind: 'trickle' }, { kind: 'status', status: 410, reason: 'Expired' });
    const kind = await scene.watch(services);
    await kind.watching();
    expect(kind.reasons).toEqual([]);
    const continued = server.seen('list', 'services').map(({ query }) => query.has('continue'));
    expect(continued).toEqual([false, true, false, true, true]);
  });
});

function tokenFileUser(file: string): string {
  return `{auth-provider: {name: tokenFile, config: {tokenFile: ${file}}}}`;
}

describe('credentials', () => {
  test('a token that was replaced is read again after a 401', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'token-'));
    const file = join(folder, 'token');
    writeFileSync(file, 'token-1\n');
    const kind = await scene.watchServices({ user: tokenFileUser(file) });
    server.tokens = ['token-2'];
    server.endWatches();
    await kind.until(() => kind.reasons.includes('unauthorized'));
    writeFileSync(file, 'token-2\n');
    scene.change();
    await kind.watching();
    expect(server.requests.at(-1)?.authorization).toBe('Bearer token-2');
    rmSync(folder, { recursive: true });
  });

  test('a token file that is gone for a while is waited for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'token-'));
    const file = join(folder, 'token');
    server.cluster.put('services', service('first'));
    const kind = await scene.watch(services, { user: tokenFileUser(file) });
    await kind.until(() => kind.reasons.includes('credentials'));
    writeFileSync(file, 'token-1');
    await kind.watching();
    expect(kind.reasons.every((reason) => reason === 'credentials')).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

describe('policies do not vanish unnoticed', () => {
  test('a definition that is not there yet is waited for', async () => {
    server.cluster.serve('mattermostingresspolicies', false);
    const kind = await scene.watch(policies);
    await kind.until(() => kind.failures.length >= 3);
    expect({ reason: kind.reasons[0], isSynced: kind.reflector.isSynced }).toEqual({
      reason: 'not-found',
      isSynced: false,
    });
    server.cluster.serve('mattermostingresspolicies', true);
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    await kind.watching();
    expect(kind.reflector.isSynced).toBe(true);
  });

  test('the definition is deleted, and with it every policy: they stay as they were', async () => {
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    server.cluster.put('mattermostingresspolicies', policy('other'));
    const kind = await scene.watch(policies);
    await kind.watching();
    server.cluster.serve('mattermostingresspolicies', false);
    await kind.until(() => kind.reasons.filter((reason) => reason === 'not-found').length >= 3);
    expect([...kind.reflector.store.objects().keys()]).toEqual(['test/chat', 'test/other']);
  });

  test('a policy that its owner deletes goes once a list has confirmed it', async () => {
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    server.cluster.put('mattermostingresspolicies', policy('other'));
    const kind = await scene.watch(policies);
    await kind.watching();
    server.cluster.delete('mattermostingresspolicies', 'chat');
    server.cluster.put('mattermostingresspolicies', policy('new'));
    await kind.inStep();
    expect({ missed: kind.missed, reasons: kind.reasons }).toEqual({ missed: 0, reasons: [] });
  });

  test('the right to read them is taken away: they stay', async () => {
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    const kind = await scene.watch(policies);
    await kind.watching();
    const forbidden: Fault = { kind: 'status', status: 403, reason: 'Forbidden' };
    server.fault('watch', 'mattermostingresspolicies', ...Array.from({ length: 3 }, () => forbidden));
    server.endWatches();
    await kind.until(() => kind.failures.length === 3);
    expect(kind.reflector.store.objects().size).toBe(1);
    await kind.watching();
  });
});
