// Certificates of clients: asked for by the hosts that want them and by no other, believed by the authorities of now,
// and never carried from one host, or from one configuration, to another by a resumed session.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admission, backend, endpoint, openSite, rule, site } from '../../src/decide/test-objects.ts';
import type { ClientCertificate, Configuration } from '../../src/model/configuration.ts';
import { makeCertificate, makeClientCertificate, type Pair } from '../support/certificates.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { RecordingBackend } from '../support/recording-backend.ts';
import { head } from './rows.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

let recorder: RecordingBackend;
let plane: TestPlane;
let authority: Pair;
let otherAuthority: Pair;
let server: Pair;
let device: Pair;
let stranger: Pair;

function wanted(authorities: string | undefined): Configuration {
  const tls = (asks?: Pick<ClientCertificate, 'mode'> & { readonly pem: string | undefined }) => ({
    certificate: 'chat/tls',
    minVersion: '1.2' as const,
    hsts: undefined,
    clientCertificate: asks && { mode: asks.mode, source: 'Secret chat/ca', authorities: asks.pem },
  });
  const devices = admission([rule('devices', { clientCertificate: true })]);
  const optional = tls({ mode: 'Optional', pem: authorities });
  const acme = site('require.test/.well-known/acme-challenge/token', openSite());
  return configuration(
    [
      site('require.test', openSite({ tls: tls({ mode: 'Require', pem: authorities }) })),
      { ...acme, pathType: 'Exact' },
      site('optional.test', openSite({ tls: optional, admission: devices })),
      site(
        'other.test',
        openSite({ tls: tls({ mode: 'Optional', pem: otherAuthority.certificate }), admission: devices }),
      ),
      site('plain.test', openSite({ tls: tls(), admission: devices })),
    ],
    [backend([endpoint('node', { address: '127.0.0.1', port: recorder.port })])],
    [
      {
        key: 'chat/tls',
        chain: server.certificate,
        privateKey: server.key,
        notAfterMs: Number.MAX_SAFE_INTEGER,
      },
    ],
  );
}

beforeAll(async () => {
  recorder = await RecordingBackend.start();
  authority = await makeCertificate('devices');
  otherAuthority = await makeCertificate('others');
  server = await makeCertificate('require.test');
  device = await makeClientCertificate('device', authority);
  stranger = await makeClientCertificate('stranger', otherAuthority);
  plane = await TestPlane.start(wanted(authority.certificate), { https: true });
});
afterAll(async () => {
  await recorder.stop();
  await plane.close();
});

type Visit = { readonly status: number; readonly session: Buffer | undefined; readonly reused: boolean };

/** One request on a connection of its own, and the session that could be resumed after it. */
async function visit(
  host: string,
  pair: Pair | undefined,
  more: ConnectionOptions = {},
  path = '/',
): Promise<Visit> {
  const socket = connect({
    host: '127.0.0.1',
    port: plane.httpsPort,
    servername: host,
    rejectUnauthorized: false,
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
    ...more,
  });
  let session: Buffer | undefined;
  let text = '';
  socket.on('session', (each) => (session = each));
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'secureConnect');
  const reused = socket.isSessionReused();
  socket.write(head(`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close'));
  await closed;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), session, reused };
}

describe.each(VERSIONS)('%s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  test.each<[string, string, () => Pair | undefined, number]>([
    ['Require with one', 'require.test', () => device, 200],
    ['Require without', 'require.test', () => undefined, 403],
    ['Require with one of another authority', 'require.test', () => stranger, 403],
    ['Require with one that nobody issued', 'require.test', () => otherAuthority, 403],
    ['Optional with one', 'optional.test', () => device, 200],
    ['Optional without: no rule lets it in', 'optional.test', () => undefined, 403],
    ['Optional with one of another authority', 'optional.test', () => stranger, 403],
    ['another host with its own authority', 'other.test', () => stranger, 200],
    ['a host that does not ask', 'plain.test', () => device, 403],
  ])('%s', async (_, host, pair, status) => {
    expect((await visit(host, pair(), only)).status).toBe(status);
  });

  test('a resumed session brings its certificate to its own host', async () => {
    const first = await visit('require.test', device, only);
    const again = await visit('require.test', device, { ...only, session: first.session });
    expect([again.reused, again.status]).toEqual([true, 200]);
  });

  test.each(['other.test', 'optional.test', 'plain.test'])('and to no other: %s', async (host) => {
    const first = await visit('require.test', device, only);
    const { session } = first;
    expect(session).toBeDefined();
    expect((await visit(host, undefined, { ...only, session })).status).toBe(403);
  });

  test('a session made without one does not pass for one', async () => {
    const first = await visit('optional.test', undefined, only);
    expect((await visit('require.test', undefined, { ...only, session: first.session })).status).toBe(403);
  });

  test('authorities that were taken away are believed no longer, resumed or not', async () => {
    const first = await visit('require.test', device, only);
    plane.apply(wanted(otherAuthority.certificate));
    const resumed = await visit('require.test', device, { ...only, session: first.session });
    expect(resumed.status).toBe(403);
    expect((await visit('require.test', device, only)).status).toBe(403);
    plane.apply(wanted(undefined));
    expect((await visit('require.test', device, only)).status).toBe(403);
    plane.apply(wanted(authority.certificate));
    expect((await visit('require.test', device, only)).status).toBe(200);
  });
});

test('the proof of a certificate authority needs none', async () => {
  const path = '/.well-known/acme-challenge/token';
  expect((await visit('require.test', undefined, {}, path)).status).toBe(200);
  expect((await visit('require.test', undefined, {}, `${path}2`)).status).toBe(403);
});

test.each<[string, () => Pair | undefined, number]>([
  ['with one', () => device, 200],
  ['without', () => undefined, 403],
])('over HTTP/2 %s', async (_, pair, status) => {
  const own = pair();
  const session = connectHttp2(`https://127.0.0.1:${plane.httpsPort}`, {
    servername: 'require.test',
    rejectUnauthorized: false,
    ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
  });
  const closed = once(session, 'close');
  const stream = session.request({ ':authority': 'require.test', ':path': '/' });
  const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
  expect(headers[':status']).toBe(status);
  stream.resume();
  await once(stream, 'close');
  // Whoever has none is to come again on a connection that may show one.
  if (status === 200) session.close();
  await closed;
});
