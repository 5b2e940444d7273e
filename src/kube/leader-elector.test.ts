// The election in virtual time: takeover, deadline, release, and records that are gone or strange.
// Two replicas under random faults are in test/feature/kube-flapping.test.ts.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Election } from '../../test/support/kube/electors.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { ApiFailure } from './api-failure.ts';

let election: Election;

beforeEach(() => {
  election = new Election();
});

afterEach(() => election.end());

describe('the first replica', () => {
  test('makes the Lease and leads at once', async () => {
    const first = await election.join('a');
    expect(first.changes).toEqual([{ isLeader: true, atMs: 0 }]);
    expect(election.spec()).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2027-01-15T08:00:00.000000Z',
      renewTime: '2027-01-15T08:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  test('renews within every two seconds, and stays the only one', async () => {
    const [first, second] = [await election.join('a'), await election.join('b')];
    let renewed: unknown;
    for (let at = 0; at < 30; at += 1) {
      await election.timers.advance(2_000);
      expect(election.spec()['renewTime']).not.toBe(renewed);
      renewed = election.spec()['renewTime'];
    }
    expect([first.changes.length, second.changes.length]).toEqual([1, 0]);
    expect(election.spec()).toMatchObject({
      holderIdentity: 'a',
      acquireTime: '2027-01-15T08:00:00.000000Z',
    });
  });
});

describe('a leader that crashes', () => {
  test.each([
    [0, 0, 0],
    [0.999, 0.999, 0],
    [0.999, 0, 3_600_000],
    [0, 0.999, -3_600_000],
  ])(
    'is followed after 15 to 17 s (chances %s and %s, wall clock wrong by %s ms)',
    async (first, second, skewMs) => {
      const [leader, follower] = [
        await election.join('a', 0, () => first),
        await election.join('b', skewMs, () => second),
      ];
      for (let round = 0; round < 20; round += 1) {
        const before = election.spec()['renewTime'];
        await election.timers.next();
        if (round > 10 && election.spec()['renewTime'] !== before) break;
      }
      const crashedMs = election.timers.nowMs;
      leader.crash();
      await election.timers.advance(17_000);
      const [took] = follower.changes;
      expect({ isLeader: follower.elector.isLeader, old: leader.elector.isLeader }).toEqual({
        isLeader: true,
        old: false,
      });
      expect((took?.atMs ?? 0) - crashedMs).toBeGreaterThanOrEqual(13_000);
      expect(leader.changes.at(-1)?.atMs).toBeLessThan(took?.atMs ?? 0);
      expect(election.spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    },
  );

  test('stops leading ten seconds after its last renewal began, whoever tells it', async () => {
    const leader = await election.join('a');
    leader.crash();
    await election.timers.advance(9_999);
    expect(leader.elector.isLeader).toBe(true);
    await election.timers.advance(1);
    expect(leader.changes).toEqual([
      { isLeader: true, atMs: 0 },
      { isLeader: false, atMs: 10_000 },
    ]);
  });

  test('does not lead when it wakes after a stop, even before its timers run', async () => {
    const leader = await election.join('a');
    election.timers.nowMs += 10_000;
    expect(leader.elector.isLeader).toBe(false);
  });
});

test('a lapse that no timer has told is told before the lead begins anew', async () => {
  const leader = await election.join('a');
  // As in a process that was stopped: the timer of the renewal is due before that of the deadline.
  election.timers.nowMs = 10_500;
  await election.timers.next();
  expect(leader.changes).toEqual([
    { isLeader: true, atMs: 0 },
    { isLeader: false, atMs: 10_500 },
    { isLeader: true, atMs: 10_500 },
  ]);
});

describe('a release', () => {
  test('ends leading at once, and the successor follows within two seconds', async () => {
    const [first, second] = [await election.join('a'), await election.join('b')];
    await election.timers.advance(5_000);
    const released = first.elector.release();
    expect(first.elector.isLeader).toBe(false);
    await released;
    expect(election.spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await election.timers.advance(2_000);
    expect([second.elector.isLeader, first.elector.isLeader]).toEqual([true, false]);
    expect(election.spec()).toMatchObject({
      holderIdentity: 'b',
      leaseTransitions: 1,
      leaseDurationSeconds: 15,
    });
  });

  test('by one who does not lead changes nothing', async () => {
    const [, second] = [await election.join('a'), await election.join('b')];
    await second.elector.release();
    expect(election.spec()).toMatchObject({ holderIdentity: 'a' });
    expect(election.api.asked.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  test('without an API server ends all the same', async () => {
    const leader = await election.join('a');
    leader.crash();
    let isDone = false;
    void leader.elector.release().then(() => (isDone = true));
    await election.timers.advance(5_000);
    expect(isDone).toBe(true);
  });
});

describe('a renewal', () => {
  test('that was done though its answer was lost does not cost the lead', async () => {
    const leader = await election.join('a');
    const known = election.api.cluster.object('leases', 'controller');
    // As the lost renewal would: the holder is the same, the version another.
    election.api.cluster.store('leases', { ...known, metadata: { name: 'controller', namespace: 'test' } });
    await election.timers.advance(30_000);
    expect({ changes: leader.changes.length, failures: leader.failures }).toEqual({
      changes: 1,
      failures: [],
    });
  });

  test('on top of somebody else ends the lead at once', async () => {
    const leader = await election.join('a');
    const spec = { ...election.spec(), holderIdentity: 'someone' };
    election.api.cluster.store('leases', { spec, metadata: { name: 'controller', namespace: 'test' } });
    await election.timers.advance(2_000);
    expect(leader.changes.map(({ isLeader }) => isLeader)).toEqual([true, false]);
  });

  test('that fails now and then is tried again before the deadline', async () => {
    const leader = await election.join('a');
    for (let at = 0; at < 5; at += 1) {
      election.api.failures.push(new ApiFailure('server', 'no'), new ApiFailure('connection', 'no'));
      await election.timers.advance(12_000);
    }
    expect({ changes: leader.changes.length, failed: leader.failures.length }).toEqual({
      changes: 1,
      failed: 10,
    });
  });
});

describe('a Lease', () => {
  test('that is deleted is made anew by its holder, and by another only after a lease', async () => {
    const [first, second] = [await election.join('a'), await election.join('b')];
    await election.timers.advance(4_000);
    election.api.cluster.delete('leases', 'controller');
    await election.timers.advance(10_000);
    expect([first.elector.isLeader, second.changes]).toEqual([true, []]);
    expect(election.spec()).toMatchObject({ holderIdentity: 'a' });
  });

  test.each([
    ['no spec at all', {}],
    ['types nobody foresaw', { holderIdentity: 7, leaseDurationSeconds: 'long', leaseTransitions: null }],
    ['a released one', { holderIdentity: '', leaseDurationSeconds: 1 }],
  ])('with %s is taken at once', async (_, spec) => {
    election.api.cluster.store('leases', { spec, metadata: { name: 'controller', namespace: 'test' } });
    const first = await election.join('a');
    expect(first.elector.isLeader).toBe(true);
  });

  test.each([
    [30, 30_000],
    [1_000_000, 60_000],
  ])('of another that says %s s is respected, as far as that is sensible', async (seconds, expectedMs) => {
    const spec = { holderIdentity: 'z', leaseDurationSeconds: seconds };
    election.api.cluster.store('leases', { spec, metadata: { name: 'controller', namespace: 'test' } });
    const first = await election.join('a');
    await election.timers.advance(expectedMs - 1);
    expect(first.elector.isLeader).toBe(false);
    await election.timers.advance(1);
    expect(first.elector.isLeader).toBe(true);
  });

  test('that may not be touched is asked for slowly, until it may', async () => {
    const forbidden = Array.from({ length: 3 }, () => new ApiFailure('forbidden', 'no'));
    election.api.failures.push(...forbidden);
    const first = await election.join('a');
    await election.timers.advance(22_499);
    expect(election.api.asked.length).toBe(3);
    await election.timers.advance(1);
    await settled();
    expect([first.elector.isLeader, first.failures.length]).toEqual([true, 3]);
  });
});
