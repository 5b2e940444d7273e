// The WebSocket endpoint over real sockets: who gets a 101, who gets a hello, how it ends.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { MattermostNode } from './node.ts';
import { serverTiming } from './node-context.ts';
import type { Session, Via } from './session.ts';
import { request, UpgradeRefused } from './session.ts';
import {
  createTownFixture,
  isAny,
  isHello,
  isReplyTo,
  loginAlice,
  openSocket,
  urlOf,
} from './town-fixture.ts';

const fixture = createTownFixture();
const forged = 'a'.repeat(26);
let node: MattermostNode;
let other: MattermostNode;
let session: Session;

beforeAll(async () => {
  node = await fixture.start({ name: 'node-a' });
  other = await fixture.start({ name: 'node-b', siteUrl: 'https://chat.example.com/chat' });
  session = await loginAlice(node);
});
afterAll(() => fixture.stop());

const byCookie = (): Via => ({ headers: { Cookie: session.cookieHeader } });
describe('a session on the handshake gets the hello at once', () => {
  test.each([
    ['cookie', () => byCookie().headers, ''],
    ['BEARER', () => ({ Authorization: `BEARER ${session.token}` }), ''],
    ['bearer', () => ({ Authorization: `bearer ${session.token}` }), ''],
    ['Token', () => ({ Authorization: `Token ${session.token}` }), ''],
    [
      'OAuth in the query',
      () => ({}),
      () => `?access_token=${fixture.town.sessions.open(firstUser(), 'oauth').token}`,
    ],
  ])('by %s', async (_, headers, query) => {
    const path = `/api/v4/websocket${typeof query === 'string' ? query : query()}`;
    const talk = await openSocket(node, { headers: headers() ?? {}, path });
    expect(talk.node).toBe('node-a');
    expect(await talk.next(isAny)).toMatchObject({
      event: 'hello',
      seq: 0,
      data: { connection_id: expect.stringMatching(/^[a-z0-9]{26}$/), server_hostname: 'node-a' },
    });
    talk.socket.terminate();
  });

  test.each([
    '/api/v4/websocket',
    '/api/v4/websocket/',
    '/api/v4/users/websocket',
    '/api/v4/users/websocket/',
  ])('on %s', async (path) => {
    const talk = await openSocket(node, { ...byCookie(), path });
    expect(await talk.next(isHello)).toMatchObject({ seq: 0 });
    talk.socket.terminate();
  });

  test('below the subpath', async () => {
    const talk = await openSocket(other, { ...byCookie(), path: '/chat/api/v4/websocket' });
    expect((await talk.next(isHello)).data).toMatchObject({ server_hostname: 'node-b' });
    talk.socket.terminate();
  });
});

function firstUser() {
  const [user] = fixture.town.users.all;
  if (user === undefined) throw new Error('No user');
  return user;
}

/** Servers wait in a time that only `passAuthenticationTime` moves. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

function passAuthenticationTime(): void {
  vi.advanceTimersByTime(serverTiming.authenticationMs);
}

describe('no session on the handshake', () => {
  const without: readonly (readonly [string, Record<string, string>])[] = [
    ['no credentials', {}],
    ['forged cookies', { Cookie: `MMAUTHTOKEN=${forged}; MMUSERID=${forged}` }],
    ['a forged Bearer', { Authorization: `Bearer ${forged}` }],
  ];

  test.each(without)('%s: 101, silence, and TCP closes without a close frame', async (_, headers) => {
    stopTime();
    const left = await fixture.start();
    const talk = await openSocket(left, { headers });
    expect(left.sockets).toBe(1);
    passAuthenticationTime();
    expect((await talk.closed).code).toBe(1006);
    await expect(talk.next(isAny)).rejects.toThrow('closed with 1006');
    await eventually(() => expect(left.sockets).toBe(0));
  });

  test.each(without)(
    '%s: a challenge with a good token brings the hello, then the reply',
    async (_, headers) => {
      const talk = await openSocket(node, { headers });
      const sequence = talk.send('authentication_challenge', { token: session.token });
      expect(await talk.next(isAny)).toMatchObject({ event: 'hello', seq: 0 });
      expect(await talk.next(isAny)).toEqual({ status: 'OK', seq_reply: sequence });
      talk.socket.terminate();
    },
  );

  test('an authenticated socket outlives the deadline', async () => {
    stopTime();
    const talk = await openSocket(node);
    talk.send('authentication_challenge', { token: session.token });
    await talk.next(isHello);
    const late = await openSocket(node);
    passAuthenticationTime();
    await late.closed;
    const pong = await talk.next(isReplyTo(talk.send('ping')));
    expect(pong.status).toBe('OK');
    talk.socket.terminate();
  });

  test.each([
    ['a forged token', { token: forged }],
    ['no token', {}],
    ['a token that is no text', { token: 1 }],
  ])('a challenge with %s closes TCP at once', async (_, data) => {
    const talk = await openSocket(node);
    talk.send('authentication_challenge', data);
    expect((await talk.closed).code).toBe(1006);
  });

  test('other actions get no reply', async () => {
    const talk = await openSocket(node);
    talk.send('ping');
    const sequence = talk.send('authentication_challenge', { token: session.token });
    await talk.next(isHello);
    expect(await talk.next(isAny)).toEqual({ status: 'OK', seq_reply: sequence });
    talk.socket.terminate();
  });
});

describe('a handshake refused', () => {
  const refusal = async (attempt: Promise<unknown>): Promise<UpgradeRefused['reply']> => {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof UpgradeRefused) return error.reply;
    throw new Error('The handshake was not refused', { cause: error });
  };

  test.each([
    ['another host', 'https://evil.example.com'],
    ['null', 'null'],
  ])('for its Origin, %s: 403 in plain text', async (_, origin) => {
    const reply = await refusal(openSocket(node, { headers: { ...byCookie().headers, Origin: origin } }));
    expect([reply.status, reply.headers['content-type']]).toEqual([403, 'text/plain; charset=utf-8']);
    const [line, json = ''] = reply.body.toString().split('\n');
    expect(line).toBe('Forbidden');
    expect(JSON.parse(json)).toMatchObject({
      id: 'api.web_socket.connect.upgrade.app_error',
      status_code: 400,
    });
    expect(reply.node).toBe('node-a');
  });

  test.each([
    ['the Host', () => node, () => urlOf(node), ''],
    ['SiteURL', () => other, () => 'https://chat.example.com', '/chat'],
  ])('but not for an Origin that is %s', async (_, at, origin, subpath) => {
    const path = `${subpath}/api/v4/websocket`;
    const talk = await openSocket(at(), { headers: { ...byCookie().headers, Origin: origin() }, path });
    expect(await talk.next(isHello)).toMatchObject({ seq: 0 });
    talk.socket.terminate();
  });

  test.each([
    ['a login token in the query', () => `?access_token=${session.token}`, 401, 'application/json'],
    ['a long URL', () => `?${'x'.repeat(2_048)}`, 414, 'application/json'],
  ])('for %s', async (_, query, status, contentType) => {
    const reply = await refusal(openSocket(node, { path: `/api/v4/websocket${query()}` }));
    expect([reply.status, reply.headers['content-type']]).toEqual([status, contentType]);
  });

  const handshake = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };

  test.each([
    ['no upgrade at all', {}, 400],
    ['version 8', { ...handshake, 'Sec-WebSocket-Version': '8' }, 400],
    ['a short key', { ...handshake, 'Sec-WebSocket-Key': 'AAAA' }, 400],
    ['another protocol', { ...handshake, Upgrade: 'h2c' }, 400],
  ])('for %s, as an ordinary answer', async (_, headers, status) => {
    const reply = await request({ url: `${urlOf(node)}/api/v4/websocket`, headers });
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'text/plain; charset=utf-8']);
    expect(reply.body.toString()).toMatch(/^Bad Request\n\{/);
  });

  test('the connection of a refused handshake carries the next request', async () => {
    const socket = connect(node.port, node.address);
    const headers = Object.entries({ ...handshake, Origin: 'http://evil' }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`GET /api/v4/websocket HTTP/1.1\r\nHost: a\r\n${headers.join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    socket.write('GET /api/v4/system/ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^(?:\{.*\})?HTTP\/1\.1 200 OK/s);
  });

  test('no subprotocol and no extension is agreed on', async () => {
    const offers = { 'Sec-WebSocket-Protocol': 'a, b', 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const talk = await openSocket(node, { headers: { ...byCookie().headers, ...offers } });
    expect(talk.headers).not.toHaveProperty('sec-websocket-protocol');
    expect(talk.headers).not.toHaveProperty('sec-websocket-extensions');
    talk.socket.terminate();
  });
});
