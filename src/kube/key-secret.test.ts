// Key Secrets: filled once, shared by all, and what is said where that cannot be.
import { expect, test } from 'vitest';
import { FakeApi } from '../../test/support/kube/fake-api.ts';
import { ManualTimers, settled } from '../../test/support/kube/manual-timers.ts';
import { createLogger } from '../observe/log.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { ApiFailure } from './api-failure.ts';
import { type KeySecret, loadKeySecret, readKeySecret } from './key-secret.ts';

const sticky: KeySecret = { namespace: 'test', name: 'sticky', field: 'keys', form: 'text', randomBytes: 32 };
const ticket: KeySecret = { namespace: 'test', name: 'ticket', field: 'key', form: 'bytes', randomBytes: 48 };

function scene() {
  const api = new FakeApi();
  const timers = new ManualTimers();
  const lines: JsonMap[] = [];
  let drawn = 0;
  const tools = {
    api,
    clock: timers.clock,
    timers,
    chance: () => 0.5,
    random: (bytes: number) => new Uint8Array(bytes).fill((drawn += 1)),
    log: createLogger({ write: (line) => lines.push(JSON.parse(line) as JsonMap) }, 'info'),
  };
  const put = (name: string, data?: JsonMap) => {
    const labels = { 'app.kubernetes.io/name': 'mattermost-ingress' };
    api.cluster.put('secrets', {
      metadata: { name, namespace: 'test', labels },
      type: 'Opaque',
      ...(data === undefined ? {} : { data }),
    });
  };
  const stop = new AbortController();
  const load = (secret: KeySecret) => loadKeySecret(secret, tools, stop.signal);
  return { api, timers, lines, put, load, stop };
}

function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString('base64');
}

test.each<[string, JsonMap | undefined]>([
  ['has no data at all', undefined],
  ['has empty data', {}],
  ['has an empty entry', { keys: '' }],
  ['has an entry of blanks', { keys: base64(' \n') }],
])('a Secret that %s is filled, and nothing else of it changed', async (_, data) => {
  const { api, put, load, lines } = scene();
  put('sticky', data);
  const before = api.cluster.object('secrets', 'sticky');
  const keys = Buffer.from(await load(sticky)).toString();
  expect(keys).toBe(`${Buffer.alloc(32, 1).toString('base64url')}\n`);
  const after = api.cluster.object('secrets', 'sticky');
  expect(after).toMatchObject({ type: 'Opaque', data: { keys: base64(keys) } });
  expect(after?.['metadata']).toMatchObject({ labels: (before as { metadata: JsonMap }).metadata['labels'] });
  expect(lines).toMatchObject([{ object: 'Secret test/sticky', field: 'keys' }]);
  expect(JSON.stringify(lines)).not.toContain(keys.trim());
  expect(Buffer.from(await load(sticky)).toString()).toBe(keys);
});

test('a Secret of bytes gets exactly as many', async () => {
  const { put, load, api } = scene();
  put('ticket');
  expect(await load(ticket)).toEqual(Buffer.alloc(48, 1));
  expect(api.cluster.object('secrets', 'ticket')?.['data']).toEqual({ key: base64(Buffer.alloc(48, 1)) });
});

test('keys that are there are taken as they are, all of them', async () => {
  const { put, load, api } = scene();
  put('sticky', { keys: base64('new-key-0123456789\nold-key-0123456789\n') });
  expect(Buffer.from(await load(sticky)).toString()).toBe('new-key-0123456789\nold-key-0123456789\n');
  expect(api.asked.map(({ method }) => method)).toEqual(['GET']);
});

test('keys may stand in several entries, in the order of their names, and are read again as they are then', async () => {
  const { api, put, load } = scene();
  const [first, second, third] = ['first of all keys', 'second of all keys', 'third of all keys'];
  put('sticky', { next: base64(third), 'keys-1': base64(`${first}\n${second}\n`) });
  const lines = (content: Uint8Array | undefined) =>
    Buffer.from(content ?? [])
      .toString()
      .split('\n')
      .filter((line) => line !== '');
  expect(lines(await load(sticky))).toEqual([first, second, third]);
  const read = () => readKeySecret(sticky, api, new AbortController().signal);
  put('sticky', { next: base64(third) });
  expect(lines(await read())).toEqual([third]);
  put('sticky', {});
  expect(await read()).toBeUndefined();
});

test('a ticket key is the one entry, whatever else is there', async () => {
  const { put, load } = scene();
  put('ticket', { another: base64('x'), key: base64(new Uint8Array(48).fill(7)) });
  expect(Buffer.from(await load(ticket))).toEqual(Buffer.alloc(48, 7));
});

test('of several that start together one fills it, and all use its keys', async () => {
  const { put, load, timers, api } = scene();
  put('sticky');
  api.isHolding = true;
  const loading = Promise.all([load(sticky), load(sticky), load(sticky)]);
  await settled();
  api.isHolding = false;
  api.release();
  await timers.advance(10_000);
  const texts = (await loading).map((keys) => Buffer.from(keys).toString());
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toBe(
    Buffer.from(
      String((api.cluster.object('secrets', 'sticky') as { data: { keys: string } }).data.keys),
      'base64',
    ).toString(),
  );
});

test.each([
  ['read', 'not-found', /^Secret test\/sticky .*cannot be read .*create it without data/],
  [
    'read',
    'forbidden',
    /^Secret test\/sticky .*cannot be read .*grant the controller get and update on secrets/,
  ],
  [
    'filled',
    'forbidden',
    /^Secret test\/sticky .*cannot be filled .*grant the controller get and update on secrets/,
  ],
  ['filled', 'refused', /^Secret test\/sticky .*cannot be filled .*without immutable/],
] as const)('one that cannot be %s (%s) is an error with its remedy', async (verb, reason, message) => {
  const { put, load, api } = scene();
  put('sticky');
  const failure = new ApiFailure(reason, 'no');
  if (verb === 'read') api.failures.push(failure);
  else api.update = () => Promise.reject(failure);
  await expect(load(sticky)).rejects.toThrow(message);
});

test('an API server that is away is waited for, and that said once', async () => {
  const { put, load, api, timers, lines } = scene();
  put('sticky');
  api.failures.push(...Array.from({ length: 20 }, () => new ApiFailure('connection', 'refused')));
  const loading = load(sticky);
  await timers.advance(600_000);
  expect((await loading).length).toBeGreaterThan(0);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'waiting for the API server: no keys yet',
    'filled the Secret with fresh keys',
  ]);
});

test('a stop ends the wait', async () => {
  const { load, api, stop } = scene();
  api.failures.push(...Array.from({ length: 20 }, () => new ApiFailure('connection', 'refused')));
  const loading = load(sticky);
  await settled();
  stop.abort();
  await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
});
