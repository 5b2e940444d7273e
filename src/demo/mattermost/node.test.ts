// A node as a whole: how it starts, stops, speaks TLS, keeps connections.
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { freePort } from '../../../test/support/ports.ts';
import type { MattermostNode } from './node.ts';
import { startMattermostNode } from './node.ts';
import { login, openWebSocket, request } from './session.ts';
import type { TownFixture } from './town-fixture.ts';
import { alice, createTownFixture, loginAlice, urlOf } from './town-fixture.ts';

let fixture: TownFixture;

beforeEach(() => {
  fixture = createTownFixture();
});
afterEach(() => fixture.stop());

const ping = (node: MattermostNode, agent?: Agent) =>
  request({ url: `${urlOf(node)}/api/v4/system/ping`, ...(agent === undefined ? {} : { agent }) });

describe('connections', () => {
  test('are kept alive, and requests are counted', async () => {
    const node = await fixture.start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<unknown>();
    for (let count = 0; count < 3; count += 1) {
      const reply = await request({ url: `${urlOf(node)}/api/v4/demo/echo`, agent });
      ports.add(JSON.parse(reply.body.toString()).remotePort);
    }
    expect([ports.size, node.requests]).toEqual([1, 3]);
    agent.destroy();
  });

  test('are closed by the server when idle', async () => {
    const node = await fixture.start({ timing: { idleMs: 500 } });
    const socket = connect(node.port, node.address);
    const askedAt = performance.now();
    socket.write('GET /api/v4/system/ping HTTP/1.1\r\nHost: a\r\n\r\n');
    const [head] = await once(socket.setEncoding('latin1'), 'data');
    expect(head).not.toMatch(/^(?:Connection|Keep-Alive):/im);
    await once(socket.resume(), 'close');
    expect(performance.now() - askedAt).toBeGreaterThan(400);
  });

  test.each([
    ['mattermost-ingress-health-check', 0],
    ['kube-probe/1.37', 0],
    ['curl/8', 1],
  ])('a ping of %s counts %i', async (agent, count) => {
    const node = await fixture.start();
    const headers = { 'User-Agent': agent };
    expect((await request({ url: `${urlOf(node)}/api/v4/system/ping`, headers })).status).toBe(200);
    expect(node.requests).toBe(count);
  });

  test('a client that asks for it gets Connection: close', async () => {
    const node = await fixture.start();
    const reply = await request({ url: urlOf(node), headers: { Connection: 'close' } });
    expect(reply.headers.connection).toBe('close');
  });

  test('two nodes at once have ports of their own; a taken port is an error', async () => {
    const nodes = [await fixture.start(), await fixture.start()];
    expect(new Set(nodes.map((node) => node.port)).size).toBe(2);
    const again = startMattermostNode({ town: fixture.town, name: 'c', port: nodes[0]?.port ?? 0 });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('stop', () => {
  test('ends WebSockets without a close frame, idle connections too, and refuses new ones', async () => {
    const node = await fixture.start({ port: await freePort() });
    const { token, cookieHeader } = await loginAlice(node);
    const agent = new Agent({ keepAlive: true });
    await ping(node, agent);
    const url = `${urlOf(node)}/api/v4/websocket`;
    const talks = await Promise.all([
      openWebSocket({ url, headers: { Cookie: cookieHeader } }),
      openWebSocket({ url, headers: { Authorization: `Bearer ${token}` } }),
      openWebSocket({ url }),
    ]);
    await eventually(() => expect(node.sockets).toBe(3));
    const idle = connect(node.port, node.address);
    await once(idle, 'connect');
    const ends = Promise.all([...talks.map((talk) => talk.closed), once(idle.resume(), 'close')]);
    await node.stop();
    const [first, second, third] = await ends;
    expect([first, second, third]).toEqual(Array(3).fill({ code: 1006, reason: '' }));
    expect(node.sockets).toBe(0);
    await expect(ping(node)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await node.stop();
    agent.destroy();
  });

  const slowUpload = (node: MattermostNode, token: string) => {
    const socket = connect(node.port, node.address);
    const head = [
      'POST /api/v4/files HTTP/1.1',
      'Host: a',
      `Authorization: Bearer ${token}`,
      'Content-Length: 4',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\nab`);
    return socket.setEncoding('latin1');
  };

  test('lets a running request finish first; WebSockets live until then', async () => {
    const node = await fixture.start({ port: await freePort(), timing: { stopGraceMs: 60_000 } });
    const { token } = await loginAlice(node);
    const talk = await openWebSocket({ url: `${urlOf(node)}/api/v4/websocket` });
    const before = node.requests;
    const socket = slowUpload(node, token);
    await eventually(() => expect(node.requests).toBe(before + 1));
    const stopped = node.stop();
    await expect(ping(node)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(talk.socket.readyState).toBe(talk.socket.OPEN);
    socket.write('cd');
    const [answer] = await once(socket, 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toMatch(/^Connection: close\r$/im);
    await stopped;
    expect((await talk.closed).code).toBe(1006);
  });

  test('cuts what is still running after the grace', async () => {
    const node = await fixture.start({ timing: { stopGraceMs: 50 } });
    const { token } = await loginAlice(node);
    const before = node.requests;
    const socket = slowUpload(node, token);
    await eventually(() => expect(node.requests).toBe(before + 1));
    const received: string[] = [];
    socket.on('data', (chunk) => received.push(String(chunk)));
    const closed = once(socket, 'close');
    await node.stop();
    await closed;
    expect(received).toEqual([]);
  });

  test('of one node leaves the town to the others', async () => {
    const [gone, left] = [await fixture.start(), await fixture.start()];
    const { cookieHeader } = await loginAlice(gone);
    const talk = await openWebSocket({
      url: `${urlOf(left)}/api/v4/websocket`,
      headers: { Cookie: cookieHeader },
    });
    await gone.stop();
    const headers = { Cookie: cookieHeader, 'X-Requested-With': 'XMLHttpRequest' };
    const body = JSON.stringify({ channel_id: fixture.town.square.channelId, message: 'still here' });
    const reply = await request({ url: `${urlOf(left)}/api/v4/posts`, method: 'POST', headers, body });
    expect(reply.status).toBe(201);
    await talk.next((message) => message.event === 'posted');
  });
});

describe('TLS', () => {
  const host = 'chat.example.com';

  test('serves REST and WebSockets to a client that speaks to another name and port', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
    });
    const node = await fixture.start({ tls: { key, cert }, siteUrl: `https://${host}` });
    const connectTo = { address: node.address, port: node.port };
    const via = { ca: cert, connectTo, localAddress: '127.0.0.9' };
    const session = await login(`https://${host}`, alice, via);
    expect(session.reply.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
    const echo = await request({ ...via, url: `https://${host}/api/v4/demo/echo` });
    expect(JSON.parse(echo.body.toString())).toMatchObject({
      remoteAddress: '127.0.0.9',
      headers: expect.arrayContaining([['Host', host]]),
    });
    const headers = { Cookie: session.cookieHeader, Origin: `https://${host}` };
    const talk = await openWebSocket({ ...via, url: `https://${host}/api/v4/websocket`, headers });
    await talk.next((message) => message.event === 'hello');
    await expect(request({ url: `https://${host}/`, connectTo })).rejects.toThrow(/self-signed/);
    const raw = tlsConnect({ port: node.port, host: node.address, servername: host, ca: cert });
    await once(raw, 'secureConnect');
    expect(raw.authorized).toBe(true);
    const closed = once(raw.resume(), 'close');
    await node.stop();
    await closed;
    expect((await talk.closed).code).toBe(1006);
  });
});
