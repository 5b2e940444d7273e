// Limits by source: their place in the order of decisions, who is counted with whom, and what a connection is counted as.
import { describe, expect, test } from 'vitest';
import type { OpenSite, SourceLimits } from '../model/configuration.ts';
import { type Client, noCharges } from '../model/request.ts';
import { allocateSourceMemory } from '../model/source-table.ts';
import { decide, type DecideSettings } from './decide.ts';
import { SourceLimiter } from './limits.ts';
import {
  address,
  admission,
  client,
  COOKIE,
  openSite,
  outcomeOf,
  ranges,
  request,
  serving,
  SETTINGS,
  site,
  webSocket,
} from './test-objects.ts';

const NONE: SourceLimits = {
  requestsPerSecond: 0,
  burst: 0,
  connections: 0,
  webSockets: 0,
  exempt: undefined,
};
const GET = request('GET /');

function limited(limits: Partial<SourceLimits>, more: Partial<OpenSite> = {}): OpenSite {
  return openSite({ limits: { ...NONE, ...limits }, ...more });
}

/** A worker's limiter at a time that a test moves. */
function gate(): DecideSettings & { readonly clock: { nowMs: number } } {
  const clock = { nowMs: 5_000 };
  const sources = new SourceLimiter(allocateSourceMemory(1, 64, Buffer.alloc(8, 1)), 0, () => clock.nowMs);
  return { ...SETTINGS, sources, clock };
}

/** A connection of its own. */
function from(peer: string, more: Partial<Client> = {}): Client {
  return client({ peer: address(peer), charges: noCharges(), ...more });
}

describe('requests', () => {
  const one = serving([site('chat.example.com', limited({ requestsPerSecond: 1, burst: 1 }))]);

  test('beyond the burst are refused, with the time to come again', () => {
    const settings = gate();
    const asker = from('192.0.2.1');
    expect(outcomeOf(one, GET, asker, settings)).toBe('forward chat.example.com');
    expect(outcomeOf(one, GET, asker, settings)).toBe('forward chat.example.com');
    const decision = decide(one, GET, asker, settings);
    expect(decision).toMatchObject({ kind: 'reject', reason: 'too-many-requests', retryAfterSeconds: 1 });
    expect(decision.context.limit).toBe('requests');
    expect(outcomeOf(one, GET, from('192.0.2.2'), settings)).toBe('forward chat.example.com');
    settings.clock.nowMs += 1_000;
    expect(outcomeOf(one, GET, asker, settings)).toBe('forward chat.example.com');
  });

  test('a site without limits has none, and says nothing of them', () => {
    const settings = gate();
    const free = serving([site('chat.example.com')]);
    const decisions = Array.from({ length: 50 }, () => decide(free, GET, from('192.0.2.1'), settings));
    expect(decisions.every(({ kind, context }) => kind === 'forward' && context.limit === undefined)).toBe(
      true,
    );
  });

  test.each([
    ['admission refuses', openSite({ admission: admission([]) }), 'admission'],
    ['plain HTTP is redirected', openSite({ plainHttp: 'redirect' }), 'redirect https://chat.example.com/'],
  ])('count where %s', (_, service, outcome) => {
    const settings = gate();
    const given = serving([
      site('chat.example.com', { ...service, limits: { ...NONE, requestsPerSecond: 1 } }),
    ]);
    expect(outcomeOf(given, GET, from('192.0.2.1'), settings)).toBe(outcome);
    expect(outcomeOf(given, GET, from('192.0.2.1'), settings)).toBe('too-many-requests');
  });

  test('are refused in Observe too: only the verdict of admission is suspended', () => {
    const settings = gate();
    const observe = limited({ requestsPerSecond: 1 }, { admission: admission([], { mode: 'Observe' }) });
    const given = serving([site('chat.example.com', observe)]);
    outcomeOf(given, GET, from('192.0.2.1'), settings);
    expect(outcomeOf(given, GET, from('192.0.2.1'), settings)).toBe('too-many-requests');
  });

  test('of an exempt network are not counted', () => {
    const settings = gate();
    const exempt = ranges('192.0.2.0-192.0.2.255');
    const given = serving([site('chat.example.com', limited({ requestsPerSecond: 1, exempt }))]);
    for (let at = 0; at < 5; at++) {
      const decision = decide(given, GET, from('192.0.2.1'), settings);
      expect([decision.kind, decision.context.limit]).toEqual(['forward', 'exempt']);
    }
  });

  test.each([
    ['IPv6 by the network of persistence', '2001:db8:0:aa00::1', '2001:db8:0:aaff::1', true],
    ['another network', '2001:db8:0:aa00::1', '2001:db8:0:ab00::1', false],
    ['IPv4 whole', '192.0.2.1', '192.0.2.2', false],
  ])('count together: %s', (_, first, second, isSame) => {
    const settings = gate();
    const persistence = { ...COOKIE, ipv4PrefixLength: 8, ipv6PrefixLength: 56 };
    const given = serving([site('chat.example.com', limited({ requestsPerSecond: 1 }, { persistence }))]);
    outcomeOf(given, GET, from(first), settings);
    const outcome = outcomeOf(given, GET, from(second), settings);
    expect(outcome).toBe(isSame ? 'too-many-requests' : 'forward chat.example.com');
  });

  test('are counted by the client that a trusted proxy names', () => {
    const settings = gate();
    const given = serving([site('chat.example.com', limited({ requestsPerSecond: 1 }))]);
    const proxy = from('10.0.0.1', { trusted: true });
    const ask = (address: string) =>
      outcomeOf(given, request('GET /', [`X-Forwarded-For: ${address}`]), proxy, settings);
    expect([ask('192.0.2.1'), ask('192.0.2.2'), ask('192.0.2.1')]).toEqual([
      'forward chat.example.com',
      'forward chat.example.com',
      'too-many-requests',
    ]);
  });

  test('two sites count apart, two hosts of one together', () => {
    const settings = gate();
    const limits = limited({ requestsPerSecond: 1 });
    const both = { ...site('chat.example.com', limits), hosts: ['chat.example.com', 'b.example.com'] };
    const given = serving([both, site('c.example.com', limits)]);
    const ask = (host: string) =>
      outcomeOf(given, request('GET /', [`Host: ${host}`]), from('192.0.2.1'), settings);
    expect(ask('chat.example.com')).toBe('forward chat.example.com');
    expect(ask('b.example.com')).toBe('too-many-requests');
    expect(ask('c.example.com')).toBe('forward c.example.com');
  });
});

describe('connections', () => {
  const two = serving([site('chat.example.com', limited({ connections: 2 }))]);

  test('count once, from their first request to their end', () => {
    const settings = gate();
    const [first, second, third] = [from('192.0.2.1'), from('192.0.2.1'), from('192.0.2.1')];
    for (const each of [first, first, second, first])
      expect(outcomeOf(two, GET, each, settings)).toBe('forward chat.example.com');
    expect(outcomeOf(two, GET, third, settings)).toBe('too-many-connections');
    settings.sources.release(first);
    expect(outcomeOf(two, GET, third, settings)).toBe('forward chat.example.com');
    // Whoever was refused had nothing to give back.
    for (const each of [first, second, third]) settings.sources.release(each);
    for (const each of [from('192.0.2.1'), from('192.0.2.1')])
      expect(outcomeOf(two, GET, each, settings)).toBe('forward chat.example.com');
    expect(outcomeOf(two, GET, from('192.0.2.1'), settings)).toBe('too-many-connections');
  });

  test('of a trusted proxy are those of all its clients', () => {
    const settings = gate();
    for (let at = 0; at < 5; at++)
      expect(outcomeOf(two, GET, from('10.0.0.1', { trusted: true }), settings)).toBe(
        'forward chat.example.com',
      );
  });

  test('one counts where it asks now, so that none hides behind another site', () => {
    const settings = gate();
    const given = serving([
      site('a.example.com', limited({ connections: 9 })),
      site('b.example.com', limited({ connections: 1 })),
    ]);
    const ask = (connection: Client, host: string) =>
      outcomeOf(given, request('GET /', [`Host: ${host}`]), connection, settings);
    const [first, second] = [from('192.0.2.1'), from('192.0.2.1')];
    for (const each of [first, second]) expect(ask(each, 'a.example.com')).toBe('forward a.example.com');
    expect(ask(first, 'b.example.com')).toBe('forward b.example.com');
    expect(ask(second, 'b.example.com')).toBe('too-many-connections');
    expect(ask(first, 'a.example.com')).toBe('forward a.example.com');
    expect(ask(second, 'b.example.com')).toBe('forward b.example.com');
  });
});

describe('WebSockets', () => {
  const one = serving([site('chat.example.com', limited({ webSockets: 1 }))]);
  const open = webSocket('/api/v4/websocket');

  test('count apart from requests, until their connection is closed', () => {
    const settings = gate();
    const first = from('192.0.2.1');
    expect(outcomeOf(one, open, first, settings)).toBe('forward chat.example.com');
    expect(outcomeOf(one, open, from('192.0.2.1'), settings)).toBe('too-many-websockets');
    expect(outcomeOf(one, GET, from('192.0.2.1'), settings)).toBe('forward chat.example.com');
    expect(outcomeOf(one, open, from('192.0.2.2'), settings)).toBe('forward chat.example.com');
    settings.sources.release(first);
    expect(outcomeOf(one, open, from('192.0.2.1'), settings)).toBe('forward chat.example.com');
  });

  test('and their connections have separate counts', () => {
    const settings = gate();
    const given = serving([site('chat.example.com', limited({ webSockets: 1, connections: 2 }))]);
    expect(outcomeOf(given, open, from('192.0.2.1'), settings)).toBe('forward chat.example.com');
    expect(outcomeOf(given, GET, from('192.0.2.1'), settings)).toBe('forward chat.example.com');
    expect(outcomeOf(given, GET, from('192.0.2.1'), settings)).toBe('too-many-connections');
  });
});
