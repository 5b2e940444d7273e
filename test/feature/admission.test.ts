// Who may come in, rule by rule: the iRule of an F5 as data, asked from different source addresses.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login, type Session, UpgradeRefused } from '../../src/demo/mattermost/session.ts';
import type { Ask, ControllerProcess } from '../support/controller-process.ts';
import { hostOf, type Manifest, secret, site } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const OFFICE = '127.10.0.7';
const INTERNET = '127.20.0.7';
const SECRET = 'a-secret-of-enough-bytes';
const ID = 'abcdefghijklmnopqrstuvwxyz';

/** The example of the policy's documentation, with the networks of a loopback. */
const RULES: readonly Manifest[] = [
  { name: 'blocked-part', sourceCIDRs: ['127.10.66.0/24'], action: 'Deny' },
  { name: 'office-networks', sourceCIDRs: ['127.10.0.0/16', '2001:db8::/32'], action: 'Allow' },
  {
    name: 'published-endpoints',
    paths: [
      { type: 'Exact', value: '/api/v4/notifications/ack' },
      { type: 'Pattern', value: '/oauth/*/complete' },
    ],
    methods: ['POST'],
    action: 'Allow',
  },
  { name: 'published-pages', paths: [{ type: 'Prefix', value: '/static' }], action: 'Allow' },
  {
    name: 'managed-mobile-app',
    headers: [{ name: 'X-Mattermost-Preauth-Secret', secretRef: { name: 'preauth' } }],
    action: 'Allow',
  },
  {
    name: 'white-label-app',
    headers: [
      { name: 'X-The-Custom-Header', type: 'Contains', values: ['customvalue'] },
      { name: 'X-App-Version', type: 'Prefix', values: ['2.', '3.'] },
      { name: 'X-Present', type: 'Present' },
    ],
    action: 'Allow',
  },
  {
    name: 'signed-in-websocket',
    request: 'WebSocket',
    cookies: [{ name: 'MMAUTHTOKEN' }, { name: 'MMUSERID' }],
    action: 'Allow',
  },
  { name: 'android-calls', request: 'WebSocket', bearerToken: true, action: 'Allow' },
  { name: 'plain-http-cookie', request: 'HTTP', cookies: [{ name: 'seen', shape: 'Any' }], action: 'Allow' },
];

const scene = new Scene();
const host = hostOf('chat');
let controller: ControllerProcess;
let session: Session;

beforeAll(async () => {
  const node = await scene.node('node');
  controller = await scene.controller({
    // All addresses, so that IPv4 clients come as IPv6 ones do: ::ffff:127.10.0.7.
    flags: { 'bind-address': '::' },
    objects: [
      ...site('chat', [{ name: 'node', port: node.port }], {
        admission: { rules: RULES, defaultAction: 'Deny' },
      }),
      secret('preauth', { current: SECRET }),
    ],
  });
  session = await login(`http://127.0.0.1:${node.port}`, ALICE);
});
afterAll(() => scene.end());

let asked = 0;

/** Sends a request that the log can be asked about; tells what was said and which rule said so. */
async function judge(path: string, ask: Ask): Promise<{ readonly status: number; readonly rule: unknown }> {
  const requestId = `admission-${(asked += 1)}`;
  const { status } = await controller.get(host, path, {
    ...ask,
    headers: { ...ask.headers, 'X-Request-ID': requestId },
  });
  const line = await controller.logged({ requestId });
  expect(line).toMatchObject({ status, mode: 'Enforce', client: ask.from });
  return { status, rule: line['rule'] };
}

const PREAUTH = 'X-Mattermost-Preauth-Secret';
const CUSTOM = { 'X-The-Custom-Header': 'a customvalue', 'X-App-Version': '2.9', 'X-Present': '1' };

describe('HTTP', () => {
  test.each<[string, string, Ask, string]>([
    ['the office', '/', { from: OFFICE }, 'office-networks'],
    ['the last address of the office', '/', { from: '127.10.255.254' }, 'office-networks'],
    ['a published path', '/api/v4/notifications/ack', { method: 'POST' }, 'published-endpoints'],
    ['a pattern', '/oauth/gitlab/complete', { method: 'POST' }, 'published-endpoints'],
    ['a prefix', '/static/main.js', {}, 'published-pages'],
    ['the prefix itself', '/static', {}, 'published-pages'],
    ['the secret', '/', { headers: { [PREAUTH]: SECRET } }, 'managed-mobile-app'],
    [
      'the secret in another case of name',
      '/',
      { headers: { 'x-mattermost-PREAUTH-secret': SECRET } },
      'managed-mobile-app',
    ],
    ['all of several headers', '/', { headers: CUSTOM }, 'white-label-app'],
    ['a cookie of any shape', '/', { headers: { Cookie: 'a=b; seen=x' } }, 'plain-http-cookie'],
  ])('%s passes', async (_, path, ask, rule) => {
    const verdict = await judge(path, { from: INTERNET, ...ask });
    expect(verdict.rule).toBe(rule);
    expect(verdict.status).not.toBe(403);
  });

  test.each<[string, string, Ask, string]>([
    ['the Internet', '/', {}, 'default'],
    ['the neighbour of the office', '/', { from: '127.11.0.0' }, 'default'],
    ['an earlier Deny wins', '/', { from: '127.10.66.6' }, 'blocked-part'],
    ['another method of a published path', '/api/v4/notifications/ack', { method: 'PUT' }, 'default'],
    ['below an exact path', '/api/v4/notifications/ack/x', { method: 'POST' }, 'default'],
    ['two segments for one star', '/oauth/a/b/complete', { method: 'POST' }, 'default'],
    ['a name that begins as the prefix', '/statics', {}, 'default'],
    ['the secret with one more byte', '/', { headers: { [PREAUTH]: `${SECRET}x` } }, 'default'],
    ['the secret in other letters', '/', { headers: { [PREAUTH]: SECRET.toUpperCase() } }, 'default'],
    ['an empty secret', '/', { headers: { [PREAUTH]: '' } }, 'default'],
    ['one of several headers missing', '/', { headers: { ...CUSTOM, 'X-Present': '' } }, 'default'],
    ['a value that does not fit', '/', { headers: { ...CUSTOM, 'X-App-Version': '1.9' } }, 'default'],
    [
      'a value in other letters',
      '/',
      { headers: { ...CUSTOM, 'X-The-Custom-Header': 'CUSTOMVALUE' } },
      'default',
    ],
    ['an empty cookie', '/', { headers: { Cookie: 'seen=' } }, 'default'],
    [
      'the cookies of a session without an upgrade',
      '/',
      { headers: { Cookie: `MMAUTHTOKEN=${ID}; MMUSERID=${ID}` } },
      'default',
    ],
    ['a bearer token without an upgrade', '/', { headers: { Authorization: `Bearer ${ID}` } }, 'default'],
  ])('%s is refused', async (_, path, ask, rule) => {
    expect(await judge(path, { from: INTERNET, ...ask })).toEqual({ status: 403, rule });
  });

  test('a client may not choose its address', async () => {
    const headers = { 'X-Forwarded-For': OFFICE, 'X-Real-IP': OFFICE, Forwarded: `for=${OFFICE}` };
    expect(await judge('/', { from: INTERNET, headers })).toEqual({ status: 403, rule: 'default' });
  });
});

describe('WebSockets', () => {
  test.each<[string, string, () => Readonly<Record<string, string>>, string]>([
    ['the cookies of a session', INTERNET, () => ({ Cookie: session.cookieHeader }), 'signed-in-websocket'],
    ['a bearer token', INTERNET, () => ({ Authorization: `Bearer ${session.token}` }), 'android-calls'],
    [
      'a bearer token as mobile apps write it',
      INTERNET,
      () => ({ Authorization: `BEARER ${session.token}` }),
      'android-calls',
    ],
    ['the office', OFFICE, () => ({ Cookie: session.cookieHeader }), 'office-networks'],
    [
      'the secret',
      INTERNET,
      () => ({ [PREAUTH]: SECRET, Cookie: session.cookieHeader }),
      'managed-mobile-app',
    ],
  ])('%s opens one', async (_, from, headers, rule) => {
    const requestId = `admission-${(asked += 1)}`;
    const talk = await controller.open(host, { from, headers: { ...headers(), 'X-Request-ID': requestId } });
    expect(await talk.next(({ event }) => event === 'hello')).toMatchObject({ seq: 0 });
    expect(await controller.logged({ requestId, msg: 'websocket opened' })).toMatchObject({ rule });
    talk.socket.terminate();
  });

  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['nothing', '/api/v4/websocket', {}],
    ['one of two cookies', '/api/v4/websocket', { Cookie: `MMAUTHTOKEN=${ID}` }],
    ['a cookie of the wrong shape', '/api/v4/websocket', { Cookie: `MMAUTHTOKEN=${ID}; MMUSERID=${ID}x` }],
    [
      'two copies, one of the wrong shape',
      '/api/v4/websocket',
      { Cookie: `MMAUTHTOKEN=${ID}; MMAUTHTOKEN=x; MMUSERID=${ID}` },
    ],
    ['a token that is too short', '/api/v4/websocket', { Authorization: 'Bearer abc' }],
    ['cookies at another path', '/plugins/com.x/ws', { Cookie: `MMAUTHTOKEN=${ID}; MMUSERID=${ID}` }],
    ['the cookie that is for plain HTTP', '/api/v4/websocket', { Cookie: 'seen=x' }],
  ])('%s opens none', async (_, path, headers) => {
    const refused = await controller.open(host, { from: INTERNET, path, headers }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(UpgradeRefused);
    expect((refused as UpgradeRefused).reply.status).toBe(403);
  });
});

test('every verdict is counted by rule, action and mode, every use of a secret by its key', async () => {
  const headers = { [PREAUTH]: SECRET };
  await judge('/', { from: INTERNET, headers });
  await controller.expectMetrics((metrics) => {
    const lines = controller.log.all.filter(({ msg }) => msg === 'request' || msg === 'websocket opened');
    const logged = Map.groupBy(lines, ({ rule, action, mode }) => [rule, action, mode].join());
    const verdicts = metrics.matching('admission_decisions_total', { host });
    expect(
      new Map(
        verdicts.map(({ labels, value }) => [
          [labels['rule'], labels['action'], labels['mode']].join(),
          value,
        ]),
      ),
    ).toEqual(new Map([...logged].map(([verdict, each]) => [verdict, each.length])));
    const uses = lines.filter(({ secretName }) => secretName === 'current').length;
    expect(metrics.sum('admission_secret_used_total', { rule: 'managed-mobile-app', key: 'current' })).toBe(
      uses,
    );
    expect(uses).toBeGreaterThan(0);
  });
});
