// A reflector against an API server on which everything goes wrong, one thing at a time, over TLS:
// whatever happened, the store ends up equal to a fresh list, and the failure had the name it should have.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endpointSlices, policies, secrets, services } from '../../src/kube/resource.ts';
import { policy, secret, service, slice } from '../support/kube/cluster-objects.ts';
import type { FakeApiServer, Fault } from '../support/kube/fake-api-server.ts';
import { ReflectorScene } from '../support/kube/reflector-scene.ts';
import type { ApiProtocols } from '../support/kube/tls-listener.ts';
import type { WatchedOptions } from '../support/kube/watched-kind.ts';

let scene: ReflectorScene;
let server: FakeApiServer;

beforeEach(async () => {
  scene = await ReflectorScene.start();
  server = scene.server;
});

afterEach(() => scene.end());

describe('without faults', () => {
  test('a list and then changes as they come, by HTTP/1.1, with our name and bookmarks asked for', async () => {
    const kind = await scene.watchServices();
    scene.change();
    await kind.inStep();
    expect(kind.reflector.store.objects().get('test/first')?.ports[0]?.port).toBe(9000);
    expect({ reasons: kind.reasons, missed: kind.missed }).toEqual({ reasons: [], missed: 0 });
    const [watching] = server.seen('watch', 'services');
    expect(watching).toMatchObject({
      httpVersion: '1.1',
      userAgent: 'test',
      authorization: 'Bearer token-1',
    });
    expect(watching?.query.get('allowWatchBookmarks')).toBe('true');
    const timeoutSeconds = Number(watching?.query.get('timeoutSeconds'));
    expect(timeoutSeconds).toBeGreaterThanOrEqual(240);
    expect(timeoutSeconds).toBeLessThanOrEqual(480);
    expect(server.seen('list', 'services')).toHaveLength(1);
  });

  test('uid, generation, creation time and labels come through; status and managed fields do not', async () => {
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    server.cluster.put('endpointslices', slice('chat'));
    const [policiesKind, slices] = [await scene.watch(policies), await scene.watch(endpointSlices)];
    await Promise.all([policiesKind.inStep(), slices.inStep()]);
    const kept = policiesKind.reflector.store.objects().get('test/chat');
    expect(kept).toEqual({
      apiVersion: 'mattermost-ingress.io/v1alpha1',
      kind: 'MattermostIngressPolicy',
      metadata: {
        name: 'chat',
        namespace: 'test',
        uid: 'uid-1',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: policy('chat')['spec'],
    });
    expect(slices.reflector.store.objects().get('test/chat-1')).toMatchObject({
      metadata: { uid: 'uid-2', labels: { 'kubernetes.io/service-name': 'chat' } },
      serviceName: 'chat',
    });
  });

  test('what changes only our status changes nothing', async () => {
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    const kind = await scene.watch(policies);
    await kind.watching();
    const before = kind.reflector.store.objects().get('test/chat');
    const changes = kind.changes;
    const metadata = { ...policy('chat').metadata };
    server.cluster.put('mattermostingresspolicies', {
      ...policy('chat'),
      metadata,
      status: { summary: 'other' },
    });
    await kind.inStep();
    // The fake server counts a generation for it, which the real one does not.
    expect(kind.changes - changes).toBeLessThanOrEqual(1);
    expect(kind.reflector.store.objects().get('test/chat')?.['status']).toBeUndefined();
    expect(before?.['status']).toBeUndefined();
  });

  test('10,000 objects come in pages of 500', async () => {
    for (let at = 0; at < 10_000; at += 1) server.cluster.put('endpointslices', slice(`s${at}`));
    const kind = await scene.watch(endpointSlices);
    await kind.watching();
    expect(kind.reflector.store.objects().size).toBe(10_000);
    expect(server.seen('list', 'endpointslices')).toHaveLength(20);
    server.cluster.delete('endpointslices', 's77-1');
    await kind.inStep();
  });

  test('one namespace only, and no Secrets of Helm and service accounts', async () => {
    server.cluster.put('secrets', secret('mine', 'x', 'test'));
    server.cluster.put('secrets', secret('release', 'x', 'test', 'helm.sh/release.v1'));
    server.cluster.put('secrets', secret('theirs', 'x', 'other'));
    const kind = await scene.watch(secrets, { namespace: 'test' });
    await kind.until(() => server.watchCount('secrets') > 0);
    server.cluster.put('secrets', secret('token', 'x', 'test', 'kubernetes.io/service-account-token'));
    server.cluster.put('secrets', secret('late', 'x', 'test'));
    await kind.until(() => kind.reflector.store.size === 2);
    expect(Object.keys(kind.known()).toSorted()).toEqual(['test/late', 'test/mine']);
    expect(server.requests.every(({ path }) => path === '/api/v1/namespaces/test/secrets')).toBe(true);
  });
});

describe.each<ApiProtocols>(['HTTP/2 and HTTP/1.1', 'HTTP/1.1'])('an API server with %s', (protocols) => {
  beforeEach(async () => {
    if (protocols !== 'HTTP/1.1') return;
    await scene.end();
    scene = await ReflectorScene.start(protocols);
    server = scene.server;
  });

  describe('a watch that fails', () => {
    const gone: Fault = { kind: 'status', status: 410, reason: 'Expired' };
    test.each<[string, readonly Fault[], string, Partial<WatchedOptions>]>([
      ['is reset before its head', [{ kind: 'reset' }], 'connection', {}],
      ['never gets a head', [{ kind: 'no-head' }], 'timeout', { limits: { answerTimeoutMs: 100 } }],
      ['falls silent', [{ kind: 'silent' }], 'stalled', { timing: { firstStallMs: 200 } }],
      ['is reset in the middle of a line', [{ kind: 'half-line', end: 'reset' }], 'connection', {}],
      ['ends in the middle of a line', [{ kind: 'half-line', end: 'fin' }], 'connection', {}],
      ['gets 410', [gone], 'expired', {}],
      ['gets 410 as an event', [{ kind: 'error-event', status: 410, reason: 'Expired' }], 'expired', {}],
      ['gets 500', [{ kind: 'status', status: 500, reason: 'InternalError' }], 'server', {}],
      ['gets 500 as an event', [{ kind: 'error-event', status: 500, reason: 'InternalError' }], 'server', {}],
      ['gets 504', [{ kind: 'status', status: 504, reason: 'Timeout' }], 'server', {}],
      ['gets 403', [{ kind: 'status', status: 403, reason: 'Forbidden' }], 'forbidden', {}],
      ['gets 429', [{ kind: 'status', status: 429, reason: 'TooManyRequests' }], 'throttled', {}],
      ['gets the page of a gateway', [{ kind: 'garbage' }], 'malformed', {}],
      ['fails again and again', [gone, { kind: 'reset' }, gone, { kind: 'garbage' }, gone], 'expired', {}],
    ])('%s', async (_, faults, reason, options) => {
      const kind = await scene.watchServices(options);
      server.fault('watch', 'services', ...faults);
      server.endWatches();
      await kind.until(() => kind.failures.length >= faults.length);
      scene.change();
      await kind.watching();
      expect(kind.reasons[0]).toBe(reason);
      // Where time is short, a pause of this process is one more failure of the same sort.
      if (Object.keys(options).length > 0) expect(new Set(kind.reasons)).toEqual(new Set([reason]));
      else expect(kind.reasons).toHaveLength(faults.length);
      expect({ recoveries: kind.recoveries > 0, missed: kind.missed }).toEqual({
        recoveries: true,
        missed: 0,
      });
    });

    test('is a failure where the server ends it as soon as it began, and gets longer pauses each time', async () => {
      server.fault('watch', 'services', ...Array.from({ length: 4 }, (): Fault => ({ kind: 'short' })));
      server.cluster.put('services', service('first'));
      const kind = await scene.watch(services, { timing: { shortWatchMs: 60_000 } });
      await kind.watching();
      expect(kind.reasons).toEqual(['closed', 'closed', 'closed', 'closed']);
      expect(server.seen('list', 'services')).toHaveLength(1);
    });

    test('waits as long as the server asks for', async () => {
      const kind = await scene.watchServices();
      server.fault('watch', 'services', {
        kind: 'status',
        status: 429,
        reason: 'TooManyRequests',
        retryAfter: 1,
      });
      server.endWatches();
      await kind.until(() => kind.failures.length === 1);
      expect(kind.waits[0]).toBeGreaterThanOrEqual(1000);
      expect(kind.failures[0]).toMatchObject({ reason: 'throttled', status: 429, retryAfterMs: 1000 });
      scene.change();
      await kind.watching();
    });

    test('goes on from where it was, without a list, when the server ends it as agreed', async () => {
      const kind = await scene.watchServices();
      server.bookmark();
      server.endWatches();
      scene.change();
      await kind.watching();
      expect(server.seen('list', 'services')).toHaveLength(1);
      expect(kind.reasons).toEqual([]);
    });

    test('goes on from the last bookmark when nothing else was said', async () => {
      const kind = await scene.watchServices();
      for (let at = 0; at < 5; at += 1) server.cluster.put('secrets', secret('elsewhere', String(at)));
      server.bookmark('services');
      const { version } = server.cluster;
      await kind.until(() => server.watchCount('services') === 1);
      // Older versions are gone: without the bookmark this would be a 410.
      server.cluster.compact();
      server.endWatches();
      await kind.until(() => server.seen('watch', 'services').length === 2);
      scene.change();
      await kind.watching();
      expect(server.seen('watch', 'services')[1]?.query.get('resourceVersion')).toBe(version);
      expect(kind.reasons).toEqual([]);
    });
  });

  describe('events', () => {
    test.each<[string, Fault]>([
      ['cut into single bytes, in the middle of characters', { kind: 'trickle' }],
      ['that come twice', { kind: 'duplicate' }],
      ['in the wrong order', { kind: 'reorder' }],
    ])('%s', async (_, fault) => {
      server.fault('watch', 'services', fault);
      const kind = await scene.watchServices();
      server.cluster.put('services', {
        ...service('second'),
        metadata: { name: 'second', namespace: 'test', labels: { city: 'Köln-東京-🦆' } },
      });
      server.cluster.put('services', service('first', 9000));
      server.cluster.put('services', service('third'));
      server.cluster.delete('services', 'third');
      await kind.inStep();
      expect(kind.reflector.store.objects().get('test/second')?.metadata.labels).toEqual({
        city: 'Köln-東京-🦆',
      });
      expect(kind.reasons).toEqual([]);
    });

    test('an object that was deleted and created anew in the gap has its new uid', async () => {
      const kind = await scene.watchServices();
      await server.stop();
      server.cluster.delete('services', 'first');
      server.cluster.put('services', service('first'));
      server.cluster.compact();
      await server.listen();
      await kind.watching();
      expect(kind.reflector.store.objects().get('test/first')?.metadata.uid).toBe('uid-2');
    });

    test('that never come are found by the check, counted, and made good', async () => {
      // By no watch, as a check may have ended the first one before there is anything to lose.
      const drop: Fault = { kind: 'drop', name: 'lost' };
      server.fault('watch', 'services', ...Array.from({ length: 100 }, () => drop));
      const kind = await scene.watchServices({ timing: { relistMs: [700, 700] } });
      server.cluster.put('services', service('lost'));
      server.cluster.put('services', service('seen'));
      await kind.inStep();
      expect(kind.missed).toBe(1);
      expect(server.seen('list', 'services').at(-1)?.query.get('resourceVersionMatch')).toBe('Exact');
      const lists = server.seen('list', 'services').length;
      scene.change();
      await kind.until(() => server.seen('list', 'services').length > lists + 1);
      await kind.inStep();
      expect({ missed: kind.missed, reasons: kind.reasons }).toEqual({ missed: 1, reasons: [] });
    });
  });

  test('is spoken to by HTTP/1.1', async () => {
    await scene.watchServices();
    expect(new Set(server.requests.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['1.1']));
  });
});

test('an API server that speaks nothing but HTTP/2 is a failure that says so', async () => {
  const own = await ReflectorScene.start('HTTP/2');
  const kind = await own.watch(services);
  await kind.until(() => kind.failures.length > 0);
  expect(kind.failures[0]).toMatchObject({
    reason: 'connection',
    message: expect.stringContaining('HTTP/1.1'),
  });
  expect(own.server.requests).toEqual([]);
  await own.end();
});

test('stop ends the request and resolves', async () => {
  const kind = await scene.watchServices();
  await kind.stop();
  await kind.until(() => server.watchCount('services') === 0);
  expect(kind.reasons).toEqual([]);
});
