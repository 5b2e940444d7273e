// Mattermost's own client through the controller, over HTTP and TLS: a session as apps and bots have it.
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client4, WebSocketClient } from '@mattermost/client';
import { Agent, fetch as undiciFetch, FormData } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, type Manifest, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const SECRET = 'a-secret-of-enough-bytes';
const HEADERS = { 'X-Mattermost-Preauth-Secret': SECRET };

const scene = new Scene();
let controller: ControllerProcess;
let nodes: readonly MattermostNode[];
let pair: Pair;

beforeAll(async () => {
  pair = await makeCertificate(hostOf('secure'));
  nodes = await scene.nodes('node-a', 'node-b', 'node-c');
  const places = nodes.map(({ name, port }) => ({ name, port }));
  // As a company would run it: only who has the secret comes in.
  const admission: Manifest = {
    rules: [
      {
        name: 'app',
        headers: [{ name: 'X-Mattermost-Preauth-Secret', secretRef: { name: 'preauth' } }],
        action: 'Allow',
      },
    ],
    defaultAction: 'Deny',
  };
  controller = await scene.controller({
    objects: [
      ...site('plain', places, { admission }),
      ...site('secure', places, { admission, route: { tls: { secretName: 'secure' } } }),
      secret('preauth', { current: SECRET }),
      tlsSecret('secure', pair),
    ],
  });
});
afterAll(() => scene.end());

type Way = 'plain' | 'secure';
const WAYS = ['plain', 'secure'] as const;

function portOf(way: Way): number {
  return controller.port(way === 'secure' ? 'https' : 'http');
}

/** fetch as the client calls it: every name leads to the controller, certificates are verified. */
function stubFetch(): void {
  const dispatcher = new Agent({
    connect: {
      ca: pair.certificate,
      lookup: (_, __, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    },
  });
  scene.add({ stop: () => dispatcher.close() });
  const fetch = (input: string, init: object) => undiciFetch(input, { ...init, dispatcher });
  vi.stubGlobal('fetch', fetch);
  vi.stubGlobal('FormData', FormData);
}

beforeEach(() => {
  stubFetch();
  vi.stubGlobal('WebSocket', WebSocket);
  vi.spyOn(console, 'log').mockReturnValue(undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function restClient(way: Way): Client4 {
  const client = new Client4();
  client.setUrl(`${way === 'secure' ? 'https' : 'http'}://${hostOf(way)}:${portOf(way)}`);
  return client;
}

describe.each(WAYS)('Client4, %s', (way) => {
  test('is asked for the secret, and with it goes through a whole session', async () => {
    const client = restClient(way);
    await expect(client.ping(false)).rejects.toMatchObject({
      status_code: 403,
      server_error_id: 'ingress.admission',
      message: 'Forbidden',
    });
    client.setHeader('X-Mattermost-Preauth-Secret', SECRET);
    expect(await client.ping(true)).toMatchObject({ status: 'OK' });
    await expect(client.login(ALICE.username, 'wrong')).rejects.toMatchObject({ status_code: 401 });
    expect(await client.login(ALICE.username, ALICE.password)).toMatchObject({ username: 'alice' });
    expect(await client.getMe()).toMatchObject({ username: 'alice' });
    const [team] = await client.getMyTeams();
    const [channel] = await client.getMyChannels(team?.id ?? '');
    const channelId = channel?.id ?? '';
    const form = new FormData();
    form.append('channel_id', channelId);
    form.append('files', new Blob([Buffer.alloc(3_000_000, 'x')]), 'big.bin');
    const upload = await client.uploadFile(form as unknown as globalThis.FormData);
    expect(upload.file_infos).toMatchObject([{ name: 'big.bin', size: 3_000_000 }]);
    const post = { channel_id: channelId, message: `hello over ${way}` };
    const created = await client.createPost(post as Parameters<typeof client.createPost>[0]);
    const posts = await client.getPosts(channelId);
    expect(posts.posts[created.id]).toMatchObject({ message: `hello over ${way}` });
    await client.logout();
    await expect(client.getMe()).rejects.toMatchObject({ status_code: 401 });
  });

  test('stays on one node without keeping any cookie', async () => {
    const client = restClient(way);
    client.setHeader('X-Mattermost-Preauth-Secret', SECRET);
    await client.login(ALICE.username, ALICE.password);
    const before = nodes.map(({ requests }) => requests);
    for (let round = 0; round < 10; round++) await client.getMe();
    const grown = nodes.map(({ requests }, at) => requests - (before[at] ?? 0));
    expect(grown.toSorted((a, b) => a - b)).toEqual([0, 0, 10]);
  });
});

type Watched = {
  readonly client: WebSocketClient;
  readonly sockets: WebSocket[];
  readonly events: string[];
  readonly counts: { connects: number; reconnects: number; misses: number };
};

function watch(way: Way, headers: Readonly<Record<string, string>>): Watched {
  const sockets: WebSocket[] = [];
  const events: string[] = [];
  const counts = { connects: 0, reconnects: 0, misses: 0 };
  const to = { host: '127.0.0.1', port: portOf(way) };
  const client = new WebSocketClient({
    minWebSocketRetryTime: 20,
    maxWebSocketRetryTime: 100,
    reconnectJitterRange: 1,
    newWebSocketFn: (url) => {
      const socket = new WebSocket(url, {
        headers: { ...HEADERS, ...headers },
        createConnection: () =>
          way === 'secure'
            ? connectTls({ ...to, servername: hostOf(way), ca: pair.certificate })
            : connect(to),
      });
      sockets.push(socket);
      return socket as unknown as globalThis.WebSocket;
    },
  });
  client.addMessageListener(({ event, seq }) => void events.push(`${event} ${seq}`));
  client.addFirstConnectListener(() => void (counts.connects += 1));
  client.addReconnectListener(() => void (counts.reconnects += 1));
  // Without this listener the client forgets its connection id.
  client.addMissedMessageListener(() => void (counts.misses += 1));
  return { client, sockets, events, counts };
}

describe.each(WAYS)('WebSocketClient, %s', (way) => {
  const socketUrl = () =>
    `${way === 'secure' ? 'wss' : 'ws'}://${hostOf(way)}:${portOf(way)}/api/v4/websocket`;

  async function signIn(): Promise<{ readonly token: string; readonly rest: Client4 }> {
    const rest = restClient(way);
    rest.setHeader('X-Mattermost-Preauth-Secret', SECRET);
    await rest.login(ALICE.username, ALICE.password);
    return { token: rest.getToken(), rest };
  }

  async function say(rest: Client4, message: string): Promise<void> {
    const post = { channel_id: scene.town.square.channelId, message };
    await rest.createPost(post as Parameters<typeof rest.createPost>[0]);
  }

  test('hears hello and posts after a challenge', async () => {
    const { token, rest } = await signIn();
    const { client, events, counts } = watch(way, {});
    client.initialize(socketUrl(), token);
    await eventually(() => expect(events).toEqual(['hello 0']));
    await say(rest, 'one');
    await eventually(() => expect(events).toEqual(['hello 0', 'posted 1']));
    expect(counts).toEqual({ connects: 1, reconnects: 0, misses: 0 });
    client.close();
  });

  test('comes back to its node after a broken connection: no second hello, nothing missed', async () => {
    const { token, rest } = await signIn();
    const { client, sockets, events, counts } = watch(way, { Authorization: `Bearer ${token}` });
    client.initialize(socketUrl());
    const heard: string[] = ['hello 0'];
    await eventually(() => expect(events).toEqual(heard));
    for (let round = 1; round <= 4; round++) {
      // The connection breaks, and a post is made that it would have carried.
      sockets.at(-1)?.terminate();
      await say(rest, `while away ${round}`);
      heard.push(`posted ${round}`);
      await eventually(() => expect(counts.reconnects).toBe(round));
      await eventually(() => expect(events).toEqual(heard));
    }
    expect(counts).toEqual({ connects: 1, reconnects: 4, misses: 0 });
    client.close();
  });
});
