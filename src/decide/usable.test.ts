// Who takes users: readiness and health of each endpoint against who is usable, and the cookie of one that fails.
import { describe, expect, test } from 'vitest';
import { HealthBoard, healthBoardBytes, type HealthState } from '../model/health-board.ts';
import { chooseEndpoint, readAffinityKeys } from './affinity.ts';
import { address, COOKIE, endpoint, HEALTH, loadView, request, servingBackend } from './test-objects.ts';

type Written = 'ready' | 'draining';
/** One letter an endpoint: capital ready, small draining; R healthy, S slow start, U unhealthy, E ejected. */
const LETTERS: Readonly<Record<string, HealthState>> = {
  r: 'ready',
  s: 'slow-start',
  u: 'unhealthy',
  e: 'ejected',
};

function scene(letters: string, whenAllUnhealthy: 'Serve' | 'Refuse' = 'Serve') {
  const health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(letters.length)));
  const endpoints = Array.from(letters, (letter, at) => {
    health.set(at, LETTERS[letter.toLowerCase()] ?? 'ready', 0);
    const state: Written = letter === letter.toUpperCase() ? 'ready' : 'draining';
    return endpoint(`node-${at}`, { state });
  });
  const backend = servingBackend(endpoints, { health: { ...HEALTH, whenAllUnhealthy } });
  const namesOf = (list: readonly { readonly slot: number }[]) => list.map(({ slot }) => slot).join('');
  return { backend, health, view: loadView([], 0, health), namesOf };
}

describe('usable', () => {
  test.each([
    ['RRR', '012', '012'],
    ['RUR', '02', '02'],
    ['RER', '02', '02'],
    ['RSR', '012', '012'],
    ['rRR', '12', '12'],
    ['rUR', '2', '2'],
    ['UUU', '012', ''],
    ['UEU', '012', ''],
    // Not draining ones while others exist; refusing, one that is well is better than none.
    ['rUU', '12', '0'],
    ['uUU', '12', ''],
    ['rr', '01', '01'],
    ['ru', '0', '0'],
    ['uu', '01', ''],
    ['', '', ''],
  ])('%s: Serve %s, Refuse %s', (letters, serve, refuse) => {
    for (const [when, expected] of [['Serve', serve] as const, ['Refuse', refuse] as const]) {
      const { backend, health, namesOf } = scene(letters, when);
      expect(namesOf(backend.usable.now(health))).toBe(expected);
    }
  });

  test('the list is the same value until the health of somebody changes', () => {
    const { backend, health, namesOf } = scene('RRR');
    const before = backend.usable.now(health);
    expect(backend.usable.now(health)).toBe(before);
    health.set(1, 'unhealthy', 0);
    expect(namesOf(backend.usable.now(health))).toBe('02');
    health.set(1, 'ready', 0);
    expect(namesOf(backend.usable.now(health))).toBe('012');
  });
});

describe('another attempt', () => {
  test.each([
    ['RRU', [0], 'Serve', '1'],
    ['RRU', [0, 1], 'Serve', '2'],
    ['RRU', [0, 1], 'Refuse', ''],
    ['RrU', [0], 'Serve', '2'],
    ['RrU', [0], 'Refuse', '1'],
    ['RRU', [0, 1, 2], 'Serve', ''],
  ] as const)('%s after %s with %s', (letters, tried, when, expected) => {
    const { backend, health, namesOf } = scene(letters, when);
    const gone = new Set(backend.endpoints.filter(({ slot }) => tried.some((each) => each === slot)));
    expect(namesOf(backend.usable.without(gone, health))).toBe(expected);
  });
});

describe('the holder of a cookie', () => {
  test.each([
    ['a healthy endpoint keeps it', 'RRR', '0 cookie'],
    ['one that starts slowly keeps it', 'SRR', '0 cookie'],
    ['an unhealthy one goes elsewhere', 'URR', 'elsewhere'],
    ['an ejected one goes elsewhere', 'ERR', 'elsewhere'],
    ['one of which all fail keeps it', 'UUU', '0 cookie'],
    ['a draining one keeps it', 'rRR', '0 cookie-draining'],
    ['a draining one that fails goes elsewhere', 'uRR', 'elsewhere'],
  ])('of %s', (_, letters, expected) => {
    const { backend, view } = scene(letters);
    const known = { head: request('GET /'), address: address('203.0.113.9'), cookies: 'MMSTICKY=node-0-new' };
    const keys = readAffinityKeys(COOKIE, known, backend);
    const choice = chooseEndpoint(backend, keys, view, new Set());
    const isOther = choice?.endpoint.slot !== 0;
    expect(isOther ? 'elsewhere' : `0 ${choice.result}`).toBe(expected);
  });

  test('where all fail and are refused there is no endpoint', () => {
    const { backend, view } = scene('UUU', 'Refuse');
    const known = { head: request('GET /'), address: address('203.0.113.9'), cookies: 'MMSTICKY=node-0-new' };
    expect(
      chooseEndpoint(backend, readAffinityKeys(COOKIE, known, backend), view, new Set()),
    ).toBeUndefined();
  });
});
