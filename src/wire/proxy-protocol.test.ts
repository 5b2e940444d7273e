// PROXY headers: rows M9 and M10, at every cut, and nothing in between.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../model/address.ts';
import { textOf } from '../../test/support/cuts.ts';
import { proxyV1, proxyV2, tlv } from '../../test/support/proxy-headers.ts';
import { parseProxyHeader, type ProxyHeader } from './proxy-protocol.ts';

/** What a reader sees that asks after each byte. */
function readSlowly(bytes: Buffer): ProxyHeader {
  for (let length = 0; length <= bytes.length; length++) {
    const header = parseProxyHeader(bytes.subarray(0, length));
    if (header.kind !== 'incomplete') return header;
  }
  return { kind: 'incomplete' };
}

function expectHeader(bytes: Buffer, expected: object): void {
  expect(parseProxyHeader(bytes)).toMatchObject(expected);
  expect(readSlowly(bytes)).toEqual(parseProxyHeader(bytes));
}

function from(text: string, sourcePort: number, destinationPort: number) {
  return { kind: 'proxied', source: parseAddress(text), sourcePort, destinationPort };
}

const rest = Buffer.from('GET / HTTP/1.1\r\n');
const longest = `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535`;

describe('M9 version 1', () => {
  test.each([
    { line: 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443', expected: from('192.0.2.1', 56_324, 443) },
    { line: 'PROXY TCP4 0.0.0.0 255.255.255.255 0 65535', expected: from('0.0.0.0', 0, 65_535) },
    { line: 'PROXY TCP6 2001:db8::1 ::1 1 2', expected: from('2001:db8::1', 1, 2) },
    { line: 'PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2', expected: from('192.0.2.1', 1, 2) },
    { line: longest, expected: { kind: 'proxied', bytes: 104 } },
    { line: 'PROXY UNKNOWN', expected: { kind: 'local' } },
    { line: 'PROXY UNKNOWN 10.0.0.1 10.0.0.2 1 2', expected: { kind: 'local' } },
    { line: `PROXY UNKNOWN ${'x'.repeat(91)}`, expected: { kind: 'local', bytes: 107 } },
  ])('$line', ({ line, expected }) => {
    const bytes = proxyV1(line);
    expectHeader(Buffer.concat([bytes, rest]), { bytes: bytes.length, ...expected });
  });

  const malformed = [
    ['PROXY  TCP4 1.2.3.4 1.2.3.4 1 2', 'PROXY TCP4  1.2.3.4 1.2.3.4 1 2', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 '],
    [
      'PROXY TCP4 1.2.3.4 1.2.3.4 1',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3',
      'PROXY TCP4',
      'PROXY ',
      'PROXY TCP5 1 2 3 4',
    ],
    [
      'PROXY TCP4 1.2.3.4 1.2.3.4 65536 1',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1 65536',
      'PROXY TCP4 1.2.3.4 1.2.3.4 01 1',
    ],
    [
      'PROXY TCP4 1.2.3.4 1.2.3.4 +1 1',
      'PROXY TCP4 1.2.3.4 1.2.3.4 0x1 1',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1e1 1',
    ],
    [
      'PROXY TCP4 ::1 ::1 1 2',
      'PROXY TCP6 1.2.3.4 1.2.3.4 1 2',
      'PROXY TCP4 1.2.3.4 ::1 1 2',
      'PROXY TCP6 ::1 1.2.3.4 1 2',
    ],
    [
      'PROXY TCP4 010.0.0.1 1.2.3.4 1 2',
      'PROXY TCP4 0x7f.1 1.2.3.4 1 2',
      'PROXY TCP4 10.1 1.2.3.4 1 2',
      'PROXY TCP4 a 1.2.3.4 1 2',
    ],
    [
      'PROXY TCP6 fe80::1%eth0 ::1 1 2',
      'PROXY TCP6 [::1] ::1 1 2',
      'PROXY UNKNOWNX',
      'PROXY UNIX',
      'proxy TCP4 1.2.3.4 1.2.3.4 1 2',
    ],
    [
      'PROXY tcp4 1.2.3.4 1.2.3.4 1 2',
      'PROXY\tTCP4 1.2.3.4 1.2.3.4 1 2',
      ' PROXY UNKNOWN',
      'GET / HTTP/1.1',
      'PROXYUNKNOWN',
    ],
    [
      'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r',
      'PROXY TCP4 1.2.3.4\r1.2.3.4 1 2',
      'PROXY UNKNOWN a\nb',
      'PROXY UNKNOWN a\rb',
    ],
    [`PROXY UNKNOWN ${'x'.repeat(92)}`, ''],
  ].flat();
  test.each(malformed)('%j is malformed', (line) => {
    expectHeader(Buffer.concat([proxyV1(line), rest]), { kind: 'malformed' });
  });

  test.each(['PROXY UNKNOWN\n', 'PROXY UNKNOWN \n\r\n', `PROXY ${'x'.repeat(101)}`])(
    '%j is malformed',
    (text) => {
      expectHeader(Buffer.from(text), { kind: 'malformed' });
    },
  );
});

describe('M10 version 2', () => {
  const v4 = { source: '192.0.2.1', destination: '192.0.2.2', sourcePort: 56_324, destinationPort: 443 };
  const v6 = { source: '2001:db8::1', destination: '::1', sourcePort: 1, destinationPort: 2 };

  test.each([
    { name: 'IPv4', bytes: proxyV2(v4), expected: from('192.0.2.1', 56_324, 443) },
    { name: 'IPv6', bytes: proxyV2(v6), expected: from('2001:db8::1', 1, 2) },
    {
      name: 'IPv4-mapped',
      bytes: proxyV2({ ...v6, source: '::ffff:10.1.2.3' }),
      expected: from('10.1.2.3', 1, 2),
    },
    {
      name: 'with TLVs',
      bytes: proxyV2(v4, { tail: Buffer.concat([tlv(4, 'noop'), tlv(5, '')]) }),
      expected: from('192.0.2.1', 56_324, 443),
    },
    {
      name: 'LOCAL',
      bytes: proxyV2(undefined, { command: 0x20, family: 0 }),
      expected: { kind: 'local', bytes: 16 },
    },
    {
      name: 'LOCAL with addresses',
      bytes: proxyV2(v4, { command: 0x20 }),
      expected: { kind: 'local', bytes: 28 },
    },
    {
      name: '4 KiB',
      bytes: proxyV2(v4, { tail: tlv(4, 'x'.repeat(4096 - 12 - 3)) }),
      expected: { kind: 'proxied', bytes: 4112 },
    },
  ])('$name', ({ bytes, expected }) => {
    expectHeader(Buffer.concat([bytes, rest]), { bytes: bytes.length, ...expected });
  });

  test.each([
    { name: 'version 1', bytes: proxyV2(v4, { command: 0x11 }) },
    { name: 'version 3', bytes: proxyV2(v4, { command: 0x31 }) },
    { name: 'another command', bytes: proxyV2(v4, { command: 0x22 }) },
    { name: 'UDP', bytes: proxyV2(v4, { family: 0x12 }) },
    { name: 'a UNIX socket', bytes: proxyV2(v4, { family: 0x31, tail: Buffer.alloc(204) }) },
    { name: 'no family', bytes: proxyV2(v4, { family: 0x00 }) },
    { name: 'IPv6 with the length of IPv4', bytes: proxyV2(v4, { family: 0x21 }) },
    { name: 'no addresses', bytes: proxyV2(undefined, { family: 0x11 }) },
    { name: 'more than 4 KiB', bytes: proxyV2(v4, { tail: tlv(4, 'x'.repeat(4096 - 12 - 2)) }) },
    { name: 'a TLV that is cut off', bytes: proxyV2(v4, { tail: tlv(4, 'noop').subarray(0, 5) }) },
    { name: 'half the head of a TLV', bytes: proxyV2(v4, { tail: Buffer.from([4, 0]) }) },
    { name: 'another signature', bytes: Buffer.from('\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0', 'latin1') },
  ])('$name is malformed', ({ bytes }) => {
    expectHeader(Buffer.concat([bytes, rest]), { kind: 'malformed' });
  });

  test('another signature is seen at its first wrong byte', () => {
    expect(parseProxyHeader(Buffer.from('\r\n\r\nX', 'latin1'))).toEqual({ kind: 'malformed' });
  });

  test('a header that is cut off wants more', () => {
    const bytes = proxyV2(v6);
    for (let length = 0; length < bytes.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
  });
});

test('never throws, and asking after each byte gives the same header', () => {
  const words = [
    'PROXY ',
    'TCP4 ',
    'TCP6 ',
    'UNKNOWN',
    '1.2.3.4 ',
    '::1 ',
    '1 ',
    '2',
    ' ',
    '\r\n',
    '\r',
    '\n',
    'G',
  ];
  const signature = '\r\n\r\n\0\r\nQUIT\n';
  const binary = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => signature + Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(fc.oneof(textOf(words, 12), binary, fc.string({ unit: 'binary-ascii' })), (text) => {
      const bytes = Buffer.from(text, 'latin1');
      expect(readSlowly(bytes)).toEqual(parseProxyHeader(bytes));
    }),
    { numRuns: 2000 },
  );
});
