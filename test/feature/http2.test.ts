// HTTP/2 through the whole process: the rules, the cookie and the ends of connections are those of HTTP/1.
import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../src/demo/mattermost/demo-routes.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { ask, connectHttp2, type Http2Answer, statusesOf } from '../support/http2-session.ts';
import { hostOf, type PolicyParts, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { answer, type BackendConnection } from '../support/raw-backend.ts';
import { ALICE, Scene } from '../support/scene.ts';
import { shakeHands } from '../support/tls-client.ts';

const SECRET = 'a-secret-of-the-apps-0123456789';
const ECHO = '/api/v4/demo/echo';

const scene = new Scene();
const sessions: ClientHttp2Session[] = [];
let controller: ControllerProcess;
let pair: Pair;
let other: Pair;
let nodePorts: readonly number[] = [];
/** Requests to the site `slow`, to be answered when a test says so. */
const waiting: BackendConnection[] = [];

beforeAll(async () => {
  const nodes = await scene.nodes('node-a', 'node-b');
  nodePorts = nodes.map(({ port }) => port);
  pair = await makeCertificate(hostOf('chat'), hostOf('guarded'), hostOf('slow'), hostOf('shared'));
  other = await makeCertificate(hostOf('other'));
  const slow = await scene.backend('slow', (connection) => void waiting.push(connection));
  controller = await scene.controller({
    objects: [...objects(), ...site('slow', [slow.place], TLS)],
  });
});
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});
afterAll(() => scene.end());

const TLS: PolicyParts = { route: { tls: { secretName: 'cert' } } };

function objects() {
  const places = nodePorts.map((port, at) => ({ name: at === 0 ? 'node-a' : 'node-b', port }));
  const app = { name: 'app', headers: [{ name: 'X-Secret', secretRef: { name: 'apps' } }], action: 'Allow' };
  return [
    ...site('chat', places, TLS),
    ...site('shared', places, TLS),
    ...site('guarded', places, {
      ...TLS,
      admission: { rules: [app], defaultAction: 'Deny' },
    }),
    ...site('other', places, { route: { tls: { secretName: 'other' } } }),
    secret('apps', { current: SECRET }),
    tlsSecret('cert', pair),
    tlsSecret('other', other),
  ];
}

async function open(name = 'chat', at = controller): Promise<ClientHttp2Session> {
  const session = await connectHttp2(at.port('https'), hostOf(name));
  sessions.push(session);
  return session;
}

function get(
  session: ClientHttp2Session,
  name: string,
  headers: Record<string, string | string[]> = {},
): Promise<Http2Answer> {
  return ask(session, { headers: { ':authority': hostOf(name), ':path': ECHO, ...headers } });
}

function fieldOf({ heads }: Http2Answer, name: string): string | undefined {
  const list = heads.at(-1) ?? [];
  const at = list.findIndex((each, index) => index % 2 === 0 && each === name);
  return at === -1 ? undefined : list[at + 1];
}

describe('a request', () => {
  test('reaches a node as one of HTTP/1 does, and its answer comes back', async () => {
    const given = await get(await open(), 'chat', { 'x-custom': 'kept', 'x-forwarded-for': '192.0.2.1' });
    expect(statusesOf(given)).toEqual([200]);
    const echo = JSON.parse(given.body.toString()) as Echo;
    const seen = new Map(echo.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(echo.httpVersion).toBe('1.1');
    expect([seen.get('host'), seen.get('x-custom')]).toEqual([hostOf('chat'), 'kept']);
    expect([seen.get('x-forwarded-for'), seen.get('x-forwarded-proto')]).toEqual(['127.0.0.1', 'https']);
    expect(seen.get('via')).toBe('2 mattermost-ingress');
  });

  test('is kept on its node by the cookie, which is Secure and never reaches the node', async () => {
    const session = await open();
    const first = await get(session, 'chat');
    const cookie = fieldOf(first, 'set-cookie') ?? '';
    expect(cookie).toMatch(/^MMSTICKY=[\w-]{22}; .*; Secure$/);
    const node = fieldOf(first, 'x-demo-node');
    const [token = ''] = cookie.split(';');
    for (let round = 0; round < 10; round++) {
      const again = await get(await open(), 'chat', { cookie: ['theme=dark', token, 'lang=de'] });
      expect([fieldOf(again, 'x-demo-node'), fieldOf(again, 'set-cookie')]).toEqual([node, undefined]);
      const echo = JSON.parse(again.body.toString()) as Echo;
      expect(echo.headers.filter(([name]) => name.toLowerCase() === 'cookie')).toEqual([
        ['cookie', 'theme=dark; lang=de'],
      ]);
    }
  });

  test('is counted, and has a line of the access log', async () => {
    await get(await open(), 'chat', { 'x-request-id': 'http2-line' });
    const line = await controller.logged((each) => each['requestId'] === 'http2-line');
    expect(line).toMatchObject({
      msg: 'request',
      protocol: 'HTTP/2',
      scheme: 'https',
      host: hostOf('chat'),
      status: 200,
    });
  });
});

describe('A7 admission is asked for each stream', () => {
  test('one that is let in opens the door for no other', async () => {
    const session = await open('guarded');
    const secrets = [undefined, SECRET, 'wrong', undefined, SECRET];
    const answers = await Promise.all(
      secrets.map((value) => get(session, 'guarded', value === undefined ? {} : { 'x-secret': value })),
    );
    expect(answers.map((given) => statusesOf(given)[0])).toEqual([403, 200, 403, 403, 200]);
    const [, inside] = answers;
    expect(inside?.body.toString()).not.toContain(SECRET);
  });

  test('A1 a secret twice is none', async () => {
    const given = await get(await open('guarded'), 'guarded', { 'x-secret': [SECRET, SECRET] });
    expect(statusesOf(given)).toEqual([403]);
  });
});

describe('S1 the policy of the handshake counts for each stream', () => {
  test('a host of the same policy shares the connection', async () => {
    const session = await open('chat');
    expect(statusesOf(await get(session, 'shared'))).toEqual([200]);
    expect(statusesOf(await get(session, 'chat'))).toEqual([200]);
  });

  test('a host of another one gets 421; the streams beside it are finished, and the connection is left', async () => {
    const session = await open('chat');
    const beside = get(session, 'slow');
    await eventually(() => expect(waiting).toHaveLength(1));
    const misdirected = await get(session, 'other');
    expect(statusesOf(misdirected)).toEqual([421]);
    expect(fieldOf(misdirected, 'x-demo-node')).toBeUndefined();
    await eventually(() => expect(session.closed).toBe(true));
    for (const { socket } of waiting.splice(0)) socket.write(answer('late'));
    expect((await beside).body.toString()).toBe('late');
    expect(statusesOf(await get(await open('other'), 'other'))).toEqual([200]);
  });

  test('an unknown name has the default policy', async () => {
    expect(statusesOf(await get(await open('nowhere'), 'chat'))).toEqual([421]);
    expect(statusesOf(await get(await open('nowhere'), 'nowhere'))).toEqual([404]);
  });
});

describe('the protocol', () => {
  async function chosen(offered: readonly string[], at = controller): Promise<string | false | null> {
    const socket = connectTls({
      port: at.port('https'),
      host: '127.0.0.1',
      servername: hostOf('chat'),
      ALPNProtocols: [...offered],
      rejectUnauthorized: false,
    });
    try {
      await once(socket, 'secureConnect');
      return socket.alpnProtocol;
    } finally {
      socket.destroy();
    }
  }

  test('is HTTP/2 for whoever speaks it, HTTP/1.1 for the others', async () => {
    expect(await chosen(['h2', 'http/1.1'])).toBe('h2');
    expect(await chosen(['http/1.1', 'h2'])).toBe('h2');
    expect(await chosen(['http/1.1'])).toBe('http/1.1');
    expect(await chosen([])).toBe(false);
    await expect(chosen(['spdy/3', 'h3'])).rejects.toThrow(/no application protocol/i);
    expect((await shakeHands({ port: controller.port('https'), servername: hostOf('chat') })).answer).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  test('WebSockets stay with HTTP/1.1, on the same port', async () => {
    const { token } = await login(`http://127.0.0.1:${nodePorts[0]}`, ALICE);
    const talk = await controller.open(hostOf('chat'), {
      ca: pair.certificate,
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(talk.socket.readyState).toBe(talk.socket.OPEN);
    talk.socket.terminate();
  });

  test('--http2 off: HTTP/1.1 alone', async () => {
    const without = await scene.controller({ flags: { http2: 'off' }, objects: objects() });
    expect(await chosen(['h2', 'http/1.1'], without)).toBe('http/1.1');
    await expect(chosen(['h2'], without)).rejects.toThrow(/no application protocol/i);
  });
});

test('a certificate that is replaced leaves connections and their streams alone', async () => {
  const session = await open('chat');
  const beside = get(session, 'slow');
  await eventually(() => expect(waiting).toHaveLength(1));
  const next = await makeCertificate(hostOf('chat'), hostOf('guarded'), hostOf('slow'), hostOf('shared'));
  await controller.apply('certificate.yaml', tlsSecret('cert', next));
  expect(statusesOf(await get(session, 'chat'))).toEqual([200]);
  for (const { socket } of waiting.splice(0)) socket.write(answer('late'));
  expect((await beside).body.toString()).toBe('late');
});

test('SIGTERM: what is in flight is finished, connections are told to leave, and the process ends', async () => {
  const late: BackendConnection[] = [];
  const slow = await scene.backend('late', (connection) => void late.push(connection));
  const ending = await scene.controller({
    // The newcomer has to come by then, however long somebody stands still.
    flags: { 'shutdown-delay': '6s', 'drain-timeout': '20s' },
    objects: [...objects(), ...site('slow', [slow.place], TLS)],
  });
  const busy = await open('slow', ending);
  const goaways: number[] = [];
  busy.on('goaway', (code) => goaways.push(code));
  const idle = await open('chat', ending);
  const running = get(busy, 'slow');
  await eventually(() => expect(late).toHaveLength(1));
  ending.signal('SIGTERM');
  await ending.logged({ msg: 'stopping: not ready, still accepting' });
  await eventually(() => expect([busy.closed, idle.destroyed]).toEqual([true, true]));
  expect(goaways).toEqual([0]);
  // Whoever comes now is served, and told to leave with the answer.
  const newcomer = connect(`https://127.0.0.1:${ending.port('https')}`, {
    servername: hostOf('chat'),
    rejectUnauthorized: false,
  });
  newcomer.on('error', () => undefined);
  expect(statusesOf(await get(newcomer, 'chat'))).toEqual([200]);
  await eventually(() => expect(newcomer.destroyed).toBe(true));
  await ending.logged({ msg: 'draining: no new connections' });
  for (const { socket } of late) socket.write(answer('finished'));
  const given = await running;
  expect([statusesOf(given), given.body.toString(), given.code]).toEqual([[200], 'finished', 0]);
  expect(await ending.exit).toEqual({ code: 0, signal: null });
});
