// The whole monitor: what it writes for workers, and whom it ejects.
import { describe, expect, test } from 'vitest';
import { changes, CHECK, fail, healthScene, placed, TIMEOUT } from '../../test/support/health-scene.ts';
import { HEALTH } from '../decide/test-objects.ts';
import type { Backend } from '../model/configuration.ts';

describe('checks', () => {
  test('take users from an endpoint that fails, and give them back', async () => {
    const { monitor, facts, advance, states } = healthScene();
    monitor.update(changes(placed(['a', 'b'])));
    await advance(5000);
    expect([states(2), facts.changes]).toEqual([['ready', 'ready'], 0]);
    facts.answers.set('b', TIMEOUT);
    await advance(4000);
    expect([states(2), facts.changes, monitor.unhealthyCount('chat/mattermost')]).toEqual([
      ['ready', 'unhealthy'],
      1,
      1,
    ]);
    facts.answers.delete('b');
    await advance(3000);
    expect([states(2), facts.changes]).toEqual([['ready', 'ready'], 2]);
    expect(facts.lines.map((line) => JSON.parse(line).msg)).toEqual([
      'endpoint gets no users',
      'endpoint takes users',
    ]);
  });

  test('are not made where none are wanted', async () => {
    const { monitor, facts, advance } = healthScene();
    monitor.update(changes(placed(['a'], { health: HEALTH })));
    await advance(60_000);
    expect(facts.asked).toEqual([]);
  });

  test('of an endpoint that is gone end', async () => {
    const { monitor, facts, advance } = healthScene();
    facts.answers.set('a', 'silence');
    monitor.update(changes(placed(['a', 'b'])));
    await advance(1000);
    expect(facts.running).toBe(1);
    monitor.update(changes(placed(['b'], {}, 1)));
    expect(facts.running).toBe(0);
    monitor.update({ set: [], removed: ['chat/mattermost'] });
    facts.asked = [];
    await advance(10_000);
    expect(facts.asked).toEqual([]);
  });

  test('that timed out while this thread itself was late say nothing', async () => {
    const { monitor, facts, advance, states, hanging } = healthScene();
    facts.answers.set('a', 'silence');
    monitor.update(changes(placed(['a'])));
    for (let time = 0; time < 5; time++) {
      await advance(1500);
      // The timer of the check fires as late as everything else.
      facts.nowMs += CHECK.timeoutMs + 300;
      hanging.get('a')?.(TIMEOUT);
    }
    expect(new Set(facts.checks)).toEqual(new Set(['inconclusive']));
    expect(states(1)).toEqual(['ready']);
    for (let time = 0; time < 3; time++) {
      await advance(1500);
      hanging.get('a')?.(TIMEOUT);
    }
    expect(states(1)).toEqual(['unhealthy']);
  });

  test('of 1,000 endpoints that all hang stay within their bound', async () => {
    const { monitor, facts, advance } = healthScene();
    const addresses = Array.from({ length: 1000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    for (const address of addresses) facts.answers.set(address, 'silence');
    monitor.update(changes(placed(addresses)));
    await advance(30_000);
    expect([facts.mostRunning, facts.asked.length]).toEqual([64, 64]);
  });

  test('of 1,000 endpoints begin spread over a second at least', async () => {
    const { monitor, facts, advance } = healthScene();
    monitor.update(changes(placed(Array.from({ length: 1000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`))));
    await advance(1000);
    expect(facts.asked.length).toBeLessThanOrEqual(500);
    await advance(1200);
    expect(new Set(facts.asked).size).toBe(1000);
  });
});

describe('ejection', () => {
  const SILENT: Partial<Backend> = { health: { ...HEALTH, slowStartMs: 0 } };

  test('after failures in a row over all workers, for its time', async () => {
    const { monitor, facts, state, advance, states } = healthScene();
    monitor.update(changes(placed(['a', 'b', 'c'], SILENT)));
    fail(state, 1, 3, 0);
    fail(state, 1, 1, 1);
    await advance(200);
    expect(states(3)).toEqual(['ready', 'ready', 'ready']);
    fail(state, 1, 1, 1);
    await advance(200);
    expect(states(3)).toEqual(['ready', 'ejected', 'ready']);
    await advance(29_700);
    expect(states(3)).toEqual(['ready', 'ejected', 'ready']);
    await advance(300);
    expect([states(3), facts.ejections]).toEqual([['ready', 'ready', 'ready'], ['ejected']]);
  });

  test('an answer in between saves it', async () => {
    const { monitor, state, advance, states } = healthScene();
    monitor.update(changes(placed(['a', 'b'], SILENT)));
    for (let time = 0; time < 10; time++) {
      fail(state, 1, 4);
      state.row(1).endpointAnswered(1);
      await advance(200);
      state.row(0).endpointAnswered(1);
    }
    expect(states(2)).toEqual(['ready', 'ready']);
  });

  test('no more than the share, and held back ones are counted', async () => {
    const { monitor, facts, state, advance, states } = healthScene();
    monitor.update(changes(placed(['a', 'b', 'c', 'd'], SILENT)));
    for (const slot of [0, 1, 2, 3]) fail(state, slot, 5);
    await advance(200);
    expect(states(4)).toEqual(['ejected', 'ejected', 'ready', 'ready']);
    expect(facts.ejections).toEqual(['ejected', 'ejected', 'held-back', 'held-back']);
    await advance(5000);
    expect(facts.ejections).toHaveLength(4);
  });

  test('what failed before and while it was ejected does not eject it again', async () => {
    const { monitor, facts, state, advance, states } = healthScene();
    monitor.update(changes(placed(['a', 'b'], SILENT)));
    fail(state, 0, 5);
    await advance(200);
    fail(state, 0, 7);
    await advance(30_000);
    expect(states(2)).toEqual(['ready', 'ready']);
    fail(state, 0, 1);
    await advance(200);
    expect([states(2), facts.ejections]).toEqual([['ready', 'ready'], ['ejected']]);
  });
});

describe('slots', () => {
  test('one that another endpoint gets is clean before the workers hear of it', async () => {
    const { monitor, facts, state, advance, states } = healthScene();
    facts.answers.set('a', TIMEOUT);
    monitor.update(changes(placed(['a', 'b'])));
    fail(state, 0, 4);
    await advance(5000);
    expect(states(2)).toEqual(['unhealthy', 'ready']);
    monitor.update(changes(placed(['b'], {}, 1)));
    const other = placed(['c', 'd'], { key: 'chat/other' });
    monitor.update(changes({ ...other, slots: [0, 2] }));
    expect(states(3)).toEqual(['ready', 'ready', 'ready']);
    fail(state, 0, 1);
    await advance(2000);
    expect(states(3)).toEqual(['ready', 'ready', 'ready']);
  });

  test('an endpoint that gets no users gets none while the workers have not heard yet that it has left', async () => {
    const { monitor, facts, state, advance, states } = healthScene();
    facts.answers.set('a', TIMEOUT);
    monitor.update(changes(placed(['a', 'b', 'c'])));
    fail(state, 1, 5);
    await advance(5000);
    expect(states(3)).toEqual(['unhealthy', 'ejected', 'ready']);
    const version = state.health.healthVersion();
    monitor.update(changes(placed(['c'], {}, 2)));
    expect(states(3)).toEqual(['unhealthy', 'ejected', 'ready']);
    // Nobody has to look through his endpoints again.
    expect(state.health.healthVersion()).toBe(version);
    monitor.update({ set: [], removed: ['chat/mattermost'] });
    expect(states(2)).toEqual(['unhealthy', 'ejected']);
  });

  test('the same endpoint under other settings keeps what is known of it', async () => {
    const { monitor, facts, advance, state } = healthScene();
    facts.answers.set('a', TIMEOUT);
    monitor.update(changes(placed(['a', 'b'])));
    await advance(5000);
    const next = placed(['a', 'b'], { key: 'chat/mattermost/2', loadBalancing: 'Random' }, 10);
    monitor.update({ set: [next], removed: ['chat/mattermost'] });
    expect([state.health.state(10), state.health.state(11)]).toEqual(['unhealthy', 'ready']);
  });
});

describe('slow start', () => {
  const SLOW: Partial<Backend> = { health: { ...HEALTH, slowStartMs: 10_000 } };

  test('of one that is added beside others, not of those there were at first', async () => {
    const { monitor, advance, states, state } = healthScene();
    monitor.update(changes(placed(['a', 'b'], SLOW)));
    expect(states(2)).toEqual(['ready', 'ready']);
    monitor.update(changes(placed(['a', 'b', 'c'], SLOW)));
    expect(states(3)).toEqual(['ready', 'ready', 'slow-start']);
    await advance(5000);
    expect(state.health.stateAgeMs(2, 1_005_000)).toBe(5000);
    await advance(5100);
    expect(states(3)).toEqual(['ready', 'ready', 'ready']);
    expect(state.health.isAnyStartingSlowly()).toBe(false);
  });

  test('one that goes in the middle of it leaves nothing behind', () => {
    const { monitor, state } = healthScene();
    monitor.update(changes(placed(['a'], SLOW)));
    monitor.update(changes(placed(['a', 'b'], SLOW)));
    monitor.update(changes(placed(['a'], SLOW)));
    expect(state.health.isAnyStartingSlowly()).toBe(false);
  });
});

test('a drain goes on where a change of settings makes another backend of the same endpoints', () => {
  const { monitor, state, facts } = healthScene();
  const [chat, other] = ['chat', 'other'].map((key) => {
    const { backend } = placed(['a']);
    const endpoints = backend.endpoints.map((endpoint) => ({ ...endpoint, state: 'draining' as const }));
    return { ...backend, key, endpoints };
  });
  if (chat === undefined || other === undefined) throw new Error('Unreachable');
  monitor.update(changes({ backend: chat, slots: [0] }));
  facts.nowMs += 5000;
  monitor.update(changes({ backend: other, slots: [1] }));
  expect(state.health.drainingMs(1, facts.nowMs)).toBe(5000);
});

test('a drain is noted with its time and the WebSockets of its start, and forgotten where it is called off', () => {
  const { monitor, state, facts } = healthScene();
  const inState = (each: 'ready' | 'draining') => {
    const { backend, slots } = placed(['a']);
    const endpoints = backend.endpoints.map((endpoint) => ({ ...endpoint, state: each }));
    return changes({ backend: { ...backend, endpoints }, slots });
  };
  monitor.update(inState('ready'));
  expect(monitor.at(0)?.drain).toBeUndefined();
  state.row(0).addTunnels(0, 7);
  monitor.update(inState('draining'));
  const began = { sinceMs: facts.nowMs, webSockets: 7 };
  facts.nowMs += 5000;
  state.row(0).addTunnels(0, -3);
  monitor.update(inState('draining'));
  expect(monitor.at(0)?.drain).toEqual(began);
  // Whichever worker asks, and however late it began.
  expect(state.health.drainingMs(0, facts.nowMs)).toBe(5000);
  monitor.update(inState('ready'));
  expect(monitor.at(0)?.drain).toBeUndefined();
});
