// Nothing stays behind: after thousands of requests, of broken and refused ones, of WebSockets and of handshakes that end
// in every way there is, the data plane has the objects, sockets and bytes that it had before.
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Http1Connection } from '../../src/proxy/client/connection.ts';
import { Exchange } from '../../src/proxy/exchange.ts';
import { Http2Connection } from '../../src/proxy/client/http2-connection.ts';
import { Http2Stream } from '../../src/proxy/client/http2-stream.ts';
import { Timer } from '../../src/proxy/timers.ts';
import { Tunnel } from '../../src/proxy/tunnel/tunnel.ts';
import { UpstreamConnection } from '../../src/proxy/backend/upstream-connection.ts';
import { type Class, countLive, heldBytes } from '../support/memory.ts';
import { answer, type BackendConnection, type Script } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { get, post } from '../wire/rows.ts';
import { WireScene } from '../wire/scene.ts';
import {
  backendText,
  clientText,
  close,
  handshake,
  openTunnel,
  type Tunnel as TestTunnel,
} from '../wire/tunnels.ts';

const COUNT = Number(process.env['LEAK_COUNT'] ?? 150);
const WARM_UP = 60;
/** So much may a heap be larger by chance; so many leaks of what holds a buffer are more. */
const BYTES_LEFT = 1024 * 1024;
const MINUTE_MS = 60_000;
const TIMEOUT_MS = 60_000 + COUNT * 50;
/** Most of what may leak holds on to one of these; to count a class takes a third of a second. */
const FEW_CLASSES: readonly Class[] = [Timer];
const CLASSES: readonly Class[] = [
  Http1Connection,
  Http2Connection,
  Http2Stream,
  UpstreamConnection,
  Exchange,
  Tunnel,
  Timer,
  Socket,
  TLSSocket,
];

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true, site: { webSocketIdleTimeoutMs: MINUTE_MS } });
});
afterAll(() => scene.end());

/** One thing that happens, from its beginning to where nobody waits for anything any more. */
type Happening = {
  readonly name: string;
  readonly script?: Script;
  readonly happen: (at: number) => Promise<void>;
};

const connectWith = (isTls: boolean) => (isTls ? scene.tlsClient('a') : scene.client());

async function exchange(
  client: WireClient,
  bytes: string,
  isEnough: (text: string) => boolean,
): Promise<void> {
  client.send(bytes);
  await client.until(isEnough);
}

/** Sends this, waits until it was read, and breaks off. */
async function breakOff(isTls: boolean, bytes: string, isReset: boolean): Promise<void> {
  const client = await connectWith(isTls);
  client.send(bytes);
  await turns(4);
  if (isReset) client.raw.resetAndDestroy();
  else client.destroy();
}

const MOMENTS = [
  '',
  get().slice(0, 12),
  get(),
  get().repeat(3),
  `${post('Content-Length: 100')}half`,
  `${post('Transfer-Encoding: chunked')}5\r\nhal`,
  handshake(),
];

const REFUSED = [
  'GET / HTTP/1.1\r\n\r\n',
  'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  `GET /${'x'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  'GET / HTTP/1.1\r\nHost: nobody\r\nConnection: close\r\n\r\n',
  post('Content-Length: 999999999999'),
  handshake().replace('Version: 13', 'Version: 8'),
  `${handshake()}early`,
  `${post('Transfer-Encoding: chunked')}zz\r\n`,
];

const HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';

const ENDINGS: readonly ((tunnel: TestTunnel) => void)[] = [
  ({ client }) => client.socket.end(),
  ({ client }) => client.raw.resetAndDestroy(),
  ({ backend }) => backend.socket.end(),
  ({ backend }) => backend.socket.resetAndDestroy(),
  ({ client }) => client.socket.end(close(1000, 5)),
  ({ backend }) => backend.socket.end(close(1001)),
  ({ client, backend }) => {
    client.send(clientText('half').subarray(0, 5));
    backend.send(backendText('half').subarray(0, 3));
    client.destroy();
  },
];

const HALF: Script = ({ socket }) =>
  void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf', () => socket.resetAndDestroy());

const HAPPENINGS: readonly Happening[] = [
  { name: 'connections that never send', happen: async () => void (await scene.client()) },
  { name: 'HTTP/2', happen: (at) => speakHttp2(at % 3 === 0) },
  {
    name: 'requests on one connection',
    happen: async (at) => {
      const client = await connectWith(at % 4 === 0);
      for (let turn = 1; turn <= 5; turn++)
        await exchange(client, get(), (text) => text.split('\r\n\r\nok').length > turn);
      client.destroy();
    },
  },
  {
    name: 'requests that are refused',
    happen: (at) => beRefused(at % 3 === 0, REFUSED[at % REFUSED.length] ?? ''),
  },
  {
    name: 'clients that break off, while the backend is silent',
    script: () => undefined,
    happen: (at) => breakOff(at % 2 === 0, MOMENTS[at % MOMENTS.length] ?? '', at % 4 < 2),
  },
  {
    name: 'clients that break off in mid-answer',
    script: ({ socket }) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf'),
    happen: async (at) => {
      const client = await connectWith(at % 2 === 0);
      await exchange(client, get(), (text) => text.endsWith('half'));
      client.destroy();
    },
  },
  {
    name: 'backends that break off in mid-answer',
    script: HALF,
    happen: async (at) => {
      const client = await connectWith(at % 4 === 0);
      client.send(get());
      await client.ended();
    },
  },
  { name: 'WebSockets', happen: (at) => openAndEnd(at % 3 === 0, ENDINGS[at % ENDINGS.length]) },
  {
    name: 'WebSockets that nobody ends',
    happen: async () => {
      const tunnel = await openTunnel(scene);
      tunnel.client.send(clientText('x'));
    },
  },
  { name: 'TLS handshakes that break off', happen: (at) => halfShake(at) },
];

/** Some streams of one connection, some of them given up. */
async function speakHttp2(breaksOff: boolean): Promise<void> {
  const session = connectHttp2(`https://127.0.0.1:${scene.plane.httpsPort}`, {
    servername: 'a',
    rejectUnauthorized: false,
  });
  session.on('error', () => undefined);
  const streams = [0, 1, 2].map(() => session.request({ ':path': '/', ':authority': 'a' }));
  for (const stream of streams) stream.on('error', () => undefined).resume();
  streams[0]?.close(constants.NGHTTP2_CANCEL);
  if (!breaksOff) for (const stream of streams) if (!stream.closed) await once(stream, 'close');
  session.destroy();
}

async function beRefused(isTls: boolean, bytes: string): Promise<void> {
  const client = await connectWith(isTls);
  client.send(bytes);
  await client.ended();
}

async function openAndEnd(isTls: boolean, end: ((tunnel: TestTunnel) => void) | undefined): Promise<void> {
  const tunnel = await openTunnel(scene, [], isTls ? await scene.tlsClient('a') : undefined);
  tunnel.client.send(clientText('hello'));
  tunnel.backend.send(backendText('hello'));
  end?.(tunnel);
}

async function halfShake(at: number): Promise<void> {
  const socket = connect(scene.plane.httpsPort, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (at % 4 === 1) socket.write(HELLO, 'latin1');
  if (at % 4 === 2) socket.write('rubbish'.repeat(20));
  await turns(2);
  if (at % 4 === 3) socket.resetAndDestroy();
  else socket.destroy();
}

async function repeat({ script, happen }: Happening, count: number): Promise<void> {
  scene.backend.script = script ?? ((connection: BackendConnection) => connection.send(answer('ok')));
  for (let at = 0; at < count; at++) await happen(at);
}

/** Everything has ended, the deadlines of what was closed have passed, and idle connections are tidied up. */
async function settle(): Promise<void> {
  await scene.reset();
  await scene.plane.advance(3 * MINUTE_MS);
  await scene.reset();
  await until(
    () => scene.plane.metric('connections') === 0,
    () => `the end of ${scene.plane.metric('connections')} connections`,
  );
  await turns(10);
}

function counts(classes: readonly Class[]): Readonly<Record<string, number>> {
  const handles = process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name));
  return Object.fromEntries([
    ...classes.map((each) => [each.name, countLive(each)]),
    ['handles', handles.length],
  ]);
}

describe(`${COUNT} times`, () => {
  let before: Readonly<Record<string, number>> = {};
  let all: Readonly<Record<string, number>> = {};

  beforeAll(async () => {
    for (const happening of HAPPENINGS) await repeat(happening, WARM_UP);
    await settle();
    before = counts(FEW_CLASSES);
    all = counts(CLASSES);
  }, TIMEOUT_MS);

  test.each(HAPPENINGS)('$name', { timeout: TIMEOUT_MS }, async (happening) => {
    const bytesBefore = heldBytes();
    await repeat(happening, COUNT);
    await settle();
    const earlier = before;
    before = counts(FEW_CLASSES);
    expect(before).toEqual(earlier);
    expect(heldBytes() - bytesBefore).toBeLessThan(BYTES_LEFT);
  });

  test('and nothing of any kind is left', () => expect(counts(CLASSES)).toEqual(all), TIMEOUT_MS);
});
