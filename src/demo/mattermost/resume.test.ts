// Reliable WebSockets with Mattermost's own client: a broken connection resumes on its node and on no other one.
import type { LookupFunction, Socket } from 'node:net';
import { connect } from 'node:net';
import { WebSocketClient } from '@mattermost/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import WebSocket from 'ws';
import type { MattermostNode } from './node.ts';
import { maxWaitingEvents } from './resume-queue.ts';
import type { Session } from './session.ts';
import { openWebSocket } from './session.ts';
import { createTownFixture, loginAlice, urlOf } from './town-fixture.ts';

const fixture = createTownFixture();
let node: MattermostNode;
let other: MattermostNode;
let session: Session;

beforeAll(async () => {
  node = await fixture.start({ name: 'node-a' });
  other = await fixture.start({ name: 'node-b' });
  session = await loginAlice(node);
});
beforeEach(() => {
  vi.stubGlobal('WebSocket', WebSocket);
  vi.spyOn(console, 'log').mockReturnValue(undefined);
});
afterEach(async () => {
  await eventually(() => expect([node.sockets, other.sockets]).toEqual([0, 0]));
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
afterAll(() => fixture.stop());

type Watched = {
  readonly client: WebSocketClient;
  readonly sockets: WebSocket[];
  readonly events: { readonly event: string; readonly seq: number }[];
  readonly counts: { connects: number; reconnects: number; misses: number; closes: number };
};

/** A TCP connection that is made only when the gate opens (aborts): its name is not resolved before. */
function connectAfter(gate: AbortSignal, url: string): Socket {
  const { hostname: address, port } = new URL(url);
  const lookup: LookupFunction = (_, __, done) => {
    const resolve = (): void => done(null, [{ address, family: 4 }]);
    if (gate.aborted) resolve();
    else gate.addEventListener('abort', resolve, { once: true });
  };
  return connect({ host: 'gated.example.com', port: Number(port), lookup });
}

/**
 * Mattermost's client; `urls` are where its connections go, one after the other, then always to the last. All but the
 * first wait for the gate.
 */
function watch(
  urls: readonly string[],
  headers: Record<string, string>,
  gate = AbortSignal.abort(),
): Watched {
  const sockets: WebSocket[] = [];
  const events: { event: string; seq: number }[] = [];
  const counts = { connects: 0, reconnects: 0, misses: 0, closes: 0 };
  const client = new WebSocketClient({
    minWebSocketRetryTime: 20,
    maxWebSocketRetryTime: 100,
    reconnectJitterRange: 1,
    newWebSocketFn: (url) => {
      const base = urls[Math.min(sockets.length, urls.length - 1)] ?? '';
      const opens = sockets.length === 0 ? AbortSignal.abort() : gate;
      const createConnection = (): Socket => connectAfter(opens, base);
      const target = base + new URL(url).pathname + new URL(url).search;
      const socket = new WebSocket(target, { headers, createConnection });
      sockets.push(socket);
      return socket as unknown as globalThis.WebSocket;
    },
  });
  client.addMessageListener((message) => void events.push({ event: message.event, seq: message.seq }));
  client.addFirstConnectListener(() => void (counts.connects += 1));
  client.addReconnectListener(() => void (counts.reconnects += 1));
  client.addMissedMessageListener(() => void (counts.misses += 1));
  client.addCloseListener(() => void (counts.closes += 1));
  return { client, sockets, events, counts };
}

function post(message: string): void {
  const { events } = fixture.town;
  const broadcast = {
    omit_users: null,
    user_id: '',
    channel_id: '',
    team_id: '',
    connection_id: '',
    omit_connection_id: '',
  };
  events.publish({ event: 'posted', data: { message }, broadcast });
}

const socketUrl = (at: MattermostNode): string => urlOf(at).replace('http', 'ws');
const posted = (seq: number): object => ({ event: 'posted', seq });
const hello = { event: 'hello', seq: 0 };

const byCookie = (): Record<string, string> => ({ Cookie: session.cookieHeader });
const endpointOf = (at: MattermostNode): string => `${socketUrl(at)}/api/v4/websocket`;

describe('WebSocketClient', () => {
  test.each([
    ['a cookie', byCookie, () => undefined],
    ['a challenge', () => ({}), () => session.token],
  ])('hears hello and events after %s', async (_, headers, token) => {
    const { client, events, counts } = watch([socketUrl(node)], headers());
    client.initialize(endpointOf(node), token());
    await eventually(() => expect(events).toEqual([hello]));
    post('one');
    await eventually(() => expect(events).toEqual([hello, posted(1)]));
    expect(counts).toEqual({ connects: 1, reconnects: 0, misses: 0, closes: 0 });
    client.close();
  });

  test('resumes on the same node: what was missed is replayed, no hello', async () => {
    const gate = new AbortController();
    const { client, sockets, events, counts } = watch([socketUrl(node)], byCookie(), gate.signal);
    client.initialize(endpointOf(node));
    await eventually(() => expect(events).toEqual([hello]));
    sockets[0]?.terminate();
    await eventually(() => expect(node.sockets).toBe(0));
    post('missed');
    gate.abort();
    await eventually(() => expect(counts.reconnects).toBe(1));
    await eventually(() => expect(events).toEqual([hello, posted(1)]));
    post('after');
    await eventually(() => expect(events).toEqual([hello, posted(1), posted(2)]));
    expect(counts.misses).toBe(0);
    client.close();
  });

  test.each([
    ['another node', () => other, byCookie, () => undefined],
    // The server looks for the connection before the challenge has told it whose it is.
    ['the same node by a challenge', () => node, () => ({}), () => session.token],
  ])(
    'does not resume on %s: a new hello, and it knows it missed something',
    async (_, at, headers, token) => {
      const { client, sockets, events, counts } = watch([socketUrl(node), socketUrl(at())], headers());
      client.initialize(endpointOf(node), token());
      await eventually(() => expect(events).toEqual([hello]));
      sockets[0]?.terminate();
      await eventually(() => expect(events).toEqual([hello, hello]));
      expect(counts.misses).toBe(1);
      post('after');
      await eventually(() => expect(events).toEqual([hello, hello, posted(1)]));
      client.close();
    },
  );
});

describe('by hand', () => {
  const open = (at: MattermostNode, query: string, token = session.token) =>
    openWebSocket({
      url: `${urlOf(at)}/api/v4/websocket${query}`,
      headers: { Authorization: `Bearer ${token}` },
    });
  const any = (): boolean => true;

  /** A connection that has heard a hello and `posts` events, and has broken. */
  async function breakOne(at: MattermostNode, posts: number): Promise<string> {
    const before = at.sockets;
    const talk = await open(at, '?connection_id=&sequence_number=0');
    const id = String((await talk.next(any)).data?.['connection_id']);
    for (let count = 0; count < posts; count += 1) post(`${count}`);
    for (let count = 0; count < posts; count += 1) await talk.next(any);
    talk.socket.terminate();
    await eventually(() => expect(at.sockets).toBe(before));
    return id;
  }

  test.each([
    ['all was heard', 3, 4, [4]],
    ['two events were lost on the way', 3, 2, [2, 3, 4]],
    ['even the hello was lost', 0, 0, [0]],
  ])('%s: no hello, the numbers go on', async (_, posts, sequence, expected) => {
    const id = await breakOne(node, posts);
    const back = await open(node, `?connection_id=${id}&sequence_number=${sequence}`);
    post('new');
    for (const seq of expected) expect(await back.next(any)).toMatchObject(posted(seq));
    back.socket.terminate();
  });

  test.each([
    ['an unknown id', async () => `?connection_id=${'a'.repeat(26)}&sequence_number=5`],
    ['an id of another node', async () => `?connection_id=${await breakOne(other, 1)}&sequence_number=1`],
    [
      'a number that is not kept any more',
      async () => `?connection_id=${await breakOne(node, 140)}&sequence_number=2`,
    ],
    ['a number from the future', async () => `?connection_id=${await breakOne(node, 1)}&sequence_number=7`],
  ])('%s: a new id and hello 0', async (_, query) => {
    const search = await query();
    const talk = await open(node, search);
    const first = await talk.next(any);
    expect(first).toMatchObject(hello);
    expect(search).not.toContain(String(first.data?.['connection_id']));
    talk.socket.terminate();
  });

  test.each([
    ['as many events as may wait', maxWaitingEvents, 'posted'],
    ['one event more', maxWaitingEvents + 1, 'hello'],
  ])('%s came meanwhile', async (_, events, expected) => {
    const id = await breakOne(node, 1);
    for (let count = 0; count < events; count += 1) post(`${count}`);
    const talk = await open(node, `?connection_id=${id}&sequence_number=2`);
    expect(await talk.next(any)).toMatchObject({ event: expected });
    talk.socket.terminate();
  });

  test('the id of another user: a new one', async () => {
    const id = await breakOne(node, 1);
    const [, bob] = fixture.town.users.all;
    if (bob === undefined) throw new Error('No second user');
    const talk = await open(
      node,
      `?connection_id=${id}&sequence_number=1`,
      fixture.town.sessions.open(bob).token,
    );
    expect(await talk.next(any)).toMatchObject(hello);
    talk.socket.terminate();
  });

  test('the id of a connection that is still open: a new one', async () => {
    const talk = await open(node, '');
    const id = String((await talk.next(any)).data?.['connection_id']);
    const second = await open(node, `?connection_id=${id}&sequence_number=1`);
    expect(await second.next(any)).toMatchObject(hello);
    for (const one of [talk, second]) one.socket.terminate();
  });

  test.each([
    ['an id of the wrong shape', async () => '?connection_id=abc&sequence_number=1'],
    ['a known id without a number', async () => `?connection_id=${await breakOne(node, 1)}`],
    [
      'a known id with a negative number',
      async () => `?connection_id=${await breakOne(node, 1)}&sequence_number=-1`,
    ],
  ])('%s ends without a word', async (_, query) => {
    const talk = await open(node, await query());
    expect((await talk.closed).code).toBe(1006);
  });

  test('after resumeMs the connection is forgotten', async () => {
    let seconds = 0;
    // A clock that takes a second whenever it is looked at: what broke is always old enough for the reaper.
    const aging = createTownFixture({ now: () => (seconds += 1) * 1_000 });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const old = await aging.start({ timing: { resumeMs: 20 } });
    const { token } = await loginAlice(old);
    const talk = await open(old, '', token);
    const id = String((await talk.next(any)).data?.['connection_id']);
    talk.socket.terminate();
    await eventually(() => expect(old.sockets).toBe(0));
    vi.advanceTimersByTime(20);
    const back = await open(old, `?connection_id=${id}&sequence_number=1`, token);
    expect(await back.next(any)).toMatchObject(hello);
    back.socket.terminate();
    await aging.stop();
  });
});
