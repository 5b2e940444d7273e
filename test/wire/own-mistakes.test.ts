// A mistake of ours costs the connection or the request that it happened on, which is told so, and nobody else.
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Recorder } from '../../src/observe/recorder.ts';
import { UpstreamConnection } from '../../src/proxy/backend/upstream-connection.ts';
import { CertificateProofs } from '../../src/proxy/client/client-certificates.ts';
import { TlsTerminator } from '../../src/proxy/client/tls.ts';
import { splitAnswers } from '../support/messages.ts';
import { turns, WireClient } from '../support/wire-client.ts';
import { get } from './rows.ts';
import { WireScene } from './scene.ts';

afterEach(() => void vi.restoreAllMocks());

function failOnce(): never {
  throw new Error('A mistake of ours');
}

test.each([
  ['a fresh connection', 0],
  ['a used one', 1],
])('when it is given %s', async (_, before) => {
  const scene = await WireScene.start();
  const client = await scene.client();
  const answers = () => splitAnswers(client.bytes).statuses;
  for (let count = 1; count <= before; count++) {
    client.send(get());
    await client.until(() => answers().length === count);
    await turns();
  }
  vi.spyOn(UpstreamConnection.prototype, 'begin').mockImplementationOnce(failOnce);
  client.send(get());
  await client.until(() => answers().length > before);
  expect(answers().at(-1)).toBe(502);
  expect(await scene.upstreamEnd()).toBeDefined();
  expect([scene.plane.load, scene.plane.bugs.length]).toEqual([0, 1]);
  client.send(get());
  await client.until((text) => text.endsWith('ok'));
  await expect(scene.end()).rejects.toThrow('The data plane made mistakes');
});

test.each([
  ['begins', () => vi.spyOn(TlsTerminator.prototype, 'accept').mockImplementationOnce(failOnce)],
  ['is judged', () => vi.spyOn(CertificateProofs.prototype, 'isProven').mockImplementationOnce(failOnce)],
  ['is told of', () => vi.spyOn(Recorder.prototype, 'tlsHandshake').mockImplementationOnce(failOnce)],
])('when its handshake %s', async (_, mistake) => {
  const scene = await WireScene.start({ https: true });
  mistake();
  const tcp = connectTcp(scene.plane.httpsPort, '127.0.0.1');
  const secure = connectTls({ socket: tcp, servername: 'a', rejectUnauthorized: false });
  secure.on('error', () => undefined);
  // Not `once`, which an error ends: our end may be told by a reset.
  await new Promise((resolve) => tcp.on('error', () => undefined).on('close', resolve));
  const next = await scene.tlsClient('a');
  next.send(get());
  await next.until((text) => text.endsWith('ok'));
  expect(scene.plane.bugs).toHaveLength(1);
  await expect(scene.end()).rejects.toThrow('The data plane made mistakes');
});

describe('when it is accepted', () => {
  const PROXY = 'PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n';

  test.each([
    ['over TCP', [], (port: number) => WireClient.connect(port)],
    ['behind a PROXY header', ['127.0.0.1/32'], (port: number) => WireClient.connect(port)],
    ['over TLS', [], (_: number, port: number) => WireClient.connectTls(port, 'a')],
    ['over TLS, for HTTP/2', [], (_: number, port: number) => WireClient.connectTls(port, 'a', true, ['h2'])],
  ])('%s', async (_, proxyProtocolFrom, connect) => {
    const scene = await WireScene.start({ https: true, proxyProtocolFrom });
    vi.spyOn(Recorder.prototype, 'connectionOpened').mockImplementationOnce(failOnce);
    const { httpPort, httpsPort } = scene.plane;
    const client = await connect(httpPort, httpsPort);
    const greeting = proxyProtocolFrom.length === 0 ? '' : PROXY;
    client.send(greeting + get());
    await client.ended();
    expect(client.text).toBe('');
    const next = await WireClient.connect(httpPort);
    next.send(greeting + get());
    await next.until((text) => text.endsWith('ok'));
    next.destroy();
    expect(scene.plane.bugs).toHaveLength(1);
    await expect(scene.end()).rejects.toThrow('The data plane made mistakes');
  });
});
