// Everything that writes, by the real client over TLS: what goes over the wire, and what each sort of refusal becomes.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiClient } from '../../src/kube/api-client.ts';
import { EventRecorder } from '../../src/kube/event-recorder.ts';
import { loadKeySecret } from '../../src/kube/key-secret.ts';
import { LeaderElector } from '../../src/kube/leader-elector.ts';
import { StatusWriter } from '../../src/kube/status-writer.ts';
import { nodeTimers } from '../../src/kube/timing.ts';
import { createLogger } from '../../src/observe/log.ts';
import type { JsonMap } from '../../src/translate/objects/json-value.ts';
import { policy } from '../support/kube/cluster-objects.ts';
import { note } from '../support/kube/event-scene.ts';
import { FakeApiServer, type Fault } from '../support/kube/fake-api-server.ts';
import { metadataOf } from '../support/kube/lagging-view.ts';

const SECRETS = '/api/v1/namespaces/test/secrets';
const WAIT = { timeout: 30_000 };
const { signal } = new AbortController();
let server: FakeApiServer;
let client: ApiClient;

beforeEach(async () => {
  server = await FakeApiServer.start();
  client = clientOf(server);
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

/** Waits longer than client and server, which are one process here, may stand still. */
function clientOf(of: FakeApiServer, writeTimeoutMs = 20_000): ApiClient {
  const tls = { ca: of.ca };
  const headers = { Authorization: 'Bearer token-1' };
  const access = async () => ({ tls, tlsDigest: 'same', headers });
  const limits = {
    connectTimeoutMs: 20_000,
    answerTimeoutMs: 20_000,
    maxDocumentBytes: 8_000,
    maxLineBytes: 1_000,
  };
  return new ApiClient({
    credentials: { server: of.url, access, forget: async () => {} },
    userAgent: 'test',
    limits: { ...limits, writeTimeoutMs },
  });
}

function parts() {
  return {
    api: client,
    clock: { epochMs: () => Date.now(), monotonicMs: () => performance.now() },
    timers: nodeTimers,
    chance: () => Math.random(),
    log: createLogger({ write: () => {} }, 'silent'),
    controllerName: 'mattermost-ingress.io/controller',
  };
}

const SECRET: JsonMap = { metadata: { name: 'new', namespace: 'test' }, data: { a: 'eA==' } };

describe('the client', () => {
  test('creates, updates, patches, and applies with its manager and by force', async () => {
    const created = (await client.create(SECRETS, SECRET, signal)) as JsonMap;
    await client.update(`${SECRETS}/new`, { ...created, data: { b: 'eQ==' } }, signal);
    const patched = await client.patch(`${SECRETS}/new`, { data: { b: null, ü: 'eg==' } }, signal);
    expect(patched).toMatchObject({ data: { ü: 'eg==' } });
    server.cluster.put('mattermostingresspolicies', policy('chat'));
    const path = '/apis/mattermost-ingress.io/v1alpha1/namespaces/test/mattermostingresspolicies/chat/status';
    await client.apply(path, { manager: 'example.com/me', object: { status: { summary: 's' } } }, signal);
    expect(server.cluster.object('mattermostingresspolicies', 'chat')?.['status']).toMatchObject({
      summary: 's',
    });
    expect(
      server.requests.map(({ method, contentType, query }) => [method, contentType, query.toString()]),
    ).toEqual([
      ['POST', 'application/json', ''],
      ['PUT', 'application/json', ''],
      ['PATCH', 'application/merge-patch+json', ''],
      ['PATCH', 'application/apply-patch+yaml', 'fieldManager=example.com%2Fme&force=true'],
    ]);
  });

  test.each<[string, Fault, { reason: string; status?: number; retryAfterMs?: number }]>([
    ['conflict', { kind: 'status', status: 409, reason: 'Conflict' }, { reason: 'conflict', status: 409 }],
    ['403', { kind: 'status', status: 403, reason: 'Forbidden' }, { reason: 'forbidden', status: 403 }],
    ['404', { kind: 'status', status: 404, reason: 'NotFound' }, { reason: 'not-found', status: 404 }],
    ['422', { kind: 'status', status: 422, reason: 'Invalid' }, { reason: 'refused', status: 422 }],
    ['500', { kind: 'status', status: 500, reason: 'InternalError' }, { reason: 'server', status: 500 }],
    [
      '429',
      { kind: 'status', status: 429, reason: 'TooManyRequests', retryAfter: 7 },
      { reason: 'throttled', status: 429, retryAfterMs: 7_000 },
    ],
    ['a reset', { kind: 'reset' }, { reason: 'connection' }],
    ['a lost answer', { kind: 'lost-answer' }, { reason: 'connection' }],
  ])('tells %s apart', async (_, fault, expected) => {
    server.fault('object', 'secrets', fault);
    await expect(client.create(SECRETS, SECRET, signal)).rejects.toMatchObject(expected);
  });

  test('waits for an answer as long as its limit says', async () => {
    const hasty = clientOf(server, 100);
    server.fault('object', 'secrets', { kind: 'no-head' });
    await expect(hasty.create(SECRETS, SECRET, signal)).rejects.toMatchObject({ reason: 'timeout' });
    await hasty.close();
  });

  test('tells a name that is taken and an old version as a conflict', async () => {
    const created = (await client.create(SECRETS, SECRET, signal)) as JsonMap;
    await expect(client.create(SECRETS, SECRET, signal)).rejects.toMatchObject({ reason: 'conflict' });
    await client.update(`${SECRETS}/new`, { ...created, data: {} }, signal);
    const again = client.update(`${SECRETS}/new`, { ...created, data: { a: 'eA==' } }, signal);
    await expect(again).rejects.toMatchObject({ reason: 'conflict' });
  });

  test('gives up a write by its signal, before and during it', async () => {
    const stop = new AbortController();
    server.fault('object', 'secrets', { kind: 'no-head' });
    const writing = client.create(SECRETS, SECRET, stop.signal);
    await vi.waitFor(() => expect(server.requests.length).toBe(1), WAIT);
    stop.abort();
    await expect(writing).rejects.toMatchObject({ reason: 'connection' });
    await expect(client.create(SECRETS, SECRET, stop.signal)).rejects.toMatchObject({ reason: 'connection' });
    expect(server.requests.length).toBe(1);
  });
});

test('two replicas elect one leader, and the other follows its release', async () => {
  const leaders: string[] = [];
  const stop = new AbortController();
  const join = (identity: string) => {
    const elector = new LeaderElector({
      ...parts(),
      namespace: 'test',
      name: 'controller',
      identity,
      timing: { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 20 },
      observer: {
        changed: (isLeader) => void (isLeader && leaders.push(identity)),
        failed: () => {},
        recovered: () => {},
      },
    });
    return { elector, running: elector.run(stop.signal) };
  };
  const first = join('a');
  await vi.waitFor(() => expect(leaders).toEqual(['a']), WAIT);
  const second = join('b');
  server.fault('object', 'leases', { kind: 'reset' }, { kind: 'lost-answer' });
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(20), WAIT);
  expect([leaders, first.elector.isLeader, second.elector.isLeader]).toEqual([['a'], true, false]);
  await first.elector.release();
  await vi.waitFor(() => expect(leaders).toEqual(['a', 'b']), WAIT);
  stop.abort();
  await Promise.all([first.running, second.running]);
  expect(server.cluster.object('leases', 'controller')?.['spec']).toMatchObject({ holderIdentity: '' });
});

test('a leader writes a status and an event, whatever goes wrong on the way', async () => {
  server.cluster.put('mattermostingresspolicies', policy('chat'));
  const object = () => server.cluster.object('mattermostingresspolicies', 'chat') ?? {};
  const { uid } = metadataOf(object());
  const timing = { settleMs: 0, sweepMs: 100, holdOffMs: 0, spacingMs: 10, backoffMs: 10 };
  const waits = { maxBackoffMs: 50, healthyMs: 1_000, forbiddenMs: 20, unknownKindMs: 20 };
  const writer = new StatusWriter({
    ...parts(),
    isLeader: () => true,
    current: () => ({ uid, version: metadataOf(object()).resourceVersion, status: object()['status'] }),
    observer: { statusWritten: () => {}, statusFailed: () => {} },
    timing: { ...timing, ...waits },
  });
  const recorder = new EventRecorder({ ...parts(), instance: 'pod-1', isLeader: () => true });
  const faults: readonly Fault[] = [
    { kind: 'reset' },
    { kind: 'status', status: 403, reason: 'Forbidden' },
    { kind: 'lost-answer' },
    { kind: 'status', status: 500, reason: 'InternalError' },
  ];
  server.fault('object', 'mattermostingresspolicies', ...faults);
  const status = {
    summary: 'fine',
    conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: '' }],
  };
  writer.desire(
    new Map([['chat', { kind: 'MattermostIngressPolicy', namespace: 'test', name: 'chat', uid, status }]]),
  );
  writer.lead(true);
  recorder.lead(true);
  recorder.tell([note('web')]);
  await vi.waitFor(() => expect(server.cluster.objectsOf('events').size).toBe(1), WAIT);
  await vi.waitFor(() => expect(object()['status']).toMatchObject(status), WAIT);
  await Promise.all([writer.stop(), recorder.stop()]);
});

test('three replicas that start together get the same keys', async () => {
  server.cluster.put('secrets', { metadata: { name: 'keys', namespace: 'test' }, type: 'Opaque' });
  const secret = { namespace: 'test', name: 'keys', field: 'keys', form: 'text', randomBytes: 32 } as const;
  const tools = { ...parts(), random: (bytes: number) => randomBytes(bytes) };
  const loaded = await Promise.all([1, 2, 3].map(() => loadKeySecret(secret, tools, signal)));
  const texts = new Set(loaded.map((keys) => Buffer.from(keys).toString()));
  expect([...texts]).toEqual([expect.stringMatching(/^[\w-]{43}\n$/)]);
});
