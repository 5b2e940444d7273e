// Who asks and by which scheme: rows M1 to M5 and M7.
import { describe, expect, test } from 'vitest';
import type { Client } from '../model/request.ts';
import { findOrigin } from './origin.ts';
import { address, client, ranges, request, tlsClient } from './test-objects.ts';

const PROXIES = ranges('10.0.0.0-10.255.255.255', 'fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');

function proxied(more: Partial<Client> = {}): Client {
  return client({ peer: address('10.0.0.1'), trusted: true, ...more });
}

function addressOf(lines: readonly string[], from: Client = proxied()): string {
  return findOrigin(request('GET /', lines), from, PROXIES).address.text;
}

describe('a peer that is not trusted is believed nothing (row M1)', () => {
  const lines = [
    'X-Forwarded-For: 192.0.2.7',
    'X-Real-IP: 192.0.2.7',
    'Forwarded: for=192.0.2.7;proto=https',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
  ];
  test.each([
    ['on a plain port', client(), { scheme: 'http', port: 8080 }],
    ['over TLS', tlsClient(), { scheme: 'https', port: 8443 }],
    // Trust is a fact of the connection: an address from a PROXY header must not earn it.
    ['with an address of a proxy', client({ peer: address('10.0.0.1') }), { scheme: 'http', port: 8080 }],
  ])('%s', (_, from, facts) => {
    expect(findOrigin(request('GET /', lines), from, PROXIES)).toEqual({ address: from.peer, ...facts });
  });
});

describe('a trusted peer: the right-most address that is not trusted (row M2)', () => {
  const many = (count: number) => Array<string>(count).fill('10.0.0.2').join(', ');
  test.each([
    ['one', ['192.0.2.7'], '192.0.2.7'],
    ['a forged one in front', ['198.51.100.1, 192.0.2.7'], '192.0.2.7'],
    ['a proxy behind', ['192.0.2.7, 10.0.0.2'], '192.0.2.7'],
    [
      'proxies behind, forged ones in front',
      ['10.9.9.9, 198.51.100.1, 192.0.2.7, 10.0.0.2,10.0.0.3'],
      '192.0.2.7',
    ],
    ['several lines, in their order', ['198.51.100.1', '192.0.2.7', '10.0.0.2'], '192.0.2.7'],
    ['several lines with lists', ['198.51.100.1, 192.0.2.7', '10.0.0.3, 10.0.0.2'], '192.0.2.7'],
    ['only proxies: the farthest', ['10.0.0.5, 10.0.0.4'], '10.0.0.5'],
    ['nothing', [], '10.0.0.1'],
    ['an empty line', [''], '10.0.0.1'],
    ['only commas', [',,'], '10.0.0.1'],
    ['rubbish behind stops at the peer', ['192.0.2.7, unknown'], '10.0.0.1'],
    ['an empty member behind stops at the peer', ['192.0.2.7,'], '10.0.0.1'],
    ['rubbish behind a proxy stops at the proxy', ['192.0.2.7, unknown, 10.0.0.2'], '10.0.0.2'],
    ['rubbish in front is not reached', ['unknown, 192.0.2.7'], '192.0.2.7'],
    ['blanks and tabs', ['\t192.0.2.7 ,\t10.0.0.2 '], '192.0.2.7'],
    ['a blank that is none', ['192.0.2.7\u00a0'], '10.0.0.1'],
    ['32 proxies are walked', [`192.0.2.7, ${many(31)}`], '192.0.2.7'],
    ['no more than 32', [`192.0.2.7, ${many(32)}`], '10.0.0.2'],
  ])('%s', (_, values, expected) => {
    expect(addressOf(values.map((value) => `X-Forwarded-For: ${value}`))).toBe(expected);
  });

  test('other fields name nobody', () => {
    expect(addressOf(['X-Real-IP: 192.0.2.7', 'Forwarded: for=192.0.2.7', 'X-Forwarded-Host: a'])).toBe(
      '10.0.0.1',
    );
  });

  test('a trusted network of the other family is not mixed up', () => {
    expect(addressOf(['X-Forwarded-For: 192.0.2.7, fd00::2'])).toBe('192.0.2.7');
    expect(addressOf(['X-Forwarded-For: 192.0.2.7, 2001:db8::1'])).toBe('2001:db8::1');
  });
});

describe('forms of an address (rows M4, M5 and M7)', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:5678', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:5678', '2001:db8::7'],
    ['2001:DB8::7', '2001:db8::7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['[::ffff:192.0.2.7]:80', '192.0.2.7'],
  ])('%s is %s', (value, expected) => {
    expect(addressOf([`X-Forwarded-For: ${value}`])).toBe(expected);
  });

  test.each([
    '010.0.0.1',
    '0x7f.1',
    '0xc0000207',
    '3221225991',
    '192.0.2',
    '10.1',
    'unknown',
    '_hidden',
    'localhost',
    '"192.0.2.7"',
    '"[2001:db8::7]"',
    'for=192.0.2.7',
    '192.0.2.7/32',
    '192.0.2.7:',
    '192.0.2.7:http',
    '192.0.2.7:123456',
    '192.0.2.7 198.51.100.1',
    '[192.0.2.7]',
    '[192.0.2.7]:80',
    '[2001:db8::7',
    '2001:db8::7]',
    '[2001:db8::7]x',
    '[2001:db8::7]:',
    '[[2001:db8::7]]',
    'fe80::1%eth0',
    '[fe80::1%eth0]',
    '2001:db8::7%1',
  ])('%s is none', (value) => {
    expect(addressOf([`X-Forwarded-For: ${value}`])).toBe('10.0.0.1');
  });

  test('a proxy in IPv4-mapped form is the same proxy (row M5)', () => {
    expect(addressOf(['X-Forwarded-For: 192.0.2.7, ::ffff:10.0.0.2'])).toBe('192.0.2.7');
  });
});

describe('scheme and port of a trusted peer', () => {
  const plain = proxied();
  const secure = proxied({
    tls: { serverName: 'a', version: '1.3', policy: 'default', hasCertificate: false },
    localPort: 8443,
  });
  test.each([
    ['https', plain, ['X-Forwarded-Proto: https'], 'https 443'],
    ['https and a port', plain, ['X-Forwarded-Proto: https', 'X-Forwarded-Port: 4443'], 'https 4443'],
    ['http', plain, ['X-Forwarded-Proto: http'], 'http 8080'],
    ['nothing', plain, [], 'http 8080'],
    ['nothing over TLS', secure, [], 'https 8443'],
    ['https over TLS', secure, ['X-Forwarded-Proto: https'], 'https 8443'],
    ['http over TLS: its client came without', secure, ['X-Forwarded-Proto: http'], 'http 80'],
    ['twice: nothing', plain, ['X-Forwarded-Proto: https', 'X-Forwarded-Proto: https'], 'http 8080'],
    ['a list', plain, ['X-Forwarded-Proto: https, http'], 'http 8080'],
    ['another word', plain, ['X-Forwarded-Proto: wss'], 'http 8080'],
    ['another field', plain, ['X-Forwarded-Scheme: https', 'Forwarded: proto=https'], 'http 8080'],
    ['a port alone', plain, ['X-Forwarded-Port: 80'], 'http 80'],
    ['port 0', plain, ['X-Forwarded-Port: 0'], 'http 8080'],
    ['a port too high', plain, ['X-Forwarded-Port: 65536'], 'http 8080'],
    ['the highest port', plain, ['X-Forwarded-Port: 65535'], 'http 65535'],
    ['no port', plain, ['X-Forwarded-Port: 0x50'], 'http 8080'],
    ['two ports', plain, ['X-Forwarded-Port: 80', 'X-Forwarded-Port: 81'], 'http 8080'],
  ] as const)('%s', (_, from, lines, expected) => {
    const { scheme, port } = findOrigin(request('GET /', lines), from, PROXIES);
    expect(`${scheme} ${port}`).toBe(expected);
  });
});
