// Access lines: what is in them, in which shape, and what never is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessLine } from './access-log.ts';
import type { AccessRecord } from './access-log.ts';

const bare: AccessRecord = {
  event: 'request',
  epochMs: 1_700_000_000_000,
  requestId: 'r1',
  client: '192.0.2.7',
};

const full: Required<AccessRecord> = {
  ...bare,
  scheme: 'https',
  protocol: '2',
  host: 'Chat.example.com:8443',
  method: 'POST',
  target: '/api/v4/posts?set_online=true',
  site: { namespace: 'mm', kind: 'MattermostIngressPolicy', name: 'chat', host: '*.example.com' },
  status: 201,
  requestBytes: 812,
  responseBytes: 1520,
  durationMs: 12.3456789,
  connectMs: 0.8,
  firstByteMs: 11,
  endpoint: 'mattermost-0',
  retries: 1,
  persistence: 'cookie',
  admission: {
    rule: 'managed-app',
    action: 'Allow',
    mode: 'Observe',
    secretKeys: ['current', 'next'],
    shapeOnly: false,
  },
  reason: 'response-truncated',
  detail: 'ECONNRESET',
  messagesFromClient: 4,
  messagesFromBackend: 5,
};

function parsed(record: AccessRecord): unknown {
  const line = accessLine(record);
  expect(line.endsWith('}\n')).toBe(true);
  expect(line.slice(0, -1)).not.toContain('\n');
  return JSON.parse(line);
}

test('everything that is known is in the line', () => {
  expect(parsed(full)).toEqual({
    level: 30,
    time: 1_700_000_000_000,
    msg: 'request',
    requestId: 'r1',
    client: '192.0.2.7',
    scheme: 'https',
    protocol: 'HTTP/2',
    host: 'Chat.example.com:8443',
    method: 'POST',
    path: '/api/v4/posts',
    site: 'MattermostIngressPolicy/mm/chat',
    status: 201,
    requestBytes: 812,
    responseBytes: 1520,
    durationMs: 12.346,
    connectMs: 0.8,
    firstByteMs: 11,
    messagesFromClient: 4,
    messagesFromBackend: 5,
    retries: 1,
    reason: 'response-truncated',
    detail: 'ECONNRESET',
    endpoint: 'mattermost-0',
    persistence: 'cookie',
    rule: 'managed-app',
    action: 'Allow',
    mode: 'Observe',
    secretName: 'current, next',
  });
});

test('what is not known is not in the line', () => {
  expect(parsed(bare)).toEqual({
    level: 30,
    time: 1_700_000_000_000,
    msg: 'request',
    requestId: 'r1',
    client: '192.0.2.7',
  });
});

test.each([
  ['request', 'request'],
  ['websocket-opened', 'websocket opened'],
  ['websocket-closed', 'websocket closed'],
] as const)('event %s', (event, msg) => {
  expect(parsed({ ...bare, event })).toMatchObject({ msg });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a number that is none (%s) is left out', (durationMs) => {
  expect(parsed({ ...bare, durationMs })).not.toHaveProperty('durationMs');
});

describe('secrets', () => {
  test.each([
    '/api/v4/websocket?token=SECRET',
    '/hooks/SECRET',
    '/api/v4/teams/invite/SECRET',
    '/signup_user_complete/?id=SECRET',
    '/files/abc/public?h=SECRET',
    '/%68ooks/SECRET',
  ])('%s is not in the line', (target) => {
    expect(accessLine({ ...full, target })).not.toMatch(/SECRET/);
  });

  test('fields the record has no name for do not get in', () => {
    const careless = { ...full, cookie: 'SECRET', authorization: 'SECRET', headers: ['cookie', 'SECRET'] };
    expect(accessLine(careless)).toBe(accessLine(full));
  });
});

describe('hostile clients', () => {
  const longest = '\ud800'.repeat(100_000);

  test('cannot make a line long', () => {
    const line = accessLine({
      ...full,
      requestId: longest,
      client: longest,
      host: longest,
      method: longest,
      target: `/${longest}`,
      detail: longest,
      endpoint: longest,
    });
    expect(line.length).toBeLessThan(20 * 1024);
    expect(() => JSON.parse(line)).not.toThrow();
  });

  test('cannot break a line or write another field', () => {
    const hostile = '","level":60,"msg":"forged"}\n{"level":30';
    expect(
      parsed({ ...full, host: hostile, method: hostile, target: hostile, requestId: hostile }),
    ).toMatchObject({
      level: 30,
      msg: 'request',
      host: hostile,
      path: hostile,
    });
  });

  test('cannot make a line that is not ASCII JSON', () => {
    const text = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(text, text, (host, target) => {
        const line = accessLine({ ...full, host, target });
        expect(line).toMatch(/^[\x20-\x7e]*\n$/);
        expect(() => JSON.parse(line)).not.toThrow();
      }),
    );
  });
});
