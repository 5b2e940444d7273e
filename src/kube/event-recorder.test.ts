// Events in virtual time: what is told once, told again, held back and dropped.
import { describe, expect, test } from 'vitest';
import { EventScene, note } from '../../test/support/kube/event-scene.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { ApiFailure } from './api-failure.ts';

async function leading(): Promise<EventScene> {
  const scene = new EventScene();
  scene.recorder.lead(true);
  await settled();
  return scene;
}

function many(count: number, reason?: string) {
  return Array.from({ length: count }, (_, at) => note(`i${at}`, reason));
}

describe('an Event', () => {
  test('says what the API asks for', async () => {
    const scene = await leading();
    await scene.tell(note('web'));
    expect(scene.api.asked).toEqual([
      {
        method: 'POST',
        path: '/apis/events.k8s.io/v1/namespaces/test/events',
        object: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { namespace: 'test', name: expect.stringMatching(/^web\.[0-9a-f]+$/) },
          eventTime: '2027-01-15T08:00:02.000000Z',
          reportingController: 'mattermost-ingress.io/controller',
          reportingInstance: 'pod-1',
          type: 'Warning',
          action: 'Translate',
          reason: 'Conflicted',
          regarding: {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'Ingress',
            namespace: 'test',
            name: 'web',
            uid: 'uid-web',
          },
          note: 'text',
        },
      },
    ]);
    expect(scene.told).toEqual(['web Conflicted 1']);
  });

  test('about an object of no namespace lives in namespace default', async () => {
    const scene = await leading();
    const { regarding, ...rest } = note('nginx');
    await scene.tell({ ...rest, regarding: { ...regarding, kind: 'IngressClass', namespace: '' } });
    expect(scene.api.asked).toMatchObject([{ path: '/apis/events.k8s.io/v1/namespaces/default/events' }]);
    expect(scene.told).toEqual(['nginx Conflicted 1']);
  });

  test.each([
    ['a', 2_000],
    ['é', 1_000],
    ['😀', 600],
    ['a', 1_024],
  ])('is cut between characters (%s, %s times)', async (character, times) => {
    const scene = await leading();
    await scene.tell(note('web', 'Conflicted', character.repeat(times)));
    const text = scene.api.asked[0]?.object['note'] as string;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(1015);
    expect(text.replaceAll(character, '')).toBe(Buffer.byteLength(character) * times > 1024 ? ' …' : '');
    expect(scene.told).toEqual(['web Conflicted 1']);
  });
});

describe('a note', () => {
  test('that stays is told once, one that comes back is counted', async () => {
    const scene = await leading();
    for (let at = 0; at < 3; at += 1) await scene.tell(note('web'), note('api'));
    expect(scene.told).toEqual(['web Conflicted 1', 'api Conflicted 1']);
    await scene.tell(note('api'));
    await scene.timers.advance(60_000);
    await scene.tell(note('web'), note('api'));
    expect(scene.told.toSorted()).toEqual(['api Conflicted 1', 'web Conflicted 2']);
    const [patch] = scene.api.asked.filter(({ method }) => method === 'PATCH');
    expect(patch?.object).toEqual({ series: { count: 2, lastObservedTime: '2027-01-15T08:01:10.000000Z' } });
  });

  test('whose Event is gone when it comes back is told by a new one', async () => {
    const scene = await leading();
    await scene.tell(note('web'));
    await scene.tell();
    const [key = ''] = scene.api.cluster.objectsOf('events').keys();
    scene.api.cluster.delete('events', key.split('/')[1] ?? '');
    await scene.tell(note('web'));
    expect(scene.told).toEqual(['web Conflicted 1']);
  });

  test('of what lasts is kept from ending: it is told again every half hour', async () => {
    const scene = await leading();
    await scene.tell(note('web'));
    for (let minute = 2; minute <= 29; minute += 1) {
      await scene.timers.advance(58_000);
      await scene.tell(note('web'));
    }
    expect([scene.told, scene.api.asked.length]).toEqual([['web Conflicted 1'], 1]);
    await scene.timers.advance(120_000);
    await scene.tell(note('web'));
    expect(scene.told).toEqual(['web Conflicted 2']);
    await scene.tell(note('web'));
    expect(scene.told).toEqual(['web Conflicted 2']);
  });

  test('is told by the leader alone, and by a new one once', async () => {
    const scene = new EventScene();
    await scene.tell(note('web'));
    expect(scene.told).toEqual([]);
    scene.recorder.lead(true);
    await settled();
    expect(scene.told).toEqual(['web Conflicted 1']);
    await scene.recorder.stop();
    await scene.tell(note('web'), note('api'));
    expect(scene.told.length).toBe(1);
    scene.recorder.lead(true);
    await settled();
    expect(scene.told).toEqual(['web Conflicted 1', 'api Conflicted 1']);
  });

  test('is not told by a leader that stopped leading without having been told', async () => {
    const scene = await leading();
    scene.isLeader = false;
    await scene.tell(note('web'));
    expect(scene.api.asked).toEqual([]);
  });

  test('that is over before its turn is not told', async () => {
    const scene = await leading();
    await scene.tell(...many(100));
    expect(scene.told.length).toBe(50);
    await scene.tell();
    await scene.timers.advance(60_000);
    expect(scene.told.length).toBeLessThan(60);
  });

  test('that passes at once is not told: objects of one set come one by one', async () => {
    const scene = await leading();
    scene.recorder.tell([note('web', 'ServiceNotFound')]);
    await scene.timers.advance(900);
    await scene.tell();
    expect(scene.told).toEqual([]);
  });
});

describe('the pace', () => {
  test('is fifty at once, then five a second', async () => {
    const scene = await leading();
    await scene.tell(...many(100));
    expect(scene.told.length).toBe(50);
    await scene.timers.advance(2_000);
    expect(scene.told.length).toBe(60);
    await scene.timers.advance(8_000);
    expect(scene.told.length).toBe(100);
  });

  test('is 25 for one object, then one in five minutes', async () => {
    const scene = await leading();
    for (let at = 0; at < 40; at += 1) {
      await scene.tell(note('web', 'Conflicted', `text ${at}`));
      await scene.timers.advance(1_000);
    }
    expect(scene.told.length).toBe(25);
    await scene.timers.advance(300_000);
    await scene.tell(note('web', 'Conflicted', 'late'), note('api'));
    expect(scene.told.length).toBe(27);
    expect(scene.recorder.dropped).toBe(15);
  });

  test('has a queue that ends', async () => {
    const scene = await leading();
    scene.api.isHolding = true;
    await scene.tell(...many(3_000));
    expect(scene.recorder.dropped).toBe(2_000);
  });
});

describe('a failure', () => {
  test('of the server is waited for, and the Event written once', async () => {
    const scene = await leading();
    scene.api.failures.push(new ApiFailure('connection', 'away'), new ApiFailure('timeout', 'slow'));
    await scene.tell(note('web'));
    await scene.timers.advance(60_000);
    expect(scene.told).toEqual(['web Conflicted 1']);
    expect(new Set(scene.api.asked.map(({ object }) => JSON.stringify(object['metadata']))).size).toBe(1);
  });

  test('that says the Event is there already counts as told', async () => {
    const scene = await leading();
    scene.api.failures.push(new ApiFailure('conflict', 'exists'));
    await scene.tell(note('web'));
    await scene.tell(note('web'));
    expect([scene.api.asked.length, scene.log]).toEqual([1, []]);
  });

  test('for lack of a right is said once and not tried at once again', async () => {
    const scene = await leading();
    scene.api.failures.push(new ApiFailure('forbidden', 'no'));
    await scene.tell(...many(10));
    await scene.tell(...many(10));
    expect(scene.api.asked.length).toBe(1);
    expect(scene.log).toMatchObject([
      { remedy: 'Grant the controller create and patch on events in namespace test' },
    ]);
    await scene.timers.advance(60_000);
    await scene.tell(...many(10));
    expect(scene.told.length).toBe(10);
  });

  test('since its namespace is gone or about to go is nothing to tell anybody', async () => {
    const scene = await leading();
    scene.api.failures.push(new ApiFailure('not-found', 'being terminated'));
    await scene.tell(note('web'));
    await scene.tell(note('web'));
    expect([scene.api.asked.length, scene.log]).toEqual([1, []]);
  });

  test('of one Event does not stop the others, and is not repeated', async () => {
    const scene = await leading();
    scene.api.failures.push(new ApiFailure('refused', 'invalid', { status: 422 }));
    await scene.tell(note('bad'), note('good'));
    await scene.tell(note('bad'), note('good'));
    expect([scene.told, scene.api.asked.length]).toEqual([['good Conflicted 1'], 2]);
    expect(scene.log).toMatchObject([{ msg: 'an event cannot be written', regarding: { name: 'bad' } }]);
  });

  test('does not keep the recorder from stopping', async () => {
    const scene = await leading();
    scene.api.isHolding = true;
    await scene.tell(...many(3));
    await scene.recorder.stop();
    expect([scene.told, scene.log]).toEqual([[], []]);
  });
});
