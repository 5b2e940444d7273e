// Statuses in virtual time: when one is written and when not, and what happens after each sort of failure.
import { describe, expect, test } from 'vitest';
import { accepted, CONTROLLER, StatusScene } from '../../test/support/kube/status-scene.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';

const TEN = Array.from({ length: 10 }, (_, at) => `p${at}`);
const OK: JsonMap = { summary: 'fine', conditions: [accepted('True')] };

describe('what is written', () => {
  test('is applied to the status of the object as it was judged, once', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    const { uid, resourceVersion } = scene.object('chat')['metadata'] as JsonMap;
    scene.want(['chat'], OK);
    await scene.lead();
    await scene.timers.advance(300_000);
    const conditions = [{ ...accepted('True'), lastTransitionTime: '2027-01-15T08:00:02Z' }];
    expect(scene.api.asked).toEqual([
      {
        method: 'PATCH',
        path: '/apis/mattermost-ingress.io/v1alpha1/namespaces/test/mattermostingresspolicies/chat/status',
        object: {
          apiVersion: 'mattermost-ingress.io/v1alpha1',
          kind: 'MattermostIngressPolicy',
          metadata: { namespace: 'test', name: 'chat', uid, resourceVersion },
          status: { ...OK, conditions },
        },
      },
    ]);
    expect(scene.status('chat')).toEqual({ ...OK, conditions });
    expect(scene.written).toBe(1);
  });

  test('keeps the time of a condition whose status is the same, and changes it with the status', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    await scene.lead();
    const times: unknown[] = [];
    for (const condition of [accepted('True', 'other'), accepted('False'), accepted('False', 'other')]) {
      scene.want(['chat'], { conditions: [condition] });
      await scene.timers.advance(10_000);
      const [live] = scene.status('chat')['conditions'] as readonly JsonMap[];
      times.push(live?.['lastTransitionTime']);
    }
    expect(times).toEqual(['2027-01-15T08:00:02Z', '2027-01-15T08:00:13Z', '2027-01-15T08:00:13Z']);
    expect(scene.status('chat')).not.toHaveProperty('summary');
  });

  test('of an Ingress is its list of addresses', async () => {
    const scene = new StatusScene();
    scene.api.cluster.put('ingresses', { metadata: { name: 'web', namespace: 'test' }, spec: {} });
    const uid = 'uid-1';
    const desire = (ingress: readonly JsonMap[], of = uid) => {
      const status = { loadBalancer: { ingress } };
      scene.writer.desire(
        new Map([['i', { kind: 'Ingress', namespace: 'test', name: 'web', uid: of, status }]]),
      );
    };
    desire([{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }]);
    await scene.lead();
    expect(scene.api.cluster.object('ingresses', 'web')?.['status']).toEqual({
      loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'lb.example.com' }] },
    });
    desire([{ ip: '192.0.2.1' }]);
    await scene.timers.advance(10_000);
    expect(scene.written).toBe(2);
  });
});

describe('a wait that ends between two reads of the clock', () => {
  const reads = Array.from({ length: 16 }, (_, at) => at);

  test.each(reads)('is over, and nothing is forgotten: after read %i', async (early) => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    await scene.lead();
    scene.want(['chat'], OK);
    // From here on timers go off with the clock not quite there yet.
    await scene.timers.advance(199);
    scene.earlyReads = early;
    await scene.timers.advance(100);
    expect(scene.sent).toEqual(['chat']);
  });
});

describe('nothing is written', () => {
  test('by a follower, nor before a new leader has settled', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    await scene.timers.advance(120_000);
    scene.writer.lead(true);
    await scene.timers.advance(1_999);
    expect(scene.sent).toEqual([]);
    await scene.timers.advance(1);
    expect(scene.sent).toEqual(['chat']);
  });

  test('by a leader that has stopped leading without having been told', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    scene.isLeader = false;
    await scene.lead();
    expect(scene.sent).toEqual([]);
  });

  test.each<[string, JsonMap]>([
    ['the same, of another time', OK],
    [
      'the same with an ancestor of somebody else',
      {
        ...OK,
        ancestors: [{ controllerName: 'other', kind: 'Ingress', name: 'i', conditions: [accepted('False')] }],
      },
    ],
  ])('by a new leader over what the server has: %s', async (_, live) => {
    const scene = new StatusScene();
    const conditions = (live['conditions'] as readonly JsonMap[]).map((each) => ({
      ...each,
      lastTransitionTime: '2020-01-01T00:00:00Z',
    }));
    scene.policies(['chat'], { ...live, conditions });
    scene.want(['chat'], OK);
    await scene.lead();
    await scene.timers.advance(300_000);
    expect(scene.sent).toEqual([]);
  });

  test('of an object that has changed since it was judged', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    await scene.lead();
    expect(scene.sent).toEqual([]);
    scene.want(['chat'], { conditions: [accepted('True', 'm', 2)] });
    await scene.timers.advance(200);
    expect(scene.sent).toEqual(['chat']);
  });

  test('of an object that is no longer ours: its status stays', async () => {
    const scene = new StatusScene();
    scene.policies(['chat', 'other']);
    scene.want(['chat', 'other'], OK);
    await scene.lead();
    const before = scene.status('chat');
    scene.want(['other'], OK);
    await scene.timers.advance(300_000);
    expect([scene.sent.length, scene.status('chat')]).toEqual([2, before]);
  });

  test('to an object that was created anew, until its own status is wanted', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    await scene.lead();
    scene.api.cluster.delete('mattermostingresspolicies', 'chat');
    scene.policies(['chat']);
    await scene.timers.advance(200_000);
    expect(scene.sent).toEqual(['chat']);
    scene.want(['chat'], OK);
    await scene.timers.advance(200);
    expect([scene.sent.length, scene.status('chat')['summary']]).toEqual([2, 'fine']);
  });

  test('for ever on an older server that drops a field of ours', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    const { cluster } = scene.api;
    const store = cluster.store.bind(cluster);
    cluster.store = (plural, { status: _pruned, ...draft }) =>
      store(plural, { ...draft, metadata: draft.metadata, status: { summary: 'fine' } });
    scene.want(['chat'], OK);
    await scene.lead();
    await scene.timers.advance(600_000);
    expect(scene.sent).toEqual(['chat']);
  });
});

describe('the pace', () => {
  test('is one write in five seconds for an object, and the last wish counts', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], { summary: '0' });
    await scene.lead();
    for (let at = 1; at <= 40; at += 1) {
      scene.want(['chat'], { summary: String(at) });
      await scene.timers.advance(250);
    }
    await scene.timers.advance(5_000);
    expect([scene.sent.length, scene.status('chat')['summary']]).toEqual([4, '40']);
  });

  test('is four writes at once, each object in its turn', async () => {
    const scene = new StatusScene();
    scene.policies(TEN);
    scene.want(TEN, OK);
    scene.api.isHolding = true;
    await scene.lead();
    expect(scene.api.heldCount).toBe(4);
    scene.api.release(1);
    await scene.timers.advance(1);
    expect([scene.api.heldCount, scene.written]).toEqual([4, 1]);
    scene.api.isHolding = false;
    scene.api.release();
    await scene.timers.advance(10);
    expect([...scene.sent].toSorted()).toEqual(TEN);
  });

  test('lets a change during a write be written after it', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    scene.api.isHolding = true;
    await scene.lead();
    scene.want(['chat'], { ...OK, summary: 'late' });
    scene.api.isHolding = false;
    scene.api.release();
    await scene.timers.advance(5_000);
    expect([scene.sent.length, scene.status('chat')]).toEqual([
      2,
      { ...scene.status('chat'), summary: 'late' },
    ]);
  });

  test('gives thousands of objects a status without holding up the thread', async () => {
    const scene = new StatusScene();
    const names = Array.from({ length: 1_000 }, (_, at) => `p${at}`);
    scene.policies(names);
    scene.want(names, OK);
    await scene.lead();
    expect([scene.written, new Set(scene.sent).size]).toEqual([1_000, 1_000]);
  });
});

describe('leading no more', () => {
  test('gives up what is under way and what waits', async () => {
    const scene = new StatusScene();
    scene.policies(TEN);
    scene.want(TEN, OK);
    scene.api.isHolding = true;
    await scene.lead();
    await scene.writer.stop();
    scene.api.isHolding = false;
    scene.api.release();
    await scene.timers.advance(600_000);
    expect([scene.sent, scene.failures]).toEqual([[], []]);
    await scene.lead();
    expect(scene.written).toBe(10);
  });
});

describe('somebody else', () => {
  test('who changes our fields is corrected at the next look', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    await scene.lead();
    scene.overwrite('chat', { ...scene.status('chat'), summary: 'nonsense' });
    await scene.timers.advance(75_000);
    expect(scene.status('chat')['summary']).toBe('fine');
  });

  test('who led before and left a field of ours is cleaned up after, once', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], {
      ...OK,
      hosts: ['a.example.com'],
      ancestors: [{ controllerName: CONTROLLER, kind: 'Ingress', name: 'i' }],
    });
    await scene.lead();
    await scene.writer.stop();
    scene.want(['chat'], OK);
    await scene.lead();
    await scene.timers.advance(300_000);
    expect([Object.keys(scene.status('chat')), scene.sent.length]).toEqual([['summary', 'conditions'], 2]);
  });
});
