// The client against a real TLS server: what goes over the wire is in test/feature/kube-*; here are its bounds.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { service } from '../../test/support/kube/cluster-objects.ts';
import { FakeApiServer } from '../../test/support/kube/fake-api-server.ts';
import { ApiClient } from './api-client.ts';
import type { ApiCredentials, ApiTls } from './kubeconfig.ts';

const PATH = '/api/v1/services';
/** Longer than anything here takes, however long it is kept waiting. */
const PATIENT_MS = 60_000;
const IMPATIENT_MS = 50;
let server: FakeApiServer;
let client: ApiClient;
let tls: ApiTls;
/** What a request waits for before it can be sent. */
let helper: Promise<void>;
let credentials: ApiCredentials;

beforeEach(async () => {
  server = await FakeApiServer.start();
  tls = { ca: server.ca };
  helper = Promise.resolve();
  credentials = {
    server: server.url,
    access: async () => {
      await helper;
      return { tls, tlsDigest: JSON.stringify(tls), headers: { Authorization: 'Bearer token-1' } };
    },
    forget: async () => {},
  };
  client = clientThatWaits(PATIENT_MS);
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

function clientThatWaits(timeoutMs: number): ApiClient {
  const limits = {
    connectTimeoutMs: timeoutMs,
    answerTimeoutMs: timeoutMs,
    writeTimeoutMs: timeoutMs,
    maxDocumentBytes: 4_000,
    maxLineBytes: 1_000,
  };
  return new ApiClient({ credentials, userAgent: 'test', limits });
}

function get(signal = new AbortController().signal): Promise<unknown> {
  return client.get(PATH, {}, signal);
}

async function firstLine(signal = new AbortController().signal): Promise<string | undefined> {
  for await (const line of client.watch(PATH, { watch: 'true', resourceVersion: '1000' }, signal)) {
    if (line !== '') return line;
  }
  return undefined;
}

describe('bounds', () => {
  test('a document that is too large', async () => {
    for (let at = 0; at < 20; at += 1) server.cluster.put('services', service(`s${at}`));
    await expect(get()).rejects.toMatchObject({ reason: 'too-large' });
  });

  test('an event that is too large', async () => {
    server.cluster.put('services', { ...service('a'), filler: 'x'.repeat(2_000) });
    await expect(firstLine()).rejects.toMatchObject({ reason: 'too-large' });
  });
});

describe('a helper for credentials that hangs', () => {
  beforeEach(async () => {
    await client.close();
    client = clientThatWaits(IMPATIENT_MS);
  });

  const failure = { reason: 'credentials', message: expect.stringContaining('did not come in time') };

  test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ['a read', get],
    ['a watch', firstLine],
    ['a write', (signal) => client.update(`${PATH}/a`, {}, signal)],
  ])('is not waited for longer than an answer by %s', async (_, ask) => {
    helper = new Promise(() => undefined);
    await expect(ask(new AbortController().signal)).rejects.toMatchObject(failure);
  });

  test('does not keep a request from being given up', async () => {
    helper = new Promise(() => undefined);
    const stop = new AbortController();
    const asked = get(stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ reason: 'credentials' });
    await expect(get(stop.signal)).rejects.toMatchObject({ reason: 'credentials' });
  });
});

describe('certificates', () => {
  test('a server of another authority is not spoken to', async () => {
    const other = await FakeApiServer.start();
    tls = { ca: other.ca };
    await expect(get()).rejects.toMatchObject({ reason: 'connection' });
    expect(server.requests).toEqual([]);
    await other.stop();
  });

  test('a new authority is used from the next request on, and does not end an open watch', async () => {
    const stop = new AbortController();
    const line = firstLine(stop.signal);
    await eventually(() => expect(server.watchCount('services')).toBe(1));
    tls = { ca: `${server.ca}\n` };
    await get();
    server.cluster.put('services', service('late'));
    expect(await line).toContain('"name":"late"');
  });
});

describe('an end', () => {
  test('by the signal ends the request at the server', async () => {
    const stop = new AbortController();
    const line = firstLine(stop.signal).catch((error: unknown) => error);
    await eventually(() => expect(server.watchCount('services')).toBe(1));
    stop.abort();
    expect(await line).toMatchObject({ reason: 'connection' });
    await eventually(() => expect(server.watchCount('services')).toBe(0));
  });

  test('by close ends all requests', async () => {
    const line = firstLine().catch((error: unknown) => error);
    await eventually(() => expect(server.watchCount('services')).toBe(1));
    await client.close();
    expect(await line).toMatchObject({ reason: 'connection' });
  });
});

test('connections are used again by fifty requests', async () => {
  for (let at = 0; at < 50; at += 1) await get();
  expect(server.connectionsAccepted).toBeLessThanOrEqual(2);
});
