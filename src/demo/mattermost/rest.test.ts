// The HTTP side over real sockets: routing, errors, limits, the ping and the page.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from './node.ts';
import type { Reply, RequestOptions, Session } from './session.ts';
import { request } from './session.ts';
import { createTownFixture, loginAlice, urlOf } from './town-fixture.ts';

const fixture = createTownFixture();
let node: MattermostNode;
let subpathNode: MattermostNode;
let session: Session;

beforeAll(async () => {
  node = await fixture.start({ name: 'node-a' });
  subpathNode = await fixture.start({ name: 'node-s', siteUrl: 'https://chat.example.com/chat' });
  session = await loginAlice(node);
});
afterAll(() => fixture.stop());

function send(target: string, options: Partial<RequestOptions> = {}): Promise<Reply> {
  return request({ url: urlOf(node), target, ...options });
}

function jsonOf(reply: Reply): Record<string, unknown> {
  return JSON.parse(reply.body.toString());
}

describe('answers', () => {
  const unauthorized = { id: 'api.context.session_expired.app_error', status_code: 401 };
  const missing = { id: 'api.context.404.app_error', status_code: 404 };

  test.each([
    ['GET', '/api/v4/users/me', 401, unauthorized],
    ['POST', '/api/v4/posts', 401, unauthorized],
    ['POST', '/api/v4/files', 401, unauthorized],
    ['POST', '/api/v4/notifications/ack', 401, unauthorized],
    ['GET', '/api/v4/nothing', 404, missing],
    ['DELETE', '/api/v4/users/me', 404, missing],
    ['POST', '/api/v4/websocket', 404, missing],
    ['GET', '/api/v9/users/me', 404, missing],
    ['GET', `/api/v4/users/me?${'x'.repeat(2_048)}`, 414, { id: 'basic_security_check.url.too_long_error' }],
    ['GET', '/api/v4/system/ping', 200, { status: 'OK', ActiveSearchBackend: 'database' }],
    ['GET', '/api%2Fv4/system/pin%67', 200, { status: 'OK' }],
    ['GET', '/api/v4/config/client?format=old', 200, { SiteName: 'Mattermost (demo)' }],
  ])('%s %s with %i in JSON', async (method, target, status, body) => {
    const reply = await send(target, { method });
    expect(reply.status).toBe(status);
    expect(jsonOf(reply)).toMatchObject(body);
    expect(reply.headers['content-type']).toBe('application/json');
    if (status >= 400) expect(jsonOf(reply)['request_id']).toBe(reply.headers['x-request-id']);
  });

  test.each([
    ['GET', '/', 200],
    ['GET', '/login', 200],
    ['GET', '/demo/channels/town-square?x=1', 200],
    ['HEAD', '/', 200],
    ['POST', '/', 405],
  ])('%s %s with %i and a page', async (method, target, status) => {
    const reply = await send(target, { method });
    expect(reply.status).toBe(status);
    if (status === 200) expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.body.toString().includes('node-a')).toBe(method === 'GET');
  });

  test.each([
    ['/static/main.js', 200, 'text/javascript; charset=utf-8'],
    ['/static/chat.css', 200, 'text/css; charset=utf-8'],
    ['/static/icon.svg', 200, 'image/svg+xml'],
    ['/static/index.html', 404, 'text/plain; charset=utf-8'],
    ['/static/nothing.js', 404, 'text/plain; charset=utf-8'],
    ['/static/page/main.js', 404, 'text/plain; charset=utf-8'],
  ])('a file of the page, %s, with %i as %s', async (target, status, type) => {
    const reply = await send(target);
    expect([reply.status, reply.headers['content-type']]).toEqual([status, type]);
  });

  test('the page loads its files from below the subpath, and from nowhere else', async () => {
    const { body, headers } = await send('/chat/login', { url: urlOf(subpathNode) });
    const places = [...body.toString().matchAll(/(?:src|href)="([^"]*)"/g)].map(([, place]) => place);
    expect(places).toEqual(['/chat/static/icon.svg', '/chat/static/chat.css', '/chat/static/main.js']);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    for (const place of places) {
      expect((await send(String(place), { url: urlOf(subpathNode) })).status).toBe(200);
    }
  });

  test('users by their identifiers, for who is logged in', async () => {
    const ids = JSON.stringify(fixture.town.users.all.map(({ id }) => id).concat('nobody'));
    const headers = { Authorization: `Bearer ${session.token}` };
    const ask = (body: string, as = headers) =>
      send('/api/v4/users/ids', { method: 'POST', body, headers: as });
    const reply = await ask(ids);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body.toString())).toMatchObject([{ username: 'alice' }, { username: 'bob' }]);
    expect(reply.body.toString()).not.toContain('password');
    expect([(await ask('{}')).status, (await ask('[]')).status]).toEqual([400, 400]);
    expect((await ask(ids, { Authorization: 'Bearer none' })).status).toBe(401);
  });

  test.each([
    ['//api/v4/users/me', 301, '/api/v4/users/me'],
    ['/x/../api/v4/users/me?a=%2f', 301, '/api/v4/users/me?a=%2f'],
    ['/x/%2e%2e/api', 301, '/api'],
    ['/%zz', 400, undefined],
  ])('%s with %i and Location %s', async (target, status, location) => {
    const reply = await send(target);
    expect([reply.status, reply.headers.location]).toEqual([status, location]);
  });

  test.each([
    ['/chat/api/v4/system/ping', 200],
    ['/chat', 200],
    ['/chat/', 200],
    ['/api/v4/system/ping', 302],
    ['/', 302],
  ])('under a subpath: %s with %i', async (target, status) => {
    const reply = await send(target, { url: urlOf(subpathNode) });
    expect(reply.status).toBe(status);
    if (status === 302) expect(reply.headers.location).toBe(`/chat${target}`);
  });

  test('upgrade headers on another path change nothing', async () => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      Cookie: session.cookieHeader,
    };
    const reply = await send('/api/v4/users/me', { headers });
    expect([reply.status, jsonOf(reply)['username']]).toEqual([200, 'alice']);
  });
});

test('every answer names the node, has an id of its own, and no words of node:http', async () => {
  const replies = await Promise.all(
    ['/', '/api/v4/nothing', '/api/v4/system/ping', '/%zz'].map((one) => send(one)),
  );
  expect(replies.map((reply) => reply.node)).toEqual(Array.from(replies, () => 'node-a'));
  const ids = replies.map((reply) => reply.headers['x-request-id']);
  expect(new Set(ids).size).toBe(replies.length);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]{26}$/);
  expect(replies[2]?.headers).not.toHaveProperty('keep-alive');
});

describe('ping', () => {
  test.each([
    ['', 200, 'OK', undefined],
    ['?get_server_status=true', 500, 'UNHEALTHY', 'UNHEALTHY'],
    ['?get_server_status=true&use_rest_semantics=true', 200, 'UNHEALTHY', 'UNHEALTHY'],
  ])('with a broken database: %j is %i %s', async (query, status, overall, database) => {
    node.setHealth({ database: 'UNHEALTHY' });
    const reply = await send(`/api/v4/system/ping${query}`);
    node.setHealth({ database: 'OK' });
    expect(reply.status).toBe(status);
    expect(jsonOf(reply)['status']).toBe(overall);
    expect(jsonOf(reply)['database_status']).toBe(database);
    expect(reply.headers['database_status']).toBe(database);
  });

  test('with an unhealthy server the plain ping fails, too', async () => {
    node.setHealth({ server: 'UNHEALTHY' });
    const reply = await send('/api/v4/system/ping');
    node.setHealth({ server: 'OK' });
    expect(reply.status).toBe(500);
  });

  test('in health the detailed ping says so in body and headers', async () => {
    const reply = await send('/api/v4/system/ping?get_server_status=true');
    const parts = { status: 'OK', database_status: 'OK', filestore_status: 'OK' };
    expect(jsonOf(reply)).toMatchObject(parts);
    expect(reply.headers).toMatchObject(parts);
  });

  test('HEAD has the headers and no body', async () => {
    const reply = await send('/api/v4/system/ping', { method: 'HEAD' });
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
    expect(Number(reply.headers['content-length'])).toBeGreaterThan(0);
  });
});

test('echo shows the request as it arrived', async () => {
  const reply = await send('/api/v4/demo/echo?a=%20', {
    method: 'PUT',
    headers: { 'X-CamelCase': 'A b', 'x-two': '1' },
    body: 'abc',
    localAddress: '127.0.0.5',
  });
  const echo = jsonOf(reply);
  expect(echo).toMatchObject({
    node: 'node-a',
    method: 'PUT',
    url: '/api/v4/demo/echo?a=%20',
    httpVersion: '1.1',
    remoteAddress: '127.0.0.5',
    body: { sizeBytes: 3 },
  });
  expect(echo['headers']).toEqual(
    expect.arrayContaining([
      ['X-CamelCase', 'A b'],
      ['x-two', '1'],
    ]),
  );
});

describe('posts', () => {
  test('are created, listed newest first, and limited', async () => {
    const headers = { Authorization: `Bearer ${session.token}` };
    const write = (body: unknown): Promise<Reply> =>
      send('/api/v4/posts', { method: 'POST', headers, body: JSON.stringify(body) });
    const channelId = fixture.town.square.channelId;
    const first = jsonOf(await write({ channel_id: channelId, message: 'one' }));
    const second = jsonOf(await write({ channel_id: channelId, message: 'x'.repeat(16_383) }));
    const list = jsonOf(await send(`/api/v4/channels/${channelId}/posts?per_page=2`, { headers }));
    expect(list['order']).toEqual([second['id'], first['id']]);
    const statuses = await Promise.all([
      write({ channel_id: channelId, message: 'x'.repeat(16_384) }),
      write({ channel_id: 'other', message: 'one' }),
      write([]),
      write({ channel_id: channelId, message: 'x'.repeat(300_513) }),
      send(`/api/v4/channels/${'a'.repeat(26)}/posts`, { headers }),
    ]);
    expect(statuses.map((reply) => reply.status)).toEqual([400, 400, 400, 413, 400]);
    expect(statuses[3].body.toString()).toContain('api.context.request_body_too_large.app_error');
  });
});
