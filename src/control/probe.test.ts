// One check against real servers that answer, lie, hang and break: what is made of each, and what is sent.
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { freePort } from '../../test/support/ports.ts';
import { makeCertificate } from '../../test/support/certificates.ts';
import type { BackendTls, HealthCheck } from '../model/configuration.ts';
import { type CheckResult, startProbe } from './probe.ts';

const PING: HealthCheck = {
  path: '/api/v4/system/ping',
  isPing: true,
  intervalMs: 5000,
  timeoutMs: 5000,
  healthyThreshold: 1,
  unhealthyThreshold: 1,
};
const OK = '{"AndroidLatestVersion":"","status":"OK"}';

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A port whose connections are given to `onRequest` with the head they sent. */
async function listen(
  onRequest: (socket: Socket, head: string) => void,
  tls?: { readonly cert: string; readonly key: string },
): Promise<number> {
  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.endsWith('\r\n\r\n')) onRequest(socket, text);
    });
  };
  const server: Server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  server.on('tlsClientError', () => undefined);
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

function probe(port: number, check: Partial<HealthCheck> = {}, tls?: BackendTls): Promise<CheckResult> {
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  startProbe({ endpoint: { address: '127.0.0.1', port }, tls, check: { ...PING, ...check } }, resolve);
  return promise;
}

function answer(status: string, body: string, fields: readonly string[] = []): string {
  return [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...fields, '', body].join('\r\n');
}

const failed = (failure: string, status?: number) =>
  status === undefined ? { kind: 'failed', failure } : { kind: 'failed', failure, status };
const TLS_FAILED: CheckResult = { kind: 'failed', failure: 'tls-failed' };
const PASSED = { kind: 'passed' };

describe('an answer to the ping', () => {
  test.each([
    ['that says OK', answer('200 OK', OK), PASSED],
    ['in chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n29\r\n${OK}\r\n0\r\n\r\n`, PASSED],
    ['that says it is unwell', answer('200 OK', '{"status":"UNHEALTHY"}'), failed('body')],
    ['of a page', answer('200 OK', '<html>OK</html>'), failed('body')],
    ['of nothing', answer('200 OK', ''), failed('body')],
    ['of null', answer('200 OK', 'null'), failed('body')],
    ['without status', answer('200 OK', '{}'), failed('body')],
    ['of another success', answer('204 No Content', ''), failed('status', 204)],
    ['that is not found', answer('404 Not Found', OK), failed('status', 404)],
    ['that leads elsewhere', answer('302 Found', OK, ['Location: /']), failed('status', 302)],
    ['that is an error', answer('500 Internal Server Error', OK), failed('status', 500)],
    ['that is too large', answer('200 OK', `{"status":"OK","x":"${'x'.repeat(20_000)}"}`), failed('body')],
    [
      'that switches protocols',
      'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      failed('malformed'),
    ],
    ['that is no HTTP', 'SSH-2.0-OpenSSH\r\n', failed('malformed')],
    ['whose head does not end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`, failed('malformed')],
  ])('%s', async (_, text, expected) => {
    const port = await listen((socket) => void socket.write(text));
    expect(await probe(port)).toEqual(expected);
  });

  test('that breaks off in its body has failed', async () => {
    const port = await listen((socket) => void socket.end(answer('200 OK', OK).slice(0, -5)));
    expect(await probe(port)).toEqual(failed('closed'));
  });
});

describe('another path is judged by its status alone', () => {
  test.each([
    ['200 OK', PASSED],
    ['204 No Content', PASSED],
    ['302 Found', failed('status', 302)],
    ['503 Service Unavailable', failed('status', 503)],
  ])('%s', async (status, expected) => {
    const port = await listen((socket) => void socket.write(answer(status, '')));
    expect(await probe(port, { path: '/healthz', isPing: false })).toEqual(expected);
  });
});

describe('no answer', () => {
  test('since nobody listens', async () => {
    expect(await probe(await freePort())).toEqual(failed('connect-refused'));
  });

  test('since it hangs: after the timeout, and the connection is closed', async () => {
    let isClosed = false;
    const port = await listen((socket) => void socket.on('close', () => (isClosed = true)));
    expect(await probe(port, { timeoutMs: 100 })).toEqual(failed('timeout'));
    await eventually(() => expect(isClosed || sockets.size === 0).toBe(true));
  });

  test('in whole before the timeout, however many pieces came', async () => {
    const port = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{');
    });
    expect(await probe(port, { timeoutMs: 100 })).toEqual(failed('timeout'));
  });

  test('since it resets', async () => {
    const port = await listen((socket) => socket.resetAndDestroy());
    expect(await probe(port)).toEqual(failed('closed'));
  });

  test('since it ends', async () => {
    const port = await listen((socket) => void socket.end());
    expect(await probe(port)).toEqual(failed('closed'));
  });
});

test('what is sent names nobody, and the connection ends with the check', async () => {
  let head = '';
  const port = await listen((socket, text) => {
    head = text;
    socket.write(answer('200 OK', OK));
  });
  expect(await probe(port)).toEqual(PASSED);
  expect(head.split('\r\n').toSorted()).toEqual(
    [
      'GET /api/v4/system/ping HTTP/1.1',
      'Accept: application/json',
      'Connection: close',
      `Host: 127.0.0.1:${port}`,
      'User-Agent: mattermost-ingress-health-check',
      '',
      '',
    ].toSorted(),
  );
  await eventually(() => expect(sockets.size).toBe(0));
});

test.each([
  ['/a b/api/v4/system/ping', '/a%20b/api/v4/system/ping'],
  ['/a\r\nX: y/api/v4/system/ping', '/a%0D%0AX:%20y/api/v4/system/ping'],
  ['/\u65e5\u672c/api/v4/system/ping', '/%E6%97%A5%E6%9C%AC/api/v4/system/ping'],
  ['/%20/api/v4/system/ping?a=b', '/%20/api/v4/system/ping?a=b'],
])('a path with letters that no request line can carry is encoded: %j', async (path, sent) => {
  let head = '';
  const port = await listen((socket, text) => {
    head = text;
    socket.write(answer('200 OK', OK));
  });
  expect(await probe(port, { path })).toEqual(PASSED);
  expect(head.split('\r\n')[0]).toBe(`GET ${sent} HTTP/1.1`);
  expect(head).not.toContain('X: y');
});

test.each([
  ['a path that is no text', { path: '/\ud800' }, undefined, failed('connect-failed')],
  [
    'a certificate that is none',
    {},
    { serverName: 'mm.test', verify: false, ca: undefined, clientCertificate: { chain: 'no', key: 'no' } },
    TLS_FAILED,
  ],
] as const)('a check that cannot be made has failed, later: %s', async (_, check, tls, expected) => {
  const port = await listen(() => undefined);
  expect(await probe(port, check, tls && { ...tls, minVersion: '1.2' })).toEqual(expected);
});

test('a check comes from the address it is given', async () => {
  const { promise: seen, resolve } = Promise.withResolvers<string | undefined>();
  const port = await listen((socket) => resolve(socket.remoteAddress));
  const target = { endpoint: { address: '127.0.0.1', port }, tls: undefined, check: PING };
  const cancel = startProbe({ ...target, localAddress: '127.0.0.7' }, () => undefined);
  expect(await seen).toBe('127.0.0.7');
  cancel();
});

test('a check that was cancelled says nothing and closes its connection', async () => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const port = await listen(() => resolve());
  const results: CheckResult[] = [];
  const cancel = startProbe(
    { endpoint: { address: '127.0.0.1', port }, tls: undefined, check: PING },
    (result) => results.push(result),
  );
  await arrived;
  cancel();
  await eventually(() => expect(sockets.size).toBe(0));
  expect(results).toEqual([]);
});

describe('over TLS', () => {
  const tlsOf = (ca: string | undefined, verify: boolean, serverName: string): BackendTls => ({
    verify,
    ca,
    serverName,
    clientCertificate: undefined,
    minVersion: '1.2',
  });

  test.each<[string, { ca?: 'own'; verify: boolean; name?: string }, CheckResult]>([
    ['verified', { ca: 'own', verify: true }, { kind: 'passed' }],
    ['under another name', { ca: 'own', verify: true, name: 'other.test' }, TLS_FAILED],
    ['of an unknown authority', { verify: true }, TLS_FAILED],
    ['unverified', { verify: false }, { kind: 'passed' }],
  ])('%s', async (_, { ca, verify, name = 'mm.test' }, expected) => {
    const { certificate, key } = await makeCertificate('mm.test');
    const port = await listen((socket) => void socket.write(answer('200 OK', OK)), {
      cert: certificate,
      key,
    });
    const tls = tlsOf(ca === 'own' ? certificate : undefined, verify, name);
    expect(await probe(port, {}, tls)).toEqual(expected);
  });

  test('to a server that speaks none', async () => {
    const port = await listen((socket) => void socket.write(answer('200 OK', OK)));
    servers[0]?.on('connection', (socket: Socket) => void socket.write('no TLS here at all\r\n'));
    expect(await probe(port, {}, tlsOf(undefined, false, 'mm.test'))).toEqual(failed('tls-failed'));
  });
});
