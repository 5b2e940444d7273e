// The SNAT pool: whose turn it is, who rests, and what is told of it.
import { describe, expect, test } from 'vitest';
import type { AddressRanges } from '../../model/configuration.ts';
import { compileRanges, NO_ADDRESSES } from '../../translate/address-ranges.ts';
import { SourceAddresses, sourceFailureOf } from './source-addresses.ts';

const POOL = ranges('192.0.2.64/28', '2001:db8::/64');
const OWN = ['10.0.0.1', '192.0.2.65', '192.0.2.66', '192.0.2.67', '192.0.2.80', '2001:db8::5', 'fe80::1'];

function ranges(...cidrs: readonly string[]): AddressRanges {
  return compileRanges(cidrs) ?? NO_ADDRESSES;
}

function make(own: readonly string[] = OWN) {
  const world = { own, nowMs: 0, told: [] as string[], looks: 0 };
  const sources = new SourceAddresses({
    ownAddresses: () => {
      world.looks++;
      return world.own;
    },
    nowMs: () => world.nowMs,
    onFailed: (address, failure, isNews) => void world.told.push(`${address} ${failure} ${isNews}`),
  });
  const take = (count: number, pool = POOL) =>
    Array.from({ length: count }, () => sources.next(pool, false)?.split('.').at(-1) ?? 'none').join(' ');
  return { sources, world, take };
}

describe('the turns', () => {
  test('go round the own addresses that lie in the pool', () => {
    expect(make().take(7)).toBe('65 66 67 65 66 67 65');
  });

  test('keep to the family of the endpoint', () => {
    const { sources } = make();
    expect([sources.next(POOL, true), sources.next(POOL, true)]).toEqual(['2001:db8::5', '2001:db8::5']);
    expect(sources.next(ranges('192.0.2.64/28'), true)).toBeUndefined();
  });

  test('of two pools are apart', () => {
    const { take } = make();
    const other = ranges('10.0.0.0/8');
    expect([take(2), take(2, other), take(2)]).toEqual(['65 66', '1 1', '67 65']);
  });

  test('lead nowhere where no own address lies in the pool', () => {
    expect(make(['10.0.0.1']).take(2)).toBe('none none');
  });

  test('follow the interfaces, looked at each ten seconds', () => {
    const { take, world } = make();
    expect(take(1)).toBe('65');
    world.own = ['192.0.2.70'];
    world.nowMs = 9_999;
    expect(take(3)).toBe('66 67 65');
    expect(world.looks).toBe(1);
    world.nowMs = 10_000;
    expect(take(3)).toBe('70 70 70');
    expect(world.looks).toBe(2);
  });
});

describe('an address that fails', () => {
  test.each([
    ['unbindable', 30_000],
    ['exhausted', 1_000],
  ] as const)('%s: rests for %i ms', (failure, restMs) => {
    const { sources, take, world } = make();
    sources.failed('192.0.2.66', failure);
    world.nowMs = restMs - 1;
    expect(take(4)).toBe('65 67 65 67');
    world.nowMs = restMs;
    expect(take(4)).toContain('66');
  });

  test('leaves none where all do', () => {
    const { sources, take } = make();
    for (const last of [65, 66, 67]) sources.failed(`192.0.2.${last}`, 'exhausted');
    expect(take(2)).toBe('none none');
    expect(sources.next(POOL, true)).toBe('2001:db8::5');
  });

  test('is news once, until it has served again', () => {
    const { sources, world } = make();
    sources.failed('192.0.2.66', 'unbindable');
    sources.failed('192.0.2.66', 'unbindable');
    sources.served('192.0.2.65');
    sources.failed('192.0.2.66', 'exhausted');
    sources.served('192.0.2.66');
    sources.failed('192.0.2.66', 'exhausted');
    expect(world.told).toEqual([
      '192.0.2.66 unbindable true',
      '192.0.2.66 unbindable false',
      '192.0.2.66 exhausted false',
      '192.0.2.66 exhausted true',
    ]);
  });

  test('is forgotten when its interface is gone', () => {
    const { sources, take, world } = make();
    sources.failed('192.0.2.66', 'unbindable');
    take(1);
    world.own = ['192.0.2.65'];
    world.nowMs = 10_000;
    take(1);
    world.own = ['192.0.2.66'];
    world.nowMs = 20_000;
    expect(take(1)).toBe('66');
  });
});

test.each([
  ['bind', 'EADDRNOTAVAIL', 'unbindable'],
  ['bind', 'EINVAL', 'unbindable'],
  ['bind', 'EACCES', 'unbindable'],
  ['connect', 'EADDRINUSE', 'exhausted'],
  ['connect', 'EADDRNOTAVAIL', 'exhausted'],
  ['connect', 'ECONNREFUSED', undefined],
  ['connect', 'ENETUNREACH', undefined],
  ['read', 'ECONNRESET', undefined],
])('%s %s: %s', (syscall, code, expected) => {
  expect(sourceFailureOf(Object.assign(new Error(code), { syscall, code }))).toBe(expected);
});
