// What the status writer does after each sort of failure, in virtual time.
import { describe, expect, test } from 'vitest';
import { accepted, StatusScene } from '../../test/support/kube/status-scene.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { ApiFailure } from './api-failure.ts';

const TEN = Array.from({ length: 10 }, (_, at) => `p${at}`);
const OK: JsonMap = { summary: 'fine', conditions: [accepted('True')] };

describe('a write that fails', () => {
  test('because the view lags is tried again when the view has caught up', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.lagging.set('chat', scene.object('chat'));
    scene.policies(['chat'], { summary: 'of the leader before' });
    scene.want(['chat'], { summary: 'mine' });
    await scene.lead();
    await scene.timers.advance(20_000);
    expect(scene.failures).toEqual(['conflict']);
    expect([scene.status('chat'), scene.log]).toEqual([{ summary: 'of the leader before' }, []]);
    scene.lagging.clear();
    await scene.timers.advance(30_000);
    expect(scene.status('chat')).toEqual({ summary: 'mine' });
  });

  test('because the object is gone is not asked for again before the next look', async () => {
    const scene = new StatusScene();
    scene.policies(['chat']);
    scene.want(['chat'], OK);
    scene.api.failures.push(new ApiFailure('not-found', 'gone'));
    await scene.lead();
    await scene.timers.advance(25_000);
    expect(scene.sent.length).toBe(1);
    await scene.timers.advance(50_000);
    expect([scene.sent.length, scene.written, scene.log]).toEqual([2, 1, []]);
  });

  test('because a right is missing names the right once, and holds back what needs it', async () => {
    const scene = new StatusScene();
    scene.policies(TEN);
    scene.want(TEN, OK);
    scene.api.failures.push(...Array.from({ length: 8 }, () => new ApiFailure('forbidden', 'no')));
    await scene.lead();
    await scene.timers.advance(40_000);
    expect(scene.sent.length).toBe(4);
    await scene.timers.advance(110_000);
    expect(scene.written).toBe(10);
    expect(scene.log.map(({ msg, remedy }) => ({ msg, remedy }))).toEqual([
      {
        msg: 'statuses may not be written',
        remedy: 'Grant the controller patch on mattermostingresspolicies/status in namespace test',
      },
      { msg: 'statuses may be written again', remedy: undefined },
    ]);
  });

  test('because the server is overloaded holds back all for as long as it asks', async () => {
    const scene = new StatusScene();
    scene.policies(TEN);
    scene.want(TEN, OK);
    scene.api.failures.push(new ApiFailure('throttled', 'slow down', { retryAfterMs: 30_000 }));
    await scene.lead();
    const first = scene.sent.length;
    await scene.timers.advance(26_000);
    expect([first <= 4, scene.sent.length]).toEqual([true, first]);
    await scene.timers.advance(10_000);
    expect(scene.written).toBe(10);
  });

  test.each(['connection', 'timeout', 'unauthorized', 'credentials'] as const)(
    'by %s is said once and tried until it is done',
    async (reason) => {
      const scene = new StatusScene();
      scene.policies(TEN);
      scene.want(TEN, OK);
      scene.api.failures.push(...Array.from({ length: 30 }, () => new ApiFailure(reason, 'away')));
      await scene.lead();
      await scene.timers.advance(300_000);
      expect([scene.written, scene.failures.length]).toEqual([10, 30]);
      expect(scene.log.map(({ msg }) => msg)).toEqual([
        'statuses cannot be written; tried again',
        'statuses are written again',
      ]);
    },
  );

  test.each([502, 503, 504])(
    'since what is before the API server answers %s is said once, and holds back all',
    async (status) => {
      const scene = new StatusScene();
      scene.policies(TEN);
      scene.want(TEN, OK);
      scene.api.failures.push(
        ...Array.from({ length: 8 }, () => new ApiFailure('server', 'away', { status })),
      );
      await scene.lead();
      expect(scene.failures.length).toBeLessThanOrEqual(8);
      await scene.timers.advance(300_000);
      expect([scene.written, scene.failures.length]).toEqual([10, 8]);
      expect(scene.log.map(({ msg }) => msg)).toEqual([
        'statuses cannot be written; tried again',
        'statuses are written again',
      ]);
    },
  );

  test('for one object only does not hold up the others', async () => {
    const scene = new StatusScene();
    scene.policies(TEN);
    scene.want(TEN, OK);
    scene.api.failures.push(new ApiFailure('server', 'field not declared in schema', { status: 500 }));
    await scene.lead();
    expect(scene.written).toBeGreaterThanOrEqual(9);
    await scene.timers.advance(10_000);
    expect(scene.written).toBe(10);
    expect(scene.log).toMatchObject([
      { name: 'p0', msg: 'a status cannot be written; tried again', status: 500 },
    ]);
  });
});

test('a server that was restored from a copy gets the statuses once more', async () => {
  const scene = new StatusScene();
  scene.policies(TEN);
  const copy = Number(scene.api.cluster.version);
  scene.want(TEN, OK);
  await scene.lead();
  await scene.timers.advance(60_000);
  scene.api.cluster.restoreTo(copy);
  expect(scene.status('p0')).toEqual({});
  await scene.timers.advance(400_000);
  expect([scene.written, scene.status('p0'), scene.status('p9')]).toMatchObject([
    20,
    { summary: 'fine' },
    { summary: 'fine' },
  ]);
  await scene.timers.advance(600_000);
  expect([scene.written, scene.failures]).toEqual([20, []]);
});
