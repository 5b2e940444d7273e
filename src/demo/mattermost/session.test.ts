// The client side: targets as they are, connections reused or not, deadlines.
import { once } from 'node:events';
import { Agent } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from './node.ts';
import type { RequestOptions } from './session.ts';
import { openWebSocket, request } from './session.ts';
import { createTownFixture, urlOf } from './town-fixture.ts';

const fixture = createTownFixture();
let node: MattermostNode;
/** Accepts and never answers. */
let mute: Server;
let muteUrl: string;

beforeAll(async () => {
  node = await fixture.start();
  mute = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  muteUrl = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
});
afterAll(async () => {
  mute.close();
  await fixture.stop();
});

async function echo(options: Partial<RequestOptions> = {}): Promise<Record<string, unknown>> {
  const reply = await request({ url: `${urlOf(node)}/api/v4/demo/echo`, ...options });
  return JSON.parse(reply.body.toString());
}

describe('request', () => {
  test.each<[string, Partial<RequestOptions>, object]>([
    ['a target as it is', { target: '/api/v4/demo/%65cho?%zz' }, { url: '/api/v4/demo/%65cho?%zz' }],
    ['a text body', { method: 'POST', body: 'abc' }, { method: 'POST', body: { sizeBytes: 3 } }],
    ['a stream', { method: 'PUT', body: Readable.from(['ab', 'cd']) }, { body: { sizeBytes: 4 } }],
    ['from another address', { localAddress: '127.0.0.7' }, { remoteAddress: '127.0.0.7' }],
    ['a Host of its own', { headers: { Host: 'x.example.com' } }, { headers: [['Host', 'x.example.com']] }],
  ])('sends %s', async (_, options, expected) => {
    const { headers, ...seen } = await echo(options);
    expect({ ...seen, headers: Array.isArray(headers) ? headers.slice(0, 1) : [] }).toMatchObject(expected);
  });

  test('opens a connection for each request unless an agent keeps one', async () => {
    const agent = new Agent({ keepAlive: true });
    const ports = [await echo(), await echo(), await echo({ agent }), await echo({ agent })];
    const [first, second, third, fourth] = ports.map((one) => one['remotePort']);
    expect(first).not.toBe(second);
    expect(third).toBe(fourth);
    agent.destroy();
  });
});

describe('a server that never answers', () => {
  test('a request ends with its deadline', async () => {
    await expect(request({ url: muteUrl, timeoutMs: 20 })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a handshake, too', async () => {
    await expect(openWebSocket({ url: muteUrl, timeoutMs: 20 })).rejects.toThrow('timed out');
  });
});
