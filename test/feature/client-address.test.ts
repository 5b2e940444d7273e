// Whose address counts: the socket's, unless a proxy that is trusted says another. CIDR admission stands on it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Echo } from '../../src/demo/mattermost/demo-routes.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { exchangeRaw, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const TRUSTED = '127.30.0.1';
const BALANCER = '127.40.0.1';
const STRANGER = '127.50.0.1';
const OFFICE = '192.0.2.7';
const host = hostOf('chat');

const scene = new Scene();
let controller: ControllerProcess;

beforeAll(async () => {
  const node = await scene.node('node');
  const rules = [{ name: 'office', sourceCIDRs: ['192.0.2.0/24', '2001:db8::/32'], action: 'Allow' }];
  controller = await scene.controller({
    flags: {
      'bind-address': '::',
      'trusted-proxies': '127.30.0.0/16,127.40.2.0/24,198.51.100.0/24',
      'proxy-protocol-from': '127.40.0.0/16',
      // Nothing here ends because a time is over.
      'proxy-header-timeout': '10m',
    },
    objects: [
      ...site('chat', [{ name: 'node', port: node.port }], { admission: { rules, defaultAction: 'Deny' } }),
      ...site('reset', [{ name: 'node', port: node.port }], { admission: { defaultAction: 'Reset' } }),
    ],
  });
});
afterAll(() => scene.end());

/** The status of a request and the proxy headers the node got. */
async function ask(from: string, headers: Readonly<Record<string, string>>, before = '') {
  const bytes = before + requestText('GET /api/v4/demo/echo', host, { Connection: 'close', ...headers });
  const { text } = await exchangeRaw(controller.raw({ from }), bytes);
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
  const [, body = ''] = text.split('\r\n\r\n');
  const echoed = status === 200 ? (JSON.parse(body) as Echo).headers : [];
  return { status, told: echoed.filter(([name]) => /^x-forwarded-|^x-real-ip|^forwarded/i.test(name)) };
}

function told(address: string, port: number): readonly (readonly [string, string])[] {
  return [
    ['X-Forwarded-For', address],
    ['X-Real-IP', address],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Port', String(port)],
  ];
}

describe('X-Forwarded-For', () => {
  test.each([
    ['the one client', OFFICE, OFFICE],
    ['the right-most untrusted address', `192.0.2.1, ${OFFICE}, 198.51.100.3`, OFFICE],
    ['an IPv6 client', '2001:db8::7', '2001:db8::7'],
    ['an IPv4 client written as IPv6', `::ffff:${OFFICE}`, OFFICE],
  ])('of a trusted proxy: %s', async (_, value, address) => {
    const reply = await ask(TRUSTED, { 'X-Forwarded-For': value });
    expect(reply).toEqual({ status: 200, told: told(address, controller.port('http')) });
  });

  test.each([
    ['a stranger who claims to be in the office', STRANGER, OFFICE],
    ['an office address left of the real one', TRUSTED, `${OFFICE}, 203.0.113.9`],
    ['text that is no address', TRUSTED, 'office'],
    ['an address behind text that is none', TRUSTED, `${OFFICE}, unknown`],
    ['nothing', TRUSTED, ''],
  ])('%s is not in the office', async (_, from, value) => {
    expect(await ask(from, { 'X-Forwarded-For': value })).toEqual({ status: 403, told: [] });
  });

  test('Reset towards a trusted proxy spares the other users of its connection: an empty 403', async () => {
    const bytes = requestText('GET /', hostOf('reset'));
    const { text, ending } = await exchangeRaw(controller.raw({ from: TRUSTED }), bytes);
    expect(text).toMatch(/^HTTP\/1\.1 403 [^]*\r\nContent-Length: 0\r\n[^]*\r\n\r\n$/);
    expect(ending).toBe('fin');
  });
});

describe('the PROXY header', () => {
  const V2 = '\r\n\r\n\0\r\nQUIT\n';
  const v2 = (command: string, family: string, addresses: string) =>
    `${V2}${command}${family}${String.fromCharCode(0, addresses.length)}${addresses}`;
  const fromOffice = '\xc0\x00\x02\x07\x7f\x00\x00\x01\x30\x39\x01\xbb';

  test.each([
    ['version 1', `PROXY TCP4 ${OFFICE} 127.0.0.1 12345 443\r\n`, OFFICE],
    ['version 1 for IPv6', 'PROXY TCP6 2001:db8::7 2001:db8::1 12345 443\r\n', '2001:db8::7'],
    ['version 2', v2('\x21', '\x11', fromOffice), OFFICE],
    ['version 2 with more fields', v2('\x21', '\x11', `${fromOffice}\x03\x00\x04abcd`), OFFICE],
  ])('%s names the client', async (_, header, address) => {
    expect(await ask(BALANCER, {}, header)).toEqual({ status: 200, told: told(address, 443) });
  });

  test('in pieces, and with the request behind it on the same connection', async () => {
    const connection = new RawConnection(controller.raw({ from: BALANCER }));
    connection.socket.setNoDelay(true);
    const bytes = `PROXY TCP4 ${OFFICE} 127.0.0.1 1 443\r\n${requestText('GET /', host)}`;
    for (const byte of bytes) connection.send(byte);
    expect(await connection.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    connection.socket.destroy();
  });

  test.each([
    ['is missing', requestText('GET /', host)],
    ['is no PROXY header', 'PROXY TCP4 here there 1 2\r\n'],
    ['is too long', `PROXY TCP4 ${'1'.repeat(200)}`],
    ['of version 3', v2('\x31', '\x11', fromOffice)],
  ])('that %s: the connection ends without a word', async (_, bytes) => {
    const before = await rejections();
    const { text } = await exchangeRaw(controller.raw({ from: BALANCER }), bytes);
    expect(text).toBe('');
    await eventually(async () => expect(await rejections()).toBe(before + 1));
  });

  test('that never comes, as when a load balancer only looks whether the port is open: the connection ends', async () => {
    const before = await rejections();
    const connection = new RawConnection(controller.raw({ from: BALANCER }));
    connection.socket.end();
    await connection.ended();
    await eventually(async () => expect(await rejections()).toBe(before + 1));
  });

  test('of a load balancer that speaks for itself leaves its own address', async () => {
    expect((await ask(BALANCER, {}, v2('\x20', '\x00', ''))).status).toBe(403);
  });

  test('of a stranger is no HTTP: 400', async () => {
    const { status } = await ask(STRANGER, {}, `PROXY TCP4 ${OFFICE} 127.0.0.1 1 2\r\n`);
    expect(status).toBe(400);
  });

  async function rejections(): Promise<number> {
    return (await controller.metrics()).sum('connections_rejected_total', { reason: 'proxy-header' });
  }
});
