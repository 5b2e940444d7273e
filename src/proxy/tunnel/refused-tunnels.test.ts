// Who is refused by the rules of now leaves, whatever happens meanwhile to its node or its site. No sockets, no time.
import { beforeEach, describe, expect, test } from 'vitest';
import { admission, endpoint, webSocketCloses } from '../../decide/test-objects.ts';
import { closedOf, reasonsOf, TunnelWorld } from './test-tunnels.ts';

const A = endpoint('a');
const B = endpoint('b');
const DRAINING_A = endpoint('a', { state: 'draining' });
const SECOND = 1000;

let world: TunnelWorld;
beforeEach(() => {
  world = new TunnelWorld();
  world.serve({}, [A, B]);
});

describe('who is refused leaves, though the cause is gone for which others would have left', () => {
  const webSockets = webSocketCloses({
    onPolicyChange: 'Recheck',
    reconnects: { perSecond: 1, maxSpreadMs: 60 * SECOND },
  });
  const nobody = { webSockets, admission: admission([]) };

  test.each<readonly [string, () => void, () => void]>([
    [
      'a node that was draining',
      () => world.serve(nobody, [DRAINING_A, B]),
      () => world.serve(nobody, [A, B]),
    ],
    ['a site that was away', () => world.serve(undefined), () => world.serve(nobody)],
  ])('%s', (_, goes, comesBack) => {
    world.serve({ webSockets, admission: admission([], { defaultAction: 'Allow' }) });
    const tunnels = world.open(50, 'a');
    world.serve(nobody);
    goes();
    world.advance(35 * SECOND);
    expect(closedOf(tunnels).length).toBeLessThan(50);
    comesBack();
    world.advance(60 * SECOND);
    expect(closedOf(tunnels)).toHaveLength(50);
    expect(reasonsOf(tunnels)).toEqual(['1008 policy-changed']);
  });
});
