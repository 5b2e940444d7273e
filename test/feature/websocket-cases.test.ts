// WebSocket cases that other proxies test themselves by, replayed: Traefik's as one table, haproxy-ingress' in scenes.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EchoServer, startEchoServer } from '../support/echo-server.ts';
import { hostOf, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { exchangeRaw, HANDSHAKE, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const ORIGIN = 'https://chat.example.com';
const BASIC = `Basic ${Buffer.from('alice:secret').toString('base64')}`;
const SECRET = 'a-secret-of-the-apps-0123456789';

const scene = new Scene();
let controller: ControllerProcess;
let backend: Backend;
let echo: EchoServer;
let pair: Pair;

beforeAll(async () => {
  backend = await startBackend();
  echo = await startEchoServer('echo');
  pair = await makeCertificate(hostOf('secure'));
  scene.add(backend);
  scene.add(echo);
  const places = [{ name: 'judge', port: backend.port }];
  const rule = { name: 'app', headers: [{ name: 'X-Secret', secretRef: { name: 'app' } }], action: 'Allow' };
  controller = await scene.controller({
    objects: [
      ...site('chat', places),
      ...site('secure', places, { route: { tls: { secretName: 'secure' } } }),
      ...site('closed', [echo.place], { admission: { rules: [rule], defaultAction: 'Deny' } }),
      tlsSecret('secure', pair),
      secret('app', { key: SECRET }),
    ],
  });
});
afterAll(() => scene.end());

type Backend = {
  readonly port: number;
  /** Handshakes it saw, in order. */
  readonly seen: readonly IncomingMessage[];
  stop(): Promise<void>;
};

/** A server that judges the handshake by its path before it echoes, and answers in its own words where it refuses. */
async function startBackend(): Promise<Backend> {
  const http: Server = createServer();
  const seen: IncomingMessage[] = [];
  const echoing = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    seen.push(request);
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      socket.end(refusal);
      return;
    }
    echoing.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => undefined);
      opened.on('message', (data, isBinary) => opened.send(data, { binary: isBinary }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const each of echoing.clients) each.terminate();
      http.close(() => resolve());
    });
  return { port, seen, stop };
}

function refusalOf({ url = '', headers }: IncomingMessage): string | undefined {
  if (url.startsWith('/origin') && headers.origin !== ORIGIN)
    return 'HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nwrong origin';
  if (url.startsWith('/auth') && headers.authorization !== BASIC)
    return 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="chat"\r\nContent-Length: 0\r\n\r\n';
  if (url.startsWith('/gone')) return 'HTTP/1.1 410 Gone\r\nX-Why: moved\r\nContent-Length: 4\r\n\r\ngone';
  return undefined;
}

/** Opens a WebSocket as the library does; rejects with the status where there is another answer. */
async function open(name: string, path: string, options: ClientOptions = {}): Promise<WebSocket> {
  const isSecure = name === 'secure';
  const to = { host: '127.0.0.1', port: controller.port(isSecure ? 'https' : 'http') };
  const socket = new WebSocket(`${isSecure ? 'wss' : 'ws'}://${hostOf(name)}${path}`, {
    createConnection: () =>
      isSecure
        ? connectTls({ ...to, servername: hostOf(name), ca: pair.certificate, ALPNProtocols: ['http/1.1'] })
        : connect(to),
    ...options,
  });
  await once(socket, 'open');
  return socket;
}

async function say(socket: WebSocket, text: string): Promise<string> {
  const heard = once(socket, 'message');
  socket.send(text);
  return String((await heard)[0]);
}

/** A pong comes behind everything that was said before its ping. */
async function roundTrip(socket: WebSocket): Promise<void> {
  const heard = once(socket, 'pong');
  socket.ping();
  await heard;
}

type Case = {
  readonly name: string;
  readonly site?: 'chat' | 'secure';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers as the backend must see them, in this very spelling. */
  readonly sees?: readonly (readonly [name: string, value: string])[];
};

const OPENED: readonly Case[] = [
  { name: 'base', path: '/ws' },
  { name: 'the right origin', path: '/origin', headers: { Origin: ORIGIN }, sees: [['Origin', ORIGIN]] },
  { name: 'TLS ends here', site: 'secure', path: '/ws', sees: [['X-Forwarded-Proto', 'https']] },
  {
    name: 'basic authentication',
    path: '/auth',
    headers: { Authorization: BASIC },
    sees: [['Authorization', BASIC]],
  },
  { name: 'characters that are encoded in the path', path: '/ws/http%3A%2F%2Ftest/a%20b' },
  { name: 'a query', path: '/ws?a=1&b=%26&a=2' },
  { name: 'headers of the client', path: '/ws', headers: { 'X-Token': 'a, b' }, sees: [['X-Token', 'a, b']] },
  {
    name: 'the spelling of names',
    path: '/ws',
    headers: { 'x-LOUD-name': '1' },
    sees: [['x-LOUD-name', '1']],
  },
];

test.each(OPENED)(
  '$name: opened, and echoes',
  async ({ site: name = 'chat', path, headers = {}, sees = [] }) => {
    const socket = await open(name, path, { headers });
    expect(await say(socket, 'hello')).toBe('hello');
    const request = backend.seen.at(-1);
    expect([request?.url, request?.headers.host]).toEqual([path, hostOf(name)]);
    const { rawHeaders = [] } = request ?? {};
    const pairs = rawHeaders.flatMap((each, at) => (at % 2 === 0 ? [[each, rawHeaders[at + 1]]] : []));
    for (const seen of sees) expect(pairs).toContainEqual(seen);
    const closed = once(socket, 'close');
    socket.close(1000);
    expect((await closed)[0]).toBe(1000);
  },
);

const REFUSED = [
  {
    name: 'a wrong origin',
    path: '/origin',
    field: 'Origin: https://evil.test',
    answer: /^HTTP\/1\.1 403 [^]*wrong origin$/,
  },
  {
    name: 'no authentication',
    path: '/auth',
    field: 'X: y',
    answer: /^HTTP\/1\.1 401 [^]*WWW-Authenticate: Basic realm="chat"/,
  },
  {
    name: 'an answer of its own',
    path: '/gone',
    field: 'X: y',
    answer: /^HTTP\/1\.1 410 Gone\r\n[^]*X-Why: moved\r\n[^]*\r\n\r\ngone$/,
  },
];

test.each(REFUSED)('$name: what the backend says comes back whole', async ({ path, field, answer }) => {
  const [fieldName = '', value = ''] = field.split(': ');
  const bytes = requestText(`GET ${path}`, hostOf('chat'), { ...HANDSHAKE, [fieldName]: value });
  const { text, ending } = await exchangeRaw(controller.raw(), bytes);
  expect(text).toMatch(answer);
  expect(ending).toBe('fin');
});

describe('like haproxy-ingress', () => {
  test('sockets that were opened before endpoints were exchanged talk on, each in its order', async () => {
    const sockets: WebSocket[] = [];
    const heard: string[][] = [];
    for (let swap = 0; swap < 3; swap++) {
      const server = await startEchoServer(`swapped-${swap}`);
      scene.add(server);
      await controller.apply('swapped.yaml', ...site('swapped', [server.place]));
      const socket = await open('swapped', '/ws');
      const messages: string[] = [];
      socket.on('message', (data: Buffer) => messages.push(data.toString()));
      sockets.push(socket);
      heard.push(messages);
      expect(server.sockets).toHaveLength(1);
      for (const each of sockets) for (let at = 0; at < 5; at++) each.send(`${swap}.${at}`);
      await Promise.all(sockets.map((each) => roundTrip(each)));
    }
    const round = (swap: number) => Array.from({ length: 5 }, (_, at) => `${swap}.${at}`);
    expect(heard).toEqual([[0, 1, 2].flatMap(round), [1, 2].flatMap(round), [2].flatMap(round)]);
    for (const each of sockets) each.terminate();
  });

  test('a handshake without the secret is refused; with it three messages come back in order', async () => {
    const before = echo.sockets.length;
    await expect(open('closed', '/ws')).rejects.toThrow('403');
    await expect(open('closed', '/ws', { headers: { 'X-Secret': `${SECRET}x` } })).rejects.toThrow('403');
    expect(echo.sockets).toHaveLength(before);
    const socket = await open('closed', '/ws', { headers: { 'X-Secret': SECRET } });
    for (const text of ['one', 'two', 'three']) expect(await say(socket, text)).toBe(text);
    socket.terminate();
  });
});
