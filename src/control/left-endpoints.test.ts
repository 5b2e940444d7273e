// Endpoints that have left are told of as long as somebody is connected to them.
import { expect, test } from 'vitest';
import { changes, healthScene, placed } from '../../test/support/health-scene.ts';

test('an endpoint with WebSockets is told of until the last one ends', () => {
  const { monitor, state, facts } = healthScene();
  monitor.update(changes(placed(['a', 'b'])));
  state.row(0).addTunnels(0, 3);
  facts.nowMs += 1000;
  monitor.update(changes(placed(['b'], {}, 1)));
  expect(monitor.left.list).toMatchObject([
    { slot: 0, endpoint: { name: 'a' }, sinceMs: facts.nowMs, webSocketsAtDrain: 3 },
  ]);
  state.row(0).addTunnels(0, -2);
  expect(monitor.left.list).toHaveLength(1);
  state.row(0).addTunnels(0, -1);
  expect(monitor.left.list).toEqual([]);
  // Who is counted in the slot from now on is somebody else's.
  state.row(0).addTunnels(0, 1);
  expect(monitor.left.list).toEqual([]);
});

test('one that nobody was connected to is not, nor one that is back', () => {
  const { monitor, state } = healthScene();
  monitor.update(changes(placed(['a', 'b'])));
  state.row(1).addTunnels(1, 1);
  monitor.update({ set: [], removed: ['chat/mattermost'] });
  expect(monitor.left.list.map(({ endpoint }) => endpoint.name)).toEqual(['b']);
  monitor.update(changes(placed(['a', 'b'])));
  expect(monitor.left.list).toEqual([]);
});
