// What the node hears of a request: all that is its own, untouched and in order, and what only a proxy can know.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../src/demo/mattermost/demo-routes.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { exchangeRaw } from '../support/raw-client.ts';
import { ALICE, Scene } from '../support/scene.ts';

const FROM = '127.70.0.1';

const scene = new Scene();
let controller: ControllerProcess;
let pair: Pair;

beforeAll(async () => {
  pair = await makeCertificate(hostOf('secure'));
  const node = await scene.node('node');
  const place = { name: 'node', port: node.port };
  controller = await scene.controller({
    objects: [
      ...site('plain', [place]),
      ...site('secure', [place], { route: { tls: { secretName: 'secure' } } }),
      tlsSecret('secure', pair),
    ],
  });
});
afterAll(() => scene.end());

/** Field lines as an app sends them: what is Mattermost's, in odd spellings where spelling is its sender's. */
const OWN: readonly (readonly [string, string])[] = [
  ['Origin', 'https://chat.example.com'],
  ['authorization', 'BEARER abcdefghijklmnopqrstuvwxyz'],
  ['Cookie', 'MMAUTHTOKEN=a;MMUSERID=b; MMCSRF="c d"'],
  ['X-Requested-With', 'XMLHttpRequest'],
  ['X-CSRF-Token', 'abc'],
  ['Content-Type', 'application/json'],
  ['X-Repeated', 'one'],
  ['x-repeated', 'two'],
  ['Accept-Language', 'de-DE, \xe9\xfc'],
  ['X-Empty', ''],
];

/** Field lines that are for this hop only, or that only a proxy may say. */
const NOT_FOR_THE_NODE: readonly string[] = [
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-Proto: gopher',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Port: 1',
  'X-Forwarded-Prefix: /x',
  'X-Real-IP: 192.0.2.1',
  'X-Original-URL: /admin',
  'X-Rewrite-URL: /admin',
  'Forwarded: for=192.0.2.1',
  'Keep-Alive: timeout=5',
  'Proxy-Authorization: Basic eHg=',
  'TE: trailers',
  'X-Mine: mine',
];

/** The request as the node got it. */
async function heard(name: 'plain' | 'secure', requestId: string): Promise<Echo> {
  const lines = [
    'POST /api/v4/demo/echo?a=%2F&a=b;c HTTP/1.1',
    `Host: ${hostOf(name).toUpperCase()}`,
    ...OWN.map(([field, value]) => `${field}: ${value}`),
    ...NOT_FOR_THE_NODE,
    `X-Request-ID: ${requestId}`,
    'Connection: close, X-Mine',
    'Content-Length: 2',
  ];
  const serverName = name === 'secure' ? { serverName: hostOf(name) } : {};
  const target = controller.raw({ from: FROM, ...serverName });
  const { text } = await exchangeRaw(target, `${lines.join('\r\n')}\r\n\r\n{}`);
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  const [, body = ''] = text.split('\r\n\r\n');
  return JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) as Echo;
}

describe.each([
  ['plain', 'http'],
  ['secure', 'https'],
] as const)('site %s', (name, scheme) => {
  test('the node hears what is its own, and the proxy in place of what is not', async () => {
    const { headers, url } = await heard(name, 'forwarding-1');
    const host = hostOf(name).toUpperCase();
    expect(url).toBe('/api/v4/demo/echo?a=%2F&a=b;c');
    expect(headers).toEqual([
      ['Host', host],
      ...OWN,
      ['X-Forwarded-For', FROM],
      ['X-Real-IP', FROM],
      ['X-Forwarded-Proto', scheme],
      ['X-Forwarded-Host', host],
      ['X-Forwarded-Port', String(controller.port(scheme))],
      ['X-Request-ID', 'forwarding-1'],
      ['Via', '1.1 mattermost-ingress'],
      ['Content-Length', '2'],
    ]);
  });

  test.each(['with space', 'x'.repeat(65), '<script>', ''])(
    'a request id of %j is replaced by one of our own',
    async (requestId) => {
      const { headers } = await heard(name, requestId);
      const ids = headers.filter(([field]) => field === 'X-Request-ID');
      expect(ids).toEqual([['X-Request-ID', expect.stringMatching(/^[a-z0-9]{26}$/)]]);
    },
  );

  test('the cookies of a login are Secure exactly where the client spoke TLS', async () => {
    const port = controller.port(scheme);
    const connectTo = { address: '127.0.0.1', port };
    const via = scheme === 'https' ? { ca: pair.certificate, connectTo } : { connectTo };
    const { reply } = await login(`${scheme}://${hostOf(name)}`, ALICE, via);
    const cookies = reply.headers['set-cookie'] ?? [];
    expect(cookies.map((line) => line.split('=')[0])).toEqual([
      'MMAUTHTOKEN',
      'MMUSERID',
      'MMCSRF',
      'MMSTICKY',
    ]);
    expect(cookies.map((line) => line.includes('; Secure'))).toEqual(Array(4).fill(scheme === 'https'));
  });
});
