// Questions to the admin port: who may ask, in which form, and how much.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAdminServer } from './admin.ts';

const STATUS = { synced: true, listening: true, draining: false, generation: 1, workers: [] };
const JSON_TYPE = { 'content-type': 'application/json' };

async function admin(showsState = false): Promise<string> {
  const server = await createAdminServer({
    address: '127.0.0.1',
    port: 0,
    state: {
      status: () => STATUS,
      state: () => ({}),
      explain: (asked) => ({ status: 200, body: { asked } }),
    },
    registry: new Registry(),
    showsState,
  });
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>> = JSON_TYPE) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  request(`${url}/api/explain`, { method: 'POST', headers, agent: false }, (response) => {
    text(response).then((said) => resolve({ status: response.statusCode ?? 0, body: said }), reject);
  })
    .on('error', reject)
    .end(body);
  return promise;
}

test('what was sent is asked, and the answer is JSON', async () => {
  const response = await fetch(`${await admin()}/api/explain`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: '{"method":"GET"}',
  });
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({ asked: { method: 'GET' } });
});

describe('who may ask', () => {
  test.each([
    ['127.0.0.1:10254', false, 200],
    ['localhost', false, 200],
    // A page of another name that resolves to this machine.
    ['rebound.example.com', false, 403],
    ['rebound.example.com', true, 200],
  ])('under the name %s, shown to all: %s', async (host, showsState, status) => {
    expect((await post(await admin(showsState), '{}', { ...JSON_TYPE, host })).status).toBe(status);
  });
});

describe('what may be asked', () => {
  test.each([
    // What a browser sends to another origin without asking there.
    ['text', '{}', { 'content-type': 'text/plain' }, 415],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a type that only begins so', '{}', { 'content-type': 'application/jsonx' }, 415],
    ['nothing of a type', '{}', {}, 415],
    ['half of JSON', '{', JSON_TYPE, 400],
    ['nothing', '', JSON_TYPE, 400],
    ['JSON with a charset', '{}', { 'content-type': 'application/json; charset=utf-8' }, 200],
    ['as much as there may be', JSON.stringify('x'.repeat(262_142)), JSON_TYPE, 200],
    ['a byte more', JSON.stringify('x'.repeat(262_143)), JSON_TYPE, 413],
  ])('%s', async (_, body, headers, status) => {
    expect((await post(await admin(), body, headers)).status).toBe(status);
  });

  test.each(['GET', 'PUT', 'OPTIONS'])('%s is refused', async (method) => {
    const response = await fetch(`${await admin()}/api/explain`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
