// Policies that change more than once under open WebSockets: each is judged by what it showed itself, however long ago.
import { beforeEach, describe, expect, test } from 'vitest';
import { admission, endpoint, rule, secretHeader, webSocketCloses } from '../../decide/test-objects.ts';
import { closedOf, reasonsOf, TunnelWorld } from './test-tunnels.ts';

const SECOND = 1000;

let world: TunnelWorld;
beforeEach(() => {
  world = new TunnelWorld();
  world.serve({}, [endpoint('a'), endpoint('b')]);
});

describe('a policy that changed step by step', () => {
  const app = (values: Readonly<Record<string, string>>) => ({
    admission: admission([rule('app', { headers: [secretHeader('x-secret', values)] })]),
  });
  const byApp = { verdict: { rule: 'app', secretKeys: ['current'] }, from: '198.51.100.1' };

  test('a secret that went on under another key is still the one that was shown', () => {
    world.serve(app({ current: 'one' }));
    const tunnels = world.open(3, 'a', byApp);
    world.serve(app({ former: 'one', current: 'two' }));
    const rotated = world.open(3, 'b', byApp);
    world.advance(2 * SECOND);
    expect(closedOf([...tunnels, ...rotated])).toEqual([]);
    world.serve(app({ current: 'two' }));
    world.advance(2 * SECOND);
    expect([reasonsOf(tunnels), closedOf(rotated)]).toEqual([['1008 policy-changed'], []]);
  });

  test('who was kept is judged as soon as that is wanted, by what he showed himself', () => {
    const rules = (cookie: string) => admission([rule('app', { cookies: [{ name: cookie, shape: 'Any' }] })]);
    world.serve({ admission: rules('A') });
    const tunnels = world.open(3, 'a', { verdict: { rule: 'app', secretKeys: undefined } });
    const strict = rules('B');
    world.serve({ admission: strict });
    const showed = world.open(3, 'b', { verdict: { rule: 'app', secretKeys: undefined } });
    world.advance(2 * SECOND);
    expect(closedOf(tunnels)).toEqual([]);
    world.serve({ admission: strict, webSockets: webSocketCloses({ onPolicyChange: 'Recheck' }) });
    world.advance(2 * SECOND);
    expect([reasonsOf(tunnels), closedOf(showed)]).toEqual([['1008 policy-changed'], []]);
  });
});
