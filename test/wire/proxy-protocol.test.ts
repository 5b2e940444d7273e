// Who a client is: PROXY headers on a real listener (rows M8 to M10) and trusted proxies (rows M1 to M7).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSite, site, backend, endpoint } from '../../src/decide/test-objects.ts';
import { makeCertificate } from '../support/certificates.ts';
import { allCuts, singleBytes } from '../support/cuts.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { proxyV1, proxyV2 } from '../support/proxy-headers.ts';
import { RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { connect as connectTls } from 'node:tls';
import { get } from './rows.ts';
import { WireScene } from './scene.ts';

const FROM = {
  source: '203.0.113.7',
  destination: '198.51.100.1',
  sourcePort: 40_000,
  destinationPort: 8443,
};
const V1 = proxyV1('PROXY TCP4 203.0.113.7 198.51.100.1 40000 8443');
const V2 = proxyV2(FROM);

/** The value of a field of the only request that reached the backend. */
function forwarded({ requests }: RecordingBackend, name: string): string | undefined {
  expect(requests).toHaveLength(1);
  return new RegExp(`^${name}: (.*)$`, 'm').exec(requests[0]?.head ?? '')?.[1];
}

describe('with PROXY headers', () => {
  let scene: WireScene;

  beforeAll(async () => {
    scene = await WireScene.start({ proxyProtocolFrom: ['127.0.0.0/8'] });
  });
  beforeEach(() => scene.reset());
  afterAll(() => scene.end());

  const good = [
    { name: 'version 1', header: V1, address: '203.0.113.7', port: '8443' },
    {
      name: 'version 1 of IPv6',
      header: proxyV1('PROXY TCP6 2001:db8::7 ::1 1 2'),
      address: '2001:db8::7',
      port: '2',
    },
    { name: 'version 2', header: V2, address: '203.0.113.7', port: '8443' },
    {
      name: 'version 2 of IPv6',
      header: proxyV2({ ...FROM, source: '2001:db8::7', destination: '::1' }),
      address: '2001:db8::7',
      port: '8443',
    },
    {
      name: 'version 2 of an IPv4-mapped address',
      header: proxyV2({ ...FROM, source: '::ffff:203.0.113.7', destination: '::1' }),
      address: '203.0.113.7',
      port: '8443',
    },
  ];

  test.each(good)('M9 M10 $name names the client', async ({ header, address, port }) => {
    const client = await scene.client();
    client.send(Buffer.concat([header, Buffer.from(get('X-Forwarded-For: 10.0.0.1'))]));
    await client.until((text) => text.endsWith('ok'));
    expect(forwarded(scene.backend, 'X-Forwarded-For')).toBe(address);
    expect(forwarded(scene.backend, 'X-Real-IP')).toBe(address);
    expect(forwarded(scene.backend, 'X-Forwarded-Port')).toBe(port);
    expect(scene.plane.records).toMatchObject([{ client: address }]);
  });

  test.each([
    { name: 'UNKNOWN', header: proxyV1('PROXY UNKNOWN 203.0.113.7 203.0.113.8 1 2') },
    { name: 'LOCAL', header: proxyV2(FROM, { command: 0x20 }) },
  ])('M9 M10 $name leaves the peer of the socket', async ({ header }) => {
    const client = await scene.client();
    client.send(Buffer.concat([header, Buffer.from(get())]));
    await client.until((text) => text.endsWith('ok'));
    expect(forwarded(scene.backend, 'X-Forwarded-For')).toBe('127.0.0.1');
    expect(forwarded(scene.backend, 'X-Forwarded-Port')).toBe(String(scene.plane.httpPort));
  });

  test.each([
    { name: 'version 1', header: V1 },
    { name: 'version 2', header: V2 },
  ])('M10 $name is read however it is cut', async ({ header }) => {
    const bytes = Buffer.concat([header, Buffer.from(get())]);
    const cuts = [singleBytes(bytes), ...allCuts(bytes).slice(0, header.length + 5)];
    for (const pieces of cuts) {
      const client = await scene.client();
      await client.sendPieces(pieces);
      await client.until((text) => text.endsWith('ok'));
      client.destroy();
    }
    const heads = scene.backend.requests.map(({ head }) => head);
    expect(heads).toHaveLength(cuts.length);
    expect(new Set(heads).size).toBe(1);
    expect(heads[0]).toContain('X-Forwarded-For: 203.0.113.7\r\n');
  });

  test.each([
    { name: 'M8 no header', bytes: get() },
    { name: 'M8 bytes of TLS', bytes: '\x16\x03\x01\x02\0\x01' },
    { name: 'M9 another family', bytes: 'PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n' },
    { name: 'M9 two spaces', bytes: 'PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n' },
    { name: 'M9 a lone LF', bytes: 'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n' },
    { name: 'M9 too long', bytes: `PROXY TCP4 ${'1'.repeat(120)}` },
    { name: 'M10 another command', bytes: proxyV2(FROM, { command: 0x2f }).toString('latin1') },
    { name: 'M10 another family', bytes: proxyV2(FROM, { family: 0x12 }).toString('latin1') },
    { name: 'M10 a short header', bytes: proxyV2(undefined, { family: 0x11 }).toString('latin1') },
    { name: 'M10 a long header', bytes: proxyV2(FROM, { tail: Buffer.alloc(5000) }).toString('latin1') },
  ])('$name closes the connection without a word', async ({ bytes }) => {
    const client = await scene.client();
    client.send(bytes);
    client.send(get());
    await client.ended();
    expect(client.text).toBe('');
    expect(scene.backend.connections).toEqual([]);
    expect(scene.plane.records).toEqual([]);
  });

  test.each([
    { name: 'version 1', second: V1 },
    { name: 'version 2', second: V2 },
  ])('M10 a second header of $name is no request', async ({ second }) => {
    const client = await scene.client();
    client.send(Buffer.concat([V1, second, Buffer.from(get())]));
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([400]);
    expect(scene.backend.connections).toEqual([]);
  });

  test('a header has 5 seconds', async () => {
    const client = await scene.client();
    client.send(V2.subarray(0, 20));
    await scene.plane.advance(4_800);
    expect(client.ending).toBeUndefined();
    await scene.plane.advance(400);
    await client.ended();
    expect(client.text).toBe('');
  });

  test('a client that goes before its header is whole leaves nothing behind', async () => {
    const client = await scene.client();
    client.send(V2.subarray(0, 20));
    await turns();
    client.socket.end();
    await scene.plane.advance(6_000);
    await client.ended();
    expect(client.text).toBe('');
  });
});

test('M8 a header of others is a malformed request', async () => {
  const scene = await WireScene.start({ proxyProtocolFrom: ['10.0.0.0/8'] });
  for (const header of [V1, V2]) {
    const client = await scene.client();
    client.send(Buffer.concat([header, Buffer.from(get())]));
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toEqual([400]);
  }
  expect(scene.backend.connections).toEqual([]);
  await scene.end();
});

test('a header comes before TLS', async () => {
  const recorder = await RecordingBackend.start();
  const { certificate, key } = await makeCertificate('a');
  const tls = {
    certificate: 'chat/tls',
    minVersion: '1.2',
    hsts: undefined,
    clientCertificate: undefined,
  } as const;
  const wanted = configuration(
    [site('a', openSite({ tls }))],
    [backend([endpoint('node', { address: '127.0.0.1', port: recorder.port })])],
    [{ key: 'chat/tls', chain: certificate, privateKey: key, notAfterMs: Number.MAX_SAFE_INTEGER }],
  );
  const plane = await TestPlane.start(wanted, { https: true, proxyProtocolFrom: ['127.0.0.0/8'] });
  // The hello behind the header in the same segment, and one that comes later.
  for (const isTogether of [true, false]) {
    const client = await WireClient.connect(plane.httpsPort);
    if (isTogether) client.socket.cork();
    client.send(V2);
    if (!isTogether) await turns();
    client.socket.removeAllListeners('data');
    const secure = connectTls({ socket: client.socket, servername: 'a', rejectUnauthorized: false });
    let text = '';
    secure.on('data', (chunk: Buffer) => (text += chunk.toString()));
    secure.write(get());
    if (isTogether) process.nextTick(() => client.socket.uncork());
    await until(
      () => text.endsWith('ok'),
      () => `the answer; got ${text}`,
    );
    secure.destroy();
  }
  expect(recorder.requests.map(({ head }) => /X-Forwarded-For: .*/.exec(head)?.[0])).toEqual([
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-For: 203.0.113.7',
  ]);
  await recorder.stop();
  await plane.close();
});

describe('with trusted proxies', () => {
  let scene: WireScene;
  let untrusting: WireScene;

  beforeAll(async () => {
    scene = await WireScene.start({ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', '2001:db8:1::/48'] });
    untrusting = await WireScene.start();
  });
  beforeEach(async () => {
    await scene.reset();
    await untrusting.reset();
  });
  afterAll(async () => {
    await scene.end();
    await untrusting.end();
  });

  async function addressSeen(where: WireScene, fields: readonly string[]): Promise<string | undefined> {
    const client = await where.client();
    client.send(get(...fields));
    await client.until((text) => text.endsWith('ok'));
    const address = forwarded(where.backend, 'X-Forwarded-For');
    expect(forwarded(where.backend, 'X-Real-IP')).toBe(address);
    expect(where.backend.text.match(/^X-Forwarded-For/gm)).toHaveLength(1);
    return address;
  }

  test('M1 nobody is trusted who was not named', async () => {
    expect(await addressSeen(untrusting, ['X-Forwarded-For: 203.0.113.9', 'X-Real-IP: 203.0.113.9'])).toBe(
      '127.0.0.1',
    );
  });

  const xff = (value: string) => `X-Forwarded-For: ${value}`;
  test.each([
    { row: 'M2 one hop', fields: [xff('203.0.113.9')], address: '203.0.113.9' },
    {
      row: 'M2 the last untrusted one',
      fields: [xff('1.1.1.1, 203.0.113.9, 10.1.1.1')],
      address: '203.0.113.9',
    },
    { row: 'M2 never the left-most one', fields: [xff('1.1.1.1, 203.0.113.9')], address: '203.0.113.9' },
    {
      row: 'M2 several lines',
      fields: [xff('1.1.1.1'), xff('203.0.113.9'), xff('10.1.1.1')],
      address: '203.0.113.9',
    },
    { row: 'M2 nothing', fields: [], address: '127.0.0.1' },
    { row: 'M2 an empty one', fields: [xff('')], address: '127.0.0.1' },
    { row: 'M2 trusted ones only', fields: [xff('10.2.2.2, 10.1.1.1')], address: '10.2.2.2' },
    { row: 'M2 rubbish ends the walk', fields: [xff('203.0.113.9, rubbish, 10.1.1.1')], address: '10.1.1.1' },
    { row: 'M2 32 tokens', fields: [xff(`203.0.113.9${', 10.1.1.1'.repeat(32)}`)], address: '10.1.1.1' },
    { row: 'M4 IPv6', fields: [xff('2001:db8::9')], address: '2001:db8::9' },
    { row: 'M4 IPv6 in brackets', fields: [xff('[2001:db8::9]')], address: '2001:db8::9' },
    { row: 'M4 IPv4 and port', fields: [xff('203.0.113.9:1234')], address: '203.0.113.9' },
    { row: 'M4 IPv6 and port', fields: [xff('[2001:db8::9]:1234')], address: '2001:db8::9' },
    ...[
      '010.0.0.1',
      '0x7f.1',
      '10.1',
      'fe80::1%eth0',
      'unknown',
      '_hidden',
      '203.0.113.9 x',
      '203.0.113.256',
    ].map((text) => ({
      row: `M4 ${text} is no address`,
      fields: [xff(text)],
      address: '127.0.0.1',
    })),
    { row: 'M5 IPv4-mapped', fields: [xff('203.0.113.9, ::ffff:10.1.2.3')], address: '203.0.113.9' },
    {
      row: 'X3 other fields',
      fields: ['Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9'],
      address: '127.0.0.1',
    },
  ])('$row', async ({ fields, address }) => {
    expect(await addressSeen(scene, fields)).toBe(address);
  });

  test('the scheme of a trusted proxy is believed, that of others is not', async () => {
    await addressSeen(scene, ['X-Forwarded-Proto: https', xff('203.0.113.9')]);
    expect(forwarded(scene.backend, 'X-Forwarded-Proto')).toBe('https');
    expect(forwarded(scene.backend, 'X-Forwarded-Port')).toBe('443');
    await addressSeen(untrusting, ['X-Forwarded-Proto: https']);
    expect(forwarded(untrusting.backend, 'X-Forwarded-Proto')).toBe('http');
  });
});
