// The SNAT pool with addresses that are really bound: what the nodes see, and what happens when an address does not serve.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { compileRanges } from '../../src/translate/address-ranges.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, RecordingBackend } from '../support/recording-backend.ts';
import { WireClient } from '../support/wire-client.ts';
import { get } from './rows.ts';

const PROGRAM = fileURLToPath(new URL('../support/exhaustion-program.ts', import.meta.url));
/** For documentation only: no machine has it. */
const NOT_OURS = '192.0.2.1';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** `sources`: where the connections came from, the oldest first. */
type Stage = { readonly plane: TestPlane; readonly sources: readonly (string | undefined)[] };

async function stage(pool: readonly string[], ownAddresses: readonly string[]): Promise<Stage> {
  const sources: (string | undefined)[] = [];
  const node = await RecordingBackend.start((connection) => {
    sources.push(connection.socket.remoteAddress);
    connection.send(answer('ok'));
  });
  endings.push(() => node.stop());
  const endpoints = [endpoint('node', { address: '127.0.0.1', port: node.port })];
  const more = { sourceAddresses: compileRanges(pool), connectionReuse: undefined };
  const plane = await TestPlane.start(configuration([site('a', openSite())], [backend(endpoints, more)]), {
    ownAddresses,
  });
  endings.push(() => plane.close());
  return { plane, sources };
}

async function statusesOf({ plane }: Stage, count: number): Promise<readonly number[]> {
  const client = await WireClient.connect(plane.httpPort);
  for (let at = 1; at <= count; at++) {
    client.send(get());
    await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length === at);
  }
  client.destroy();
  return splitAnswers(client.bytes).statuses;
}

const SERVED = [200, 200, 200, 200];

test('connections come from the addresses of the pool, in turn', async () => {
  const given = await stage(['127.0.0.8/30'], ['127.0.0.1', '127.0.0.9', '127.0.0.10', '127.0.0.12']);
  expect(await statusesOf(given, 4)).toEqual(SERVED);
  expect(given.sources).toEqual(['127.0.0.9', '127.0.0.10', '127.0.0.9', '127.0.0.10']);
});

describe('an address that cannot be bound', () => {
  test('is told of once and left out: no request is lost', async () => {
    const given = await stage(['127.0.0.9/32', `${NOT_OURS}/32`], [NOT_OURS, '127.0.0.9']);
    expect(await statusesOf(given, 4)).toEqual(SERVED);
    expect(new Set(given.sources)).toEqual(new Set(['127.0.0.9']));
    const failures = () => given.plane.metric('source_address_failures_total', NOT_OURS);
    expect(failures()).toBe(1);
    expect(given.plane.warnings).toEqual([
      { address: NOT_OURS, reason: 'unbindable', message: 'source address rests' },
    ]);
    await given.plane.advance(30_000);
    expect(await statusesOf(given, 4)).toEqual(SERVED);
    expect([failures(), given.plane.warnings.length]).toEqual([2, 1]);
    expect(given.plane.metric('retries_total')).toBe(0);
  });

  test.each([
    { name: 'and no other: 503', pool: [`${NOT_OURS}/32`], own: [NOT_OURS] },
    { name: 'none of ours in the pool: 503', pool: ['127.0.0.9/32'], own: ['127.0.0.1'] },
    { name: 'none of the family of the endpoint: 503', pool: ['::1/128'], own: ['::1', '127.0.0.1'] },
  ])('$name', async ({ pool, own }) => {
    const given = await stage(pool, own);
    expect(await statusesOf(given, 2)).toEqual([503, 503]);
    expect(given.sources).toEqual([]);
    expect(given.plane.records.map(({ reason }) => reason)).toEqual([
      'source-unavailable',
      'source-unavailable',
    ]);
    expect(given.plane.load).toBe(0);
  });
});

test('an address without a free port: the next one, then 503, and it is tried again later', (context) => {
  const isOurs = spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
  if (!isOurs) context.skip('needs the right to make a network namespace');
  const script = 'ip link set lo up && echo "40000 40007" > "$0" && exec "$@"';
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  const args = ['-n', 'sh', '-c', script, range, process.execPath, PROGRAM];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 30_000 });
  expect(stderr).toBe('');
  const told = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  expect(told).toEqual({
    answers: [...Array(16).fill(null), 503, 503, 503, 503],
    sources: [8, 8],
    failures: 2,
    warnings: ['127.0.0.2', '127.0.0.3'].map((address) => ({
      address,
      reason: 'exhausted',
      message: 'source address rests',
    })),
    reasons: Array(4).fill('source-unavailable'),
    resting: 503,
    rested: undefined,
  });
});
