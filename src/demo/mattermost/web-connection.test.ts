// What happens on an open WebSocket: actions and replies, events of the town, limits and deadlines.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { WebSocket } from 'ws';
import { broadcastTo } from './events.ts';
import type { MattermostNode } from './node.ts';
import { serverTiming } from './node-context.ts';
import { maxWaitingEvents } from './resume-queue.ts';
import type { Session, Via } from './session.ts';
import { login, request } from './session.ts';
import {
  bob,
  createTownFixture,
  isAny,
  isHello,
  isReplyTo,
  loginAlice,
  openSocket,
  urlOf,
} from './town-fixture.ts';

const fixture = createTownFixture();
let node: MattermostNode;
let other: MattermostNode;
let session: Session;

beforeAll(async () => {
  node = await fixture.start();
  other = await fixture.start({ siteUrl: 'https://chat.example.com/chat' });
  session = await loginAlice(node);
});
afterAll(() => fixture.stop());

const byCookie = (): Via => ({ headers: { Cookie: session.cookieHeader } });

describe('actions', () => {
  test.each([
    ['ping', {}, { status: 'OK', data: { text: 'pong' } }],
    ['get_statuses', {}, { status: 'OK' }],
    ['user_typing', { channel_id: 'c' }, { status: 'OK' }],
    ['user_typing', {}, { status: 'FAIL' }],
    ['nonsense', {}, { status: 'FAIL' }],
    ['', {}, { status: 'FAIL' }],
  ])('%j with %j', async (action, data, expected) => {
    const talk = await openSocket(node, byCookie());
    const sequence = talk.send(action, data);
    expect(await talk.next(isReplyTo(sequence))).toMatchObject(expected);
    talk.socket.terminate();
  });

  test('get_statuses knows who is online on any node', async () => {
    const talk = await openSocket(node, byCookie());
    const bobs = await login(urlOf(node), bob);
    const elsewhere = await openSocket(other, {
      path: '/chat/api/v4/websocket',
      headers: { Authorization: `Bearer ${bobs.token}` },
    });
    await elsewhere.next(isHello);
    const { data } = await talk.next(isReplyTo(talk.send('get_statuses')));
    expect(data).toEqual({ [session.userId]: 'online', [bobs.userId]: 'online' });
    elsewhere.socket.terminate();
    await eventually(async () => {
      const later = await talk.next(isReplyTo(talk.send('get_statuses')));
      expect(later.data).toEqual({ [session.userId]: 'online' });
    });
    talk.socket.terminate();
  });

  test('binary MessagePack is taken as well', async () => {
    const talk = await openSocket(node, byCookie());
    talk.socket.send(Buffer.from('82a373657107a6616374696f6ea470696e67', 'hex'));
    expect((await talk.next(isReplyTo(7))).data).toMatchObject({ text: 'pong' });
    talk.socket.terminate();
  });

  test.each([
    ['no JSON', (socket: WebSocket) => socket.send('hello')],
    ['an array', (socket: WebSocket) => socket.send('[]')],
    ['a sequence that is text', (socket: WebSocket) => socket.send('{"seq":"1","action":"ping"}')],
    ['no MessagePack', (socket: WebSocket) => socket.send(Buffer.from([0xc1]))],
  ])('%s ends the socket without a close frame', async (_, send) => {
    const talk = await openSocket(node, byCookie());
    await talk.next(isHello);
    send(talk.socket);
    expect((await talk.closed).code).toBe(1006);
  });

  test('8 KiB pass, one byte more ends with 1009', async () => {
    const talk = await openSocket(node, byCookie());
    await talk.next(isHello);
    const frame = (sizeBytes: number): string => {
      const message = (padding: string): string =>
        JSON.stringify({ seq: 9, action: 'ping', data: { padding } });
      return message('x'.repeat(sizeBytes - message('').length));
    };
    talk.socket.send(frame(8_192));
    await talk.next(isReplyTo(9));
    talk.socket.send(frame(8_193));
    expect((await talk.closed).code).toBe(1009);
  });

  test('a close frame is answered with its code', async () => {
    const talk = await openSocket(node, byCookie());
    talk.socket.close(4000);
    expect((await talk.closed).code).toBe(4000);
  });
});

describe('events', () => {
  test('a post reaches the sockets of every node, numbered by socket', async () => {
    const talks = [
      await openSocket(node, byCookie()),
      await openSocket(other, { ...byCookie(), path: '/chat/api/v4/websocket' }),
    ];
    const headers = { Authorization: `Bearer ${session.token}` };
    for (const message of ['one', 'two']) {
      const body = JSON.stringify({ channel_id: fixture.town.square.channelId, message });
      await request({ url: `${urlOf(other)}/chat/api/v4/posts`, method: 'POST', headers, body });
    }
    for (const talk of talks) {
      for (const [seq, message] of [
        [1, 'one'],
        [2, 'two'],
      ]) {
        const posted = await talk.next((one) => one.event === 'posted');
        expect(posted.seq).toBe(seq);
        expect(posted.data).toMatchObject({ sender_name: '@alice', channel_name: 'town-square' });
        expect(JSON.parse(String(posted.data?.['post']))).toMatchObject({ message, user_id: session.userId });
      }
      talk.socket.terminate();
    }
  });

  test('typing reaches everybody but the typist', async () => {
    const mine = await openSocket(node, byCookie());
    const bobs = await login(urlOf(node), bob);
    const his = await openSocket(other, {
      path: '/chat/api/v4/websocket',
      headers: { Authorization: `Bearer ${bobs.token}` },
    });
    await his.next(isHello);
    const sequence = mine.send('user_typing', { channel_id: fixture.town.square.channelId, parent_id: 'p' });
    const typing = await his.next((one) => one.event === 'typing');
    expect(typing).toMatchObject({ seq: 1, data: { parent_id: 'p', user_id: session.userId } });
    await mine.next(isHello);
    expect(await mine.next(isAny)).toEqual({ status: 'OK', seq_reply: sequence });
    for (const talk of [mine, his]) talk.socket.terminate();
  });

  test('none come after the logout, and no replies', async () => {
    const gone = await loginAlice(node);
    const talk = await openSocket(node, { headers: { Authorization: `Bearer ${gone.token}` } });
    const witness = await openSocket(node, byCookie());
    await talk.next(isHello);
    fixture.town.sessions.revoke(gone.token);
    const body = JSON.stringify({ channel_id: fixture.town.square.channelId, message: 'secret' });
    await request({
      url: `${urlOf(node)}/api/v4/posts`,
      method: 'POST',
      headers: { Authorization: `Bearer ${session.token}` },
      body,
    });
    await witness.next((one) => one.event === 'posted');
    talk.send('ping');
    await expect(talk.next(isAny, 50)).rejects.toThrow('No WebSocket message');
    for (const one of [talk, witness]) one.socket.terminate();
  });
});

describe('a client that reads too slowly', () => {
  test('gets what fits in the queue and a close frame', async () => {
    const talk = await openSocket(node, byCookie());
    await talk.next(isHello);
    const posted = { event: 'posted', data: {}, broadcast: broadcastTo({}) };
    // In one turn of the event loop nothing leaves, as with a client that does not read.
    for (let count = 0; count < maxWaitingEvents + 10; count += 1) fixture.town.events.publish(posted);
    expect((await talk.closed).code).toBe(1005);
    for (let seq = 1; seq <= maxWaitingEvents; seq += 1)
      expect(await talk.next(isAny)).toMatchObject({ seq });
    await expect(talk.next(isAny)).rejects.toThrow('closed');
  });
});

describe('deadlines', () => {
  test('the server pings; a client without pongs is cut, one with pongs is not', async () => {
    // A pong must come in time however long this process stands still.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { protocolPingMs } = serverTiming;
    const pinging = await fixture.start();
    const good = await openSocket(pinging, byCookie());
    const silent = connect(pinging.port, pinging.address);
    silent.write(
      [
        'GET /api/v4/websocket HTTP/1.1',
        `Host: ${pinging.address}:${pinging.port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        `Cookie: MMAUTHTOKEN=${session.token}`,
        '\r\n',
      ].join('\r\n'),
    );
    const heard = text(silent);
    await eventually(() => expect(pinging.sockets).toBe(2));
    for (let pings = 0; pings < 3; pings += 1) {
      const pinged = once(good.socket, 'ping');
      vi.advanceTimersByTime(protocolPingMs);
      await pinged;
      // Sent behind the pong: it was heard, too, when this is answered.
      await good.next(isReplyTo(good.send('ping')));
    }
    const received = await heard;
    expect(received).toMatch(/^HTTP\/1\.1 101 /);
    expect(received).toContain('X-Demo-Node: ');
    // Ping frames (0x89, no payload) were sent before the end, and no close frame (0x88).
    expect(received.endsWith('\x89\x00') || received.endsWith('\ufffd\x00')).toBe(true);
    good.socket.terminate();
  });
});
