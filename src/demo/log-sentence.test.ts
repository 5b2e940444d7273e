// What people read of the controller's log while they try the demo.
import { expect, test } from 'vitest';
import type { LogLine } from './journal.ts';
import { sentenceOf } from './log-sentence.ts';

const AT = new Date(2026, 0, 2, 3, 4, 5).getTime();
const REQUEST: LogLine = {
  level: 30,
  time: AT,
  msg: 'request',
  client: '127.1.0.1',
  host: 'chat.example.com:8443',
  method: 'GET',
  path: '/api/v4/users/me',
  status: 200,
  rule: 'office-networks',
  action: 'Allow',
  endpoint: 'node-2',
  persistence: 'cookie',
};

const HEAD = '03:04:05 127.1.0.1 office   ';
const WIDE = 200;

test.each<readonly [string, LogLine, string, string]>([
  [
    'admitted',
    {},
    'good',
    `${HEAD}GET    200 chat.example.com/api/v4/users/me               Allow office-networks     node-2 by cookie`,
  ],
  [
    'refused',
    { status: 403, rule: 'default', action: 'Deny', endpoint: undefined, reason: 'admission' },
    'refused',
    `${HEAD}GET    403 chat.example.com/api/v4/users/me               Deny default              admission`,
  ],
  [
    'reset',
    { status: 0, rule: 'blocked', action: 'Reset', endpoint: undefined, reason: 'admission' },
    'bad',
    `${HEAD}GET    RST chat.example.com/api/v4/users/me               Reset blocked             admission`,
  ],
  [
    'with a secret and a long path',
    { path: `/api/v4/${'x'.repeat(90)}`, rule: 'app', secretName: 'current', status: 502, reason: 'refused' },
    'bad',
    `${HEAD}GET    502 chat.example.com/api/v...xxxxxxxxxxxxxxxxxxxxx Allow app                 node-2 by cookie, key current, refused`,
  ],
  [
    'a WebSocket',
    { msg: 'websocket opened', status: 101, path: '/api/v4/websocket' },
    'good',
    `${HEAD}WS     101 chat.example.com/api/v4/websocket              Allow office-networks     node-2 by cookie`,
  ],
  [
    'its end',
    { msg: 'websocket closed', status: 101, path: '/api/v4/websocket', durationMs: 1_234, reason: 'client' },
    'quiet',
    `${HEAD}WS     end chat.example.com/api/v4/websocket              closed after 1.2 s, client`,
  ],
  [
    'a configuration',
    { msg: 'configuration served', generation: 4 },
    'quiet',
    '03:04:05 configuration 4 is in force',
  ],
  [
    'an endpoint',
    { msg: 'endpoint gets no users', level: 40, endpoint: 'node-3', reason: 'check' },
    'bad',
    '03:04:05 node-3 gets no users check',
  ],
  ['a warning', { msg: 'look here', level: 40 }, 'bad', '03:04:05 look here'],
])('%s', (_, more, tone, text) => {
  expect(sentenceOf({ ...REQUEST, ...more }, WIDE)).toEqual({ tone, text });
});

test('a narrow terminal has less of the path', () => {
  const rest = 'Allow office-networks     node-2 by cookie';
  expect(sentenceOf(REQUEST, 120)?.text).toBe(`${HEAD}GET    200 chat.example.c...i/v4/users/me ${rest}`);
  expect(sentenceOf(REQUEST, 40)?.text).toBe(`${HEAD}GET    200 chat.exa...sers/me ${rest}`);
});

test('what clients choose cannot move a cursor', () => {
  const text = sentenceOf(
    { ...REQUEST, path: '/\u001B[2J\r\n\u009B1m\u0007é', host: 'x\u001B]0;y' },
    WIDE,
  )?.text;
  expect(text).toContain('x?]0;y/?[2J???1m??');
  expect(text).not.toMatch(/[^ -~]/);
});

test('other lines say nothing, and neither do the files of the page', () => {
  expect(sentenceOf({ ...REQUEST, path: '/static/main.js' }, WIDE)).toBeUndefined();
  expect(sentenceOf({ ...REQUEST, path: '/static/main.js', status: 403 }, WIDE)).toBeDefined();
  expect(sentenceOf({ level: 30, time: AT, msg: 'policy translated' }, WIDE)).toBeUndefined();
  expect(sentenceOf({}, WIDE)).toBeUndefined();
});
