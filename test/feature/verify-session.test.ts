// Sessions verified with the fake Mattermost: who is signed in gets in, below a path too, and who made it up does not.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, request, type Session } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const FORGED = 'abcdefghijklmnopqrstuvwx01';
const host = hostOf('chat');
const rules = [
  {
    name: 'signed-in',
    cookies: [{ name: 'MMAUTHTOKEN' }],
    verifySession: { cacheTTL: '1s' },
    action: 'Allow',
  },
  { name: 'token', bearerToken: true, verifySession: {}, action: 'Allow' },
];

const scene = new Scene();
let controller: ControllerProcess;
let session: Session;
let nodePort: number;

beforeAll(async () => {
  const node = await scene.node('node');
  nodePort = node.port;
  session = await login(`http://127.0.0.1:${node.port}`, ALICE);
  controller = await scene.controller({
    objects: site('chat', [{ name: 'node', port: node.port }], {
      admission: { rules, defaultAction: 'Deny' },
    }),
  });
});
afterAll(() => scene.end());

describe('cookies', () => {
  test('of a session let in, WebSockets too', async () => {
    const headers = { Cookie: session.cookieHeader };
    expect((await controller.get(host, '/api/v4/users/me', { headers })).status).toBe(200);
    const talk = await controller.open(host, { headers });
    await talk.next((message) => message.event === 'hello');
  });

  test('of the right shape alone do not', async () => {
    const headers = { Cookie: `MMAUTHTOKEN=${FORGED}` };
    expect((await controller.get(host, '/', { headers })).status).toBe(403);
    await expect(controller.open(host, { headers })).rejects.toMatchObject({ reply: { status: 403 } });
    expect((await controller.get(host, '/')).status).toBe(403);
  });
});

test('a token, until it is signed out and what was known of it is over', async () => {
  const { token } = await login(`http://127.0.0.1:${nodePort}`, ALICE);
  const headers = { Cookie: `MMAUTHTOKEN=${token}` };
  expect((await controller.get(host, '/', { headers })).status).toBe(200);
  const reply = await request({
    url: `http://127.0.0.1:${nodePort}/api/v4/users/logout`,
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(reply.status).toBe(200);
  await eventually(async () => expect((await controller.get(host, '/', { headers })).status).toBe(403));
});

test('both kinds are counted by what was answered', async () => {
  const bearer = { Authorization: `Bearer ${session.token}` };
  for (const token of [session.token, FORGED])
    await controller.get(host, '/', { headers: { Cookie: `MMAUTHTOKEN=${token}` } });
  expect((await controller.get(host, '/', { headers: bearer })).status).toBe(200);
  expect((await controller.get(host, '/', { headers: bearer })).status).toBe(200);
  await controller.expectMetrics((metrics) => {
    expect(metrics.sum('session_checks_total', { result: 'valid' })).toBeGreaterThan(1);
    expect(metrics.sum('session_checks_total', { result: 'invalid' })).toBeGreaterThan(0);
    expect(metrics.sum('session_checks_total', { result: 'failed' })).toBe(0);
    expect(metrics.sum('admission_decisions_total', { rule: 'token' })).toBe(2);
  });
});
