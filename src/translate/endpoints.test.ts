// Which endpoints of which slices are usable, in what state, under which identity.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EndpointConditions, EndpointSlice, SliceEndpoint } from '../api/objects.ts';
import { compileRanges, NO_ADDRESSES } from './address-ranges.ts';
import { collectEndpoints, type EndpointSettings } from './endpoints.ts';
import type { Problem } from './problem.ts';
import { brief, slice } from './test-objects.ts';

const SETTINGS: EndpointSettings = { deniedEndpoints: NO_ADDRESSES, stickyKeys: [Buffer.from('k')] };

function collect(slices: readonly EndpointSlice[], settings = SETTINGS, port = 'http') {
  const problems: Problem[] = [];
  const set = collectEndpoints(slices, port, settings, (problem) => problems.push(problem));
  const states = set.endpoints.map(({ identity, state }) => `${identity} ${state}`);
  return { ...set, states, problems };
}

function endpoint(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return { addresses: [address], conditions: {}, ...more };
}

describe('usable is (serving, else ready, else true) and not terminating', () => {
  const cases: readonly (readonly [EndpointConditions, 'ready' | 'draining' | 'left out'])[] = [
    [{}, 'ready'],
    [{ ready: true }, 'ready'],
    [{ ready: false }, 'left out'],
    [{ ready: false, serving: true }, 'ready'],
    [{ ready: true, serving: false }, 'left out'],
    [{ ready: true, serving: true, terminating: false }, 'ready'],
    [{ ready: false, serving: true, terminating: true }, 'draining'],
    [{ ready: false, serving: false, terminating: true }, 'left out'],
    [{ ready: false, terminating: true }, 'left out'],
    // The operator's Service publishes addresses that are not ready: ready stays true while the pod ends.
    [{ ready: true, serving: true, terminating: true }, 'draining'],
  ];
  test.each(cases)('%j is %s', (conditions, expected) => {
    const { endpoints, unreadyCount } = collect([slice('chat/one', [endpoint('10.0.0.1', { conditions })])]);
    expect(endpoints.map(({ state }) => state)).toEqual(expected === 'left out' ? [] : [expected]);
    expect(unreadyCount).toBe(expected === 'left out' ? 1 : 0);
  });
});

describe('identity and name', () => {
  test.each([
    [
      'pod and port',
      endpoint('10.0.0.1', { targetUid: 'uid-1', targetName: 'node-1' }),
      'uid-1:8065',
      'node-1',
    ],
    ['address and port', endpoint('10.0.0.1'), '10.0.0.1:8065', '10.0.0.1:8065'],
    ['IPv6 address and port', endpoint('2001:db8::1'), '[2001:db8::1]:8065', '[2001:db8::1]:8065'],
    ['an IPv4-mapped address is IPv4', endpoint('::ffff:10.0.0.1'), '10.0.0.1:8065', '10.0.0.1:8065'],
  ])('%s', (_, each, identity, name) => {
    expect(collect([slice('chat/one', [each])]).endpoints).toMatchObject([{ identity, name, port: 8065 }]);
  });

  test('one pod at two ports is two endpoints', () => {
    const pod = endpoint('10.0.0.1', { targetUid: 'uid-1' });
    const slices = [
      slice('chat/one', [pod]),
      slice('chat/two', [pod], { ports: [{ name: 'http', port: 9000 }] }),
    ];
    expect(collect(slices).states).toEqual(['uid-1:8065 ready', 'uid-1:9000 ready']);
  });
});

describe('slices', () => {
  test.each([
    ['of another port name', { ports: [{ name: 'metrics', port: 8067 }] }],
    ['of another protocol', { ports: [{ name: 'http', port: 8065, protocol: 'UDP' }] }],
    ['without ports', { ports: [] }],
  ])('%s give nothing', (_, more) => {
    expect(collect([slice('chat/one', [endpoint('10.0.0.1')], more)])).toMatchObject({
      states: [],
      problems: [],
    });
  });

  test('an unnamed port is found by the empty name', () => {
    const unnamed = slice('chat/one', [endpoint('10.0.0.1')], { ports: [{ name: '', port: 8065 }] });
    expect(collect([unnamed], SETTINGS, '').states).toEqual(['10.0.0.1:8065 ready']);
  });

  test('DNS names are refused', () => {
    const fqdn = slice('chat/one', [endpoint('db.example.com')], { addressType: 'FQDN' });
    expect(collect([fqdn])).toMatchObject({ states: [] });
    expect(brief(collect([fqdn]).problems)).toEqual(['EndpointForbidden spec.route.service']);
  });

  test.each([['127.0.0.1'], ['::ffff:127.0.0.1'], ['127.255.255.255']])(
    'forbidden address %s is refused',
    (address) => {
      const settings = { ...SETTINGS, deniedEndpoints: compileRanges(['127.0.0.0/8']) ?? NO_ADDRESSES };
      const { states, problems } = collect(
        [slice('chat/one', [endpoint(address), endpoint('10.0.0.1')])],
        settings,
      );
      expect(states).toEqual(['10.0.0.1:8065 ready']);
      expect(brief(problems)).toEqual(['EndpointForbidden spec.route.service']);
    },
  );

  test.each([['localhost'], [''], ['010.0.0.1'], ['fe80::1%eth0']])(
    'what is no address is left out: %j',
    (address) => {
      const { states, problems } = collect([slice('chat/one', [endpoint(address), endpoint('10.0.0.1')])]);
      expect(states).toEqual(['10.0.0.1:8065 ready']);
      expect(problems).toHaveLength(1);
    },
  );
});

describe('one endpoint in several slices', () => {
  const pod = { targetUid: 'uid-1' };

  test('does not come back from terminating', () => {
    const stale = endpoint('10.0.0.1', { ...pod, conditions: { ready: true } });
    const ending = endpoint('10.0.0.1', {
      ...pod,
      conditions: { ready: false, serving: true, terminating: true },
    });
    expect(collect([slice('chat/one', [ending]), slice('chat/two', [stale])]).states).toEqual([
      'uid-1:8065 draining',
    ]);
  });

  test('of two families is reached by IPv4', () => {
    const slices = [
      slice('chat/one', [endpoint('2001:db8::1', pod)]),
      slice('chat/two', [endpoint('10.0.0.1', pod)]),
    ];
    expect(collect(slices).endpoints).toMatchObject([{ address: '10.0.0.1' }]);
  });

  test('is the same in whatever order the slices come', () => {
    const conditions = fc.record(
      { ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() },
      { requiredKeys: [] },
    );
    const seen = fc.record({
      address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1'),
      conditions,
      uid: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 6 }), (sightings) => {
        const slices = sightings.map(({ address, conditions: each, uid }, at) =>
          slice(`chat/${at}`, [endpoint(address, { conditions: each, targetUid: uid })]),
        );
        expect(collect(slices.toReversed()).endpoints).toEqual(collect(slices).endpoints);
      }),
    );
  });
});
