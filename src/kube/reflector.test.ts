// The reflector in virtual time: stalls, checks, pauses, and policies that must not vanish.
// Every sort of failure over a real connection is in test/feature/kube-reflector.test.ts.
import { describe, expect, test } from 'vitest';
import { policy, secret, service } from '../../test/support/kube/cluster-objects.ts';
import type { FakeApi } from '../../test/support/kube/fake-api.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { runReflector } from '../../test/support/kube/virtual-reflector.ts';
import { ApiFailure } from './api-failure.ts';
import { policies, services } from './resource.ts';

describe('a watch', () => {
  test('that only bookmarks keep alive is not given up; one that falls silent is, after 90 s', async () => {
    const { api, timers, seen, end } = runReflector(services);
    await settled();
    for (let minute = 0; minute < 4; minute += 1) {
      await timers.advance(60_000);
      api.bookmark();
      await settled();
    }
    expect({ failures: seen.failures, requests: api.queries.length }).toEqual({ failures: [], requests: 2 });
    await timers.advance(89_999);
    expect(seen.failures).toEqual([]);
    await timers.advance(1);
    expect(seen.failures).toEqual(['stalled']);
    await end();
  });

  test('gets 150 s before the first bookmark', async () => {
    const { timers, seen, end } = runReflector(services);
    await settled();
    await timers.advance(149_999);
    expect(seen.failures).toEqual([]);
    await timers.advance(1);
    expect(seen.failures).toEqual(['stalled']);
    await end();
  });

  test('is checked by an exact list, at a drawn time from 10 to 30 minutes', async () => {
    const { api, timers, seen, end } = runReflector(services, () => 0);
    await settled();
    for (let minute = 0; minute < 10; minute += 1) {
      api.bookmark();
      await timers.advance(60_000);
    }
    const checks = api.queries.filter(({ resourceVersionMatch }) => resourceVersionMatch === 'Exact');
    expect({ checks, failures: seen.failures }).toMatchObject({
      checks: [{ resourceVersion: '1000' }],
      failures: [],
    });
    await end();
  });

  test('is checked at the newest version it saw, also where an older event came after it', async () => {
    const { api, timers, seen, end } = runReflector(services, () => 0);
    await settled();
    for (let minute = 0; minute < 9; minute += 1) {
      api.bookmark();
      await timers.advance(60_000);
    }
    api.eventFaults.push('hold');
    api.cluster.put('services', service('late'));
    api.cluster.put('services', service('early'));
    await timers.advance(60_000);
    const checks = api.queries.filter(({ resourceVersionMatch }) => resourceVersionMatch === 'Exact');
    expect({ checks, missed: seen.missed }).toMatchObject({
      checks: [{ resourceVersion: '1002' }],
      missed: 0,
    });
    await end();
  });

  test.each([
    ['is history', (api: FakeApi) => api.cluster.compact()],
    [
      'cannot be asked for',
      (api: FakeApi) => api.failures.push(new ApiFailure('refused', 'no such parameter')),
    ],
  ])('is checked by a list of today where its version %s', async (_, prevent) => {
    const { api, timers, seen, known, wanted, end } = runReflector(services, () => 0);
    await settled();
    api.eventFaults.push('drop');
    api.cluster.put('services', service('lost'));
    for (let minute = 0; minute < 10; minute += 1) {
      api.bookmark();
      await timers.advance(59_000);
    }
    // The server moves on, and this watch has not heard of it.
    api.cluster.put('secrets', secret('elsewhere'));
    prevent(api);
    await timers.advance(10_000);
    expect(known()).toEqual(wanted());
    expect(seen).toMatchObject({ failures: [], missed: 0 });
    await end();
  });

  test('goes on while the lists that would check it fail', async () => {
    const { api, timers, seen, known, wanted, end } = runReflector(services, () => 0);
    await settled();
    for (let minute = 0; minute < 10; minute += 1) {
      api.bookmark();
      await timers.advance(59_900);
    }
    // Of today and of then: etcd is too slow for either, while watches are served from memory.
    api.failures.push(...Array.from({ length: 2 }, () => new ApiFailure('server', 'took too long')));
    await timers.advance(10_000);
    api.cluster.put('services', service('new'));
    await settled();
    expect(known()).toEqual(wanted());
    expect(seen).toMatchObject({ failures: ['server'], recoveries: 1 });
    await end();
  });

  test('that said nothing at all is followed by a list: the server was restored from a copy', async () => {
    const { api, timers, seen, known, wanted, end } = runReflector(services);
    api.cluster.put('services', service('before'));
    await settled();
    const copy = Number(api.cluster.version);
    api.cluster.put('services', service('lost'));
    api.bookmark();
    await settled();
    api.cluster.restoreTo(copy);
    api.break(new ApiFailure('connection', 'reset'));
    await timers.advance(30_000);
    api.cluster.put('services', service('after'));
    await timers.advance(180_000);
    expect([known(), seen.missed]).toEqual([wanted(), 0]);
    await end();
  });

  test('pauses grow to 30 s, and are short again after two good minutes', async () => {
    const { api, timers, seen, end } = runReflector(services, () => 0.999);
    await settled();
    api.failures.push(
      ...Array.from({ length: 8 }, () => new ApiFailure('server', 'The API server answered 500')),
    );
    api.break();
    await settled();
    while (seen.waits.length < 9) await timers.next();
    expect(seen.waits.map((ms) => Math.round(ms / 100) / 10)).toEqual([
      0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30,
    ]);
    await timers.advance(30_000);
    await timers.advance(121_000);
    api.break(new ApiFailure('connection', 'reset'));
    await settled();
    expect(Math.round(seen.waits.at(-1) ?? 0)).toBe(799);
    await end();
  });

  test('an older server answers "too new": the list is read again', async () => {
    const { api, timers, seen, known, wanted, end } = runReflector(services);
    await settled();
    api.failures.push(new ApiFailure('too-new', 'Too large resource version'));
    api.break(new ApiFailure('connection', 'reset'));
    api.cluster.put('services', service('a'));
    for (let steps = 0; steps < 2; steps += 1) await timers.next();
    expect(seen.failures).toEqual(['connection', 'too-new']);
    expect(known()).toEqual(wanted());
    await end();
  });
});

describe('policies', () => {
  test('a deletion waits for the list that confirms it, 2 s later; others go on at once', async () => {
    const { api, timers, reflector, seen, end } = runReflector(policies);
    api.cluster.put('mattermostingresspolicies', policy('a'));
    api.cluster.put('mattermostingresspolicies', policy('b'));
    await settled();
    api.cluster.delete('mattermostingresspolicies', 'a');
    api.cluster.put('mattermostingresspolicies', policy('c'));
    await timers.advance(1_900);
    expect([...reflector.store.objects().keys()]).toEqual(['test/a', 'test/b', 'test/c']);
    await timers.advance(100);
    expect([...reflector.store.objects().keys()]).toEqual(['test/b', 'test/c']);
    // The watch goes on from the list, and another deletion is confirmed as this one was.
    expect(api.queries.at(-1)).toMatchObject({ watch: 'true', resourceVersion: api.cluster.version });
    api.cluster.delete('mattermostingresspolicies', 'b');
    await timers.advance(2_000);
    expect([...reflector.store.objects().keys()]).toEqual(['test/c']);
    expect(seen).toMatchObject({ failures: [], missed: 0 });
    await end();
  });

  test('taken away with their definition stay for as long as it is away', async () => {
    const { api, timers, reflector, seen, end } = runReflector(policies);
    api.cluster.put('mattermostingresspolicies', policy('a'));
    await settled();
    api.cluster.serve('mattermostingresspolicies', false);
    await timers.advance(3_600_000);
    expect([...reflector.store.objects().keys()]).toEqual(['test/a']);
    expect(new Set(seen.failures)).toEqual(new Set(['not-found']));
    api.cluster.serve('mattermostingresspolicies', true);
    api.cluster.put('mattermostingresspolicies', policy('b'));
    await timers.advance(30_000);
    expect([...reflector.store.objects().keys()]).toEqual(['test/b']);
    await end();
  });
});

test('what was known in another life is not taken over once a list was read', async () => {
  const { api, reflector, known, end } = runReflector(services);
  api.cluster.put('services', service('live'));
  await settled();
  const before = known();
  const [record] = reflector.store.records();
  if (record === undefined) throw new Error('Nothing was read');
  reflector.seed([{ ...record, key: 'test/old' }], 60_000);
  expect([known(), reflector.isSeeded]).toEqual([before, false]);
  await end();
});
