// Reset as a real TCP RST, over plain TCP and below TLS, and what trusted proxies get in its place.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { admission, backend, endpoint, openSite, rule, site } from '../../src/decide/test-objects.ts';
import type { OpenSite } from '../../src/model/configuration.ts';
import { makeCertificate } from '../support/certificates.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, RecordingBackend } from '../support/recording-backend.ts';
import { WireClient } from '../support/wire-client.ts';
import { head } from './rows.ts';

const HOST = 'chat.example.com';
const PLAIN_HOST = 'plain.example.com';

let recorder: RecordingBackend;
let plane: TestPlane;
let behindProxy: TestPlane;

beforeAll(async () => {
  recorder = await RecordingBackend.start();
  const { certificate, key } = await makeCertificate(HOST);
  const resets = rule('no-put', { action: 'Reset', methods: ['PUT'] });
  const open: Partial<OpenSite> = { admission: admission([resets], { defaultAction: 'Allow' }) };
  const tls = {
    certificate: 'chat/tls',
    minVersion: '1.2',
    hsts: undefined,
    clientCertificate: undefined,
  } as const;
  const wanted = configuration(
    [site(HOST, openSite({ ...open, tls })), site(PLAIN_HOST, openSite(open))],
    [backend([endpoint('node', { address: '127.0.0.1', port: recorder.port })])],
    [{ key: 'chat/tls', chain: certificate, privateKey: key, notAfterMs: Number.MAX_SAFE_INTEGER }],
  );
  plane = await TestPlane.start(wanted, { https: true });
  behindProxy = await TestPlane.start(wanted, { trustedProxies: ['127.0.0.0/8'] });
});

afterEach(() => recorder.forget());

afterAll(async () => {
  await recorder.stop();
  await plane.close();
  await behindProxy.close();
});

const listeners = [
  { name: 'http', host: PLAIN_HOST, connect: () => WireClient.connect(plane.httpPort) },
  { name: 'https', host: HOST, connect: () => WireClient.connectTls(plane.httpsPort, HOST) },
];

describe.each(listeners)('over $name', ({ host, connect }) => {
  test('a request that is to be reset sees no answer but ECONNRESET', async () => {
    const client = await connect();
    client.send(head('PUT / HTTP/1.1', `Host: ${host}`));
    expect(await client.ended()).toBe('reset');
    expect(client.text).toBe('');
    expect(recorder.connections).toEqual([]);
  });

  test('so does a later request of a connection', async () => {
    const client = await connect();
    client.send(head('GET / HTTP/1.1', `Host: ${host}`));
    await client.until((text) => text.endsWith('ok'));
    client.send(head('PUT / HTTP/1.1', `Host: ${host}`));
    expect(await client.ended()).toBe('reset');
    expect(splitAnswers(client.bytes).statuses).toEqual([200]);
  });

  test('so does one whose body is still coming', async () => {
    const client = await connect();
    client.send(`${head('PUT / HTTP/1.1', `Host: ${host}`, 'Content-Length: 900')}${'x'.repeat(500)}`);
    expect(await client.ended()).toBe('reset');
    expect(recorder.connections).toEqual([]);
  });

  test('an answer that breaks off is a reset too', async () => {
    recorder.script = (connection) =>
      void connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi');
    const client = await connect();
    client.send(head('GET / HTTP/1.1', `Host: ${host}`));
    expect(await client.ended()).toBe('reset');
    recorder.script = (connection) => connection.send(answer('ok'));
  });

  test('a client that has said that it sends no more gets its answer', async () => {
    const client = await connect();
    client.send(head('GET / HTTP/1.1', `Host: ${host}`));
    expect(await client.end()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([200]);
  });

  test('an ordinary end is none', async () => {
    const client = await connect();
    client.send(head('GET / HTTP/1.1', `Host: ${host}`, 'Connection: close'));
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([200]);
  });
});

test('the log tells of it, without a status', async () => {
  plane.records.length = 0;
  const client = await WireClient.connect(plane.httpPort);
  client.send(head('PUT /x HTTP/1.1', `Host: ${PLAIN_HOST}`));
  await client.ended();
  expect(plane.records).toMatchObject([
    {
      method: 'PUT',
      target: '/x',
      status: 0,
      reason: 'admission',
      admission: { rule: 'no-put', action: 'Reset' },
    },
  ]);
});

test('a trusted proxy gets an empty 403 and the end of its connection', async () => {
  const client = await WireClient.connect(behindProxy.httpPort);
  client.send(head('PUT / HTTP/1.1', `Host: ${PLAIN_HOST}`, 'X-Forwarded-For: 203.0.113.9'));
  expect(await client.ended()).toBe('fin');
  const { messages, statuses } = splitAnswers(client.bytes);
  expect(statuses).toEqual([403]);
  expect(messages[0]?.head).toMatch(/^Connection: close$/m);
  expect(messages[0]?.body).toHaveLength(0);
});
