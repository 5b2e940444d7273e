// Rows M1 to M5 and M7 to M10 of the security research: who a client is.
import { proxyV1, proxyV2, tlv } from '../support/proxy-headers.ts';
import { dropped, forwarded, get, refused, type RequestRow } from './rows.ts';

const ROOT = { line: 'GET /', fields: ['Host: a'] };
const CONNECTION = {
  source: '203.0.113.7',
  destination: '198.51.100.1',
  sourcePort: 40_000,
  destinationPort: 8443,
};
const SPOOFED = ['X-Forwarded-For: 10.9.9.9', 'X-Real-IP: 10.9.9.9'];

const v1 = (line: string) => proxyV1(line).toString('latin1');
const v2 = (...parts: Parameters<typeof proxyV2>) => proxyV2(...parts).toString('latin1');
const V1 = v1('PROXY TCP4 203.0.113.7 198.51.100.1 40000 8443');
const V2 = v2(CONNECTION);

/** A header in front of a request, and what is said of the client then: all along its connection. */
function named(name: string, header: string, address: string, port: number): RequestRow {
  const said = { address, port };
  return { ...forwarded(name, header + get(...SPOOFED), { ...ROOT, ...said }), canary: said };
}

/** The socket's own peer stays who it is. */
function unnamed(name: string, header: string): RequestRow {
  return forwarded(name, header + get(...SPOOFED), ROOT);
}

const goodHeaders: readonly RequestRow[] = [
  named('M9 version 1', V1, '203.0.113.7', 8443),
  named('M9 version 1 of IPv6', v1('PROXY TCP6 2001:db8::7 ::1 1 2'), '2001:db8::7', 2),
  named(
    'M9 version 1 of IPv6 in full',
    v1('PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::1 65535 65535'),
    '2001:db8::7',
    65_535,
  ),
  named(
    'M9 version 1 of 107 bytes',
    v1(
      `PROXY TCP6 ${Array<string>(8).fill('fd00').join(':')} ${Array<string>(8).fill('fd00').join(':')} 65535 65535`,
    ),
    Array<string>(8).fill('fd00').join(':'),
    65_535,
  ),
  unnamed('M9 UNKNOWN', v1('PROXY UNKNOWN')),
  unnamed('M9 UNKNOWN with addresses', v1('PROXY UNKNOWN 203.0.113.7 203.0.113.8 1 2')),
  unnamed('M9 UNKNOWN with rubbish', v1('PROXY UNKNOWN \0\xff"; drop')),
  named('M10 version 2', V2, '203.0.113.7', 8443),
  named(
    'M10 version 2 of IPv6',
    v2({ ...CONNECTION, source: '2001:db8::7', destination: '::1' }),
    '2001:db8::7',
    8443,
  ),
  named(
    'M5 M10 version 2 of an IPv4-mapped address',
    v2({ ...CONNECTION, source: '::ffff:203.0.113.7', destination: '::1' }),
    '203.0.113.7',
    8443,
  ),
  named(
    'M10 version 2 with more behind the addresses',
    v2(CONNECTION, { tail: Buffer.concat([tlv(1, 'h2'), tlv(0xea, '')]) }),
    '203.0.113.7',
    8443,
  ),
  named(
    'M10 version 2 of 4 KiB',
    v2(CONNECTION, { tail: tlv(4, 'x'.repeat(4096 - 15)) }),
    '203.0.113.7',
    8443,
  ),
  unnamed('M10 LOCAL', v2(CONNECTION, { command: 0x20 })),
  unnamed('M10 LOCAL without addresses', v2(undefined, { command: 0x20, family: 0 })),
];

const badLines = [
  'PROXY TCP6 1.2.3.4 1.2.3.4 1 2',
  'PROXY TCP4 ::1 ::1 1 2',
  'PROXY TCP4 1.2.3.4 ::1 1 2',
  'PROXY TCP4 ::ffff:1.2.3.4 1.2.3.4 1 2',
  'PROXY  TCP4 1.2.3.4 1.2.3.4 1 2',
  'PROXY TCP4 1.2.3.4  1.2.3.4 1 2',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 ',
  'PROXY TCP4\t1.2.3.4 1.2.3.4 1 2',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1',
  'PROXY TCP4 1.2.3.4 1.2.3.4',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3',
  'PROXY TCP4 1.2.3.4 1.2.3.4 01 2',
  'PROXY TCP4 1.2.3.4 1.2.3.4 -1 2',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 65536',
  'PROXY TCP4 1.2.3.4 1.2.3.4 0x1 2',
  'PROXY TCP4 010.2.3.4 1.2.3.4 1 2',
  'PROXY TCP4 1.2.3 1.2.3.4 1 2',
  'PROXY TCP4 1.2.3.256 1.2.3.4 1 2',
  'PROXY TCP6 fe80::1%eth0 ::1 1 2',
  'PROXY TCP6 [::1] ::1 1 2',
  'PROXY tcp4 1.2.3.4 1.2.3.4 1 2',
  'PROXY UDP4 1.2.3.4 1.2.3.4 1 2',
  'PROXY TCP 1.2.3.4 1.2.3.4 1 2',
  'PROXY',
  'PROXY ',
  'PROXY UNKNOWNS',
  'proxy TCP4 1.2.3.4 1.2.3.4 1 2',
  ' PROXY TCP4 1.2.3.4 1.2.3.4 1 2',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r',
];

const badHeaders: readonly RequestRow[] = [
  dropped('M8 no header', get()),
  dropped('M8 bytes of TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'),
  ...badLines.map((line) => dropped(`M9 ${JSON.stringify(line)}`, v1(line) + get())),
  dropped('M9 a lone LF', `PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n${get()}`),
  dropped('M9 a lone CR', `PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r${get()}`),
  dropped('M9 a line of 108 bytes', v1(`PROXY UNKNOWN ${'x'.repeat(92)}`)),
  dropped('M9 no end', `PROXY TCP4 ${'1'.repeat(120)}`),
  dropped('M10 another command', v2(CONNECTION, { command: 0x22 }) + get()),
  dropped('M10 another version', v2(CONNECTION, { command: 0x11 }) + get()),
  dropped('M10 UDP', v2(CONNECTION, { family: 0x12 }) + get()),
  dropped('M10 of no family', v2(CONNECTION, { family: 0 }) + get()),
  dropped('M10 of a UNIX socket', v2(CONNECTION, { family: 0x31, tail: Buffer.alloc(216) }) + get()),
  dropped('M10 IPv6 with addresses of IPv4', v2(CONNECTION, { family: 0x21 }) + get()),
  dropped('M10 no addresses', v2(undefined, { family: 0x11 }) + get()),
  dropped('M10 over 4 KiB', v2(CONNECTION, { tail: Buffer.alloc(5000) })),
  dropped('M10 half a TLV', v2(CONNECTION, { tail: Buffer.from([1, 0]) }) + get()),
  dropped('M10 a TLV longer than said', v2(CONNECTION, { tail: Buffer.from([1, 0, 2, 0]) }) + get()),
  dropped('M10 another signature', V2.replace('QUIT', 'QUIX') + get()),
  refused('M10 a second header of version 1', V1 + V1 + get()),
  refused('M10 a second header of version 2', V1 + V2 + get()),
];

/** Rows M5 and M8 to M10: for a listener that demands a header. */
export const proxiedRows: readonly RequestRow[] = [...goodHeaders, ...badHeaders];

/** Rows M8: for a listener that takes none. */
export const unproxiedRows: readonly RequestRow[] = [
  refused('M8 a header of version 1 that nobody asked for', V1 + get()),
  refused('M8 a header of version 2 that nobody asked for', V2 + get()),
  forwarded('M1 nobody was named a proxy', get(...SPOOFED, 'Forwarded: for=10.9.9.9'), ROOT),
  forwarded('M1 nor for its scheme', get('X-Forwarded-Proto: https', 'X-Forwarded-Port: 443'), ROOT),
];

const GUEST = '203.0.113.9';

function told(name: string, address: string, ...fields: readonly string[]): RequestRow {
  return forwarded(name, get(...fields), { ...ROOT, address });
}

const xff = (value: string) => `X-Forwarded-For: ${value}`;
const SELF = '127.0.0.1';
const noAddresses = [
  '010.0.0.1',
  '0x7f.1',
  '10.1',
  '10.1.1.256',
  '10.1.1.1.1',
  '167837953',
  'fe80::1%eth0',
  '[fe80::1%25eth0]',
  '[10.1.1.1]',
  '[::1',
  '2001:db8::g',
  'unknown',
  '_hidden',
  'for=203.0.113.9',
  '203.0.113.9 x',
  '203.0.113.9:',
  '203.0.113.9:x',
  '203.0.113.9:123456',
  '203.0.113.9\xa0',
  '203.0.113.\xb2',
];

/** Rows M2 to M5 and M7: where the peer, 10.0.0.0/8 and 2001:db8:1::/48 are trusted. */
export const trustedRows: readonly RequestRow[] = [
  told('M2 M3 one hop', GUEST, xff(GUEST)),
  told('M2 M3 the last untrusted one', GUEST, xff(`1.1.1.1, ${GUEST}, 10.1.1.1`)),
  told('M2 never the left-most one', GUEST, xff(`1.1.1.1, ${GUEST}`)),
  told(
    'M2 over several lines in order',
    GUEST,
    xff('1.1.1.1'),
    xff(GUEST),
    'x-forwarded-for: 10.1.1.1,10.1.1.2',
  ),
  told('M2 nothing', SELF),
  told('M2 an empty one', SELF, xff('')),
  told('M2 an empty token', SELF, xff(`${GUEST},`)),
  told('M2 trusted ones only', '10.2.2.2', xff('10.2.2.2, 10.1.1.1')),
  told('M2 trusted ones of both families', GUEST, xff(`${GUEST}, 2001:db8:1::5, 10.1.1.1`)),
  told('M2 rubbish ends the walk', '10.1.1.1', xff(`${GUEST}, rubbish, 10.1.1.1`)),
  told('M2 31 hops', GUEST, xff(`${GUEST}${', 10.1.1.1'.repeat(31)}`)),
  told('M2 32 hops are too many', '10.1.1.1', xff(`${GUEST}${', 10.1.1.1'.repeat(32)}`)),
  told(
    'M3 other fields say nothing',
    SELF,
    `Forwarded: for=${GUEST}`,
    `X-Real-IP: ${GUEST}`,
    `X-Original-For: ${GUEST}`,
  ),
  told('M4 IPv6', '2001:db8::9', xff('2001:DB8::9')),
  told('M4 IPv6 in brackets', '2001:db8::9', xff('[2001:db8::9]')),
  told('M4 IPv4 and port', GUEST, xff(`${GUEST}:1234`)),
  told('M4 IPv6 and port', '2001:db8::9', xff('[2001:db8::9]:1234')),
  ...noAddresses.map((text) => told(`M4 ${JSON.stringify(text)} is no address`, SELF, xff(text))),
  told('M5 an IPv4-mapped hop', GUEST, xff(`${GUEST}, ::ffff:10.1.2.3`)),
  told('M5 an IPv4-mapped client', GUEST, xff(`::ffff:${GUEST}`)),
  told('M7 a zone is no part of an address', '10.1.1.1', xff(`${GUEST}, fe80::1%lo, 10.1.1.1`)),
  refused('F4 M4 a name in disguise', get('X_Forwarded_For: 203.0.113.9')),
  refused('X2 M1 nominated', get(xff(GUEST), 'Connection: X-Forwarded-For')),
];
