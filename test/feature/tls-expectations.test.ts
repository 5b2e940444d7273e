// What somebody who scans the TLS of a port may find: versions, suites, their order, forward secrecy, chains.
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import { ALERT, EXTENSION, type Hello, preferredSuites, sayHello, VERSION } from '../support/client-hello.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { exchangeRaw, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

/** Every suite that was ever given a number for TLS up to 1.2. */
const ALL_SUITES: readonly number[] = [
  ...range(0x0001, 0x00c7),
  ...range(0xc001, 0xc0ff),
  ...range(0xcca8, 0xccae),
];

const ECDSA = { gcm128: 0xc02b, gcm256: 0xc02c, chacha: 0xcca9, cbc128: 0xc009, cbc256: 0xc00a } as const;
const RSA = { gcm128: 0xc02f, gcm256: 0xc030, chacha: 0xcca8 } as const;
const FALLBACK = 0x5600;

const scene = new Scene();
let controller: ControllerProcess;
let chain: readonly string[];

beforeAll(async () => {
  const node = await scene.node('node');
  const [ec, rsa, chained] = await Promise.all([
    makeCertificate(hostOf('ec')),
    makeRsa(hostOf('rsa')),
    makeChain(hostOf('chained')),
  ]);
  chain = chained.certificate.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
  const place = { name: 'node', port: node.port };
  const secured = (name: string, minVersion?: string) =>
    site(name, [place], {
      route: { tls: { secretName: name } },
      ...(minVersion === undefined ? {} : { client: { tls: { minVersion } } }),
    });
  controller = await scene.controller({
    flags: { 'legacy-https-port': '0' },
    objects: [
      ...secured('ec', '1.1'),
      ...secured('rsa'),
      ...secured('chained'),
      tlsSecret('ec', ec),
      tlsSecret('rsa', rsa),
      tlsSecret('chained', chained),
    ],
  });
});
afterAll(() => scene.end());

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

async function makeRsa(name: string): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { certificate: made.cert, key: made.private };
}

/** A certificate with the one that signed it behind it. */
async function makeChain(name: string): Promise<Pair> {
  const issuer = await makeCertificate('an intermediate');
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: issuer.key, cert: issuer.certificate },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { certificate: `${made.cert.trim()}\n${issuer.certificate}`, key: made.private };
}

type Listener = 'https' | 'legacyHttps';

function hello(change: Partial<Hello> = {}): Hello {
  return { version: VERSION.tls12, suites: ALL_SUITES, servername: hostOf('ec'), ...change };
}

describe('versions', () => {
  test.each<[string, Listener, number]>([
    ['SSL 3.0', 'https', VERSION.ssl3],
    ['TLS 1.0', 'https', VERSION.tls10],
    ['TLS 1.1', 'https', VERSION.tls11],
    ['SSL 3.0', 'legacyHttps', VERSION.ssl3],
    ['TLS 1.0', 'legacyHttps', VERSION.tls10],
  ])('%s is not spoken by %s', async (_, listener, version) => {
    const words = await sayHello(controller.port(listener), hello({ version }));
    // OpenSSL takes the one before TLS for a hello that is broken.
    const code = version === VERSION.ssl3 ? ALERT.handshakeFailure : ALERT.protocolVersion;
    expect(words).toEqual({ kind: 'alert', code });
  });

  test.each<[string, Listener, number]>([
    ['TLS 1.2', 'https', VERSION.tls12],
    ['TLS 1.1', 'legacyHttps', VERSION.tls11],
    ['TLS 1.2', 'legacyHttps', VERSION.tls12],
  ])('%s is spoken by %s', async (_, listener, version) => {
    expect(await sayHello(controller.port(listener), hello({ version }))).toMatchObject({
      kind: 'hello',
      version,
    });
  });

  test('who falls back to TLS 1.1 without need is told so', async () => {
    const words = await sayHello(
      controller.port('legacyHttps'),
      hello({ version: VERSION.tls11, suites: [...ALL_SUITES, FALLBACK] }),
    );
    expect(words).toEqual({ kind: 'alert', code: ALERT.inappropriateFallback });
  });
});

describe('suites, in our order', () => {
  const { gcm128, gcm256, chacha, cbc128, cbc256 } = ECDSA;
  test.each<
    Omit<Hello, 'servername'> & { readonly what: string; readonly listener: Listener; readonly name: string }
  >([
    {
      what: 'an ECDSA key',
      listener: 'https',
      version: VERSION.tls12,
      name: 'ec',
      suites: [gcm128, gcm256, chacha],
    },
    {
      what: 'an RSA key',
      listener: 'https',
      version: VERSION.tls12,
      name: 'rsa',
      suites: [RSA.gcm128, RSA.gcm256, RSA.chacha],
    },
    {
      what: 'TLS 1.1',
      listener: 'legacyHttps',
      version: VERSION.tls11,
      name: 'ec',
      suites: [cbc128, cbc256],
    },
    {
      what: 'TLS 1.2',
      listener: 'legacyHttps',
      version: VERSION.tls12,
      name: 'ec',
      suites: [gcm128, gcm256, chacha, cbc128, cbc256],
    },
  ])('with $what, port $listener', async ({ listener, version, name, suites }) => {
    const port = controller.port(listener);
    const servername = hostOf(name);
    expect(await preferredSuites(port, hello({ version, servername }))).toEqual(suites);
    // Whoever puts ChaCha20 first is another matter.
    const reversed = [ECDSA.gcm256, RSA.gcm256, ...ALL_SUITES.toReversed()];
    expect(await preferredSuites(port, hello({ version, servername, suites: reversed }))).toEqual(suites);
  });

  test.each([
    ['without encryption', [0x0001, 0x0002, 0x003b, 0xc006, 0xc010]],
    [
      'without a certificate',
      [0x0018, 0x001b, 0x0034, 0x003a, 0x006c, 0x006d, 0x00a6, 0x00a7, ...range(0xc015, 0xc019)],
    ],
    ['for export', [0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0017, 0x0019]],
    ['with RC4', [0x0004, 0x0005, 0x0018, 0xc002, 0xc007, 0xc00c, 0xc011, 0xc016]],
    [
      'with DES and 3DES',
      [0x0009, 0x000a, 0x000c, 0x000d, 0x000f, 0x0010, 0x0012, 0x0013, 0x0015, 0x0016, 0xc008, 0xc012],
    ],
    [
      'without forward secrecy',
      [0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d, 0xc004, 0xc005, 0xc02d, 0xc02e],
    ],
    [
      'with CBC',
      [0x0033, 0x0039, 0x0067, 0x006b, 0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028],
    ],
    ['with finite fields', [0x0033, 0x0039, 0x009e, 0x009f, 0xccaa]],
    [
      'with keys of their own',
      [...range(0x008a, 0x0095), ...range(0x00a8, 0x00b9), ...range(0xc01a, 0xc022)],
    ],
  ])('none %s', async (_, suites) => {
    for (const name of ['ec', 'rsa']) {
      const words = await sayHello(controller.port('https'), hello({ suites, servername: hostOf(name) }));
      expect(words).toEqual({ kind: 'alert', code: ALERT.handshakeFailure });
    }
  });

  test('a client that prefers ChaCha20, having no AES of its own, gets it', async () => {
    const suites = [ECDSA.chacha, ECDSA.gcm128, ECDSA.gcm256];
    expect(await sayHello(controller.port('https'), hello({ suites }))).toMatchObject({
      suite: ECDSA.chacha,
    });
  });

  test.each(['ec', 'rsa'])('each has a key of the session alone: %s', async (name) => {
    const port = controller.port('https');
    const servername = hostOf(name);
    const suites = await preferredSuites(port, hello({ servername }));
    const words = await Promise.all(
      suites.map((suite) => sayHello(port, hello({ servername, suites: [suite] }))),
    );
    expect(words.map((each) => each.kind === 'hello' && each.hasKeyExchange)).toEqual([true, true, true]);
  });

  test('of TLS 1.3 all three, the cheapest first', async () => {
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
    const chosen = (offered: readonly string[]) =>
      inTls({ ciphers: offered.join(':') }, (socket) => socket.getCipher().name);
    for (const suite of suites) expect(await chosen([suite])).toBe(suite);
    expect(await chosen([suites[1] ?? '', suites[0] ?? '', suites[2] ?? ''])).toBe(suites[0]);
  });
});

describe('a handshake', () => {
  test('has no compression and no heartbeat, but a tied renegotiation and an extended master secret', async () => {
    const words = await sayHello(controller.port('https'), hello({ compressions: [1, 64] }));
    if (words.kind !== 'hello') throw new Error('No hello came back');
    expect(words.compression).toBe(0);
    expect(words.extensions).toContain(EXTENSION.renegotiationInfo);
    expect(words.extensions).toContain(EXTENSION.extendedMasterSecret);
    expect(words.extensions).not.toContain(EXTENSION.heartbeat);
  });

  test('shows the chain of the Secret in its order, and nothing else', async () => {
    const words = await sayHello(controller.port('https'), hello({ servername: hostOf('chained') }));
    if (words.kind !== 'hello') throw new Error('No hello came back');
    expect(chain).toHaveLength(2);
    expect(words.certificates.map((der) => new X509Certificate(der).toString().trim())).toEqual(
      chain.map((pem) => new X509Certificate(pem).toString().trim()),
    );
  });

  test.each([1, 7, 60, 200])('reads a name that comes in records of %i bytes', async (recordBytes) => {
    const words = await sayHello(
      controller.port('https'),
      hello({ servername: hostOf('chained'), recordBytes }),
    );
    if (words.kind !== 'hello') throw new Error('No hello came back');
    const [leaf = Buffer.alloc(0)] = words.certificates;
    expect(new X509Certificate(leaf).checkHost(hostOf('chained'))).toBe(hostOf('chained'));
  });

  test('S6 is not repeated for a client that asks for another one', async () => {
    const outcome = await inTls(
      { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
      (socket) =>
        new Promise<string>((resolve) => {
          socket.on('error', (error) => resolve(error.message));
          socket.renegotiate({}, (error) => resolve(error?.message ?? 'done'));
        }),
    );
    expect(outcome).toMatch(/no renegotiation|renegotiat/i);
  });

  test('S9 is not begun by a request in clear, which gets no answer', async () => {
    const request = requestText('GET /', hostOf('ec'));
    const { text } = await exchangeRaw({ port: controller.port('https') }, request);
    expect(text).not.toMatch(/HTTP\//);
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('tls_handshakes_total', { result: 'failed' })).toBeGreaterThan(0),
    );
  });
});

type TlsOptions = {
  readonly ciphers?: string;
  readonly minVersion?: 'TLSv1.2';
  readonly maxVersion?: 'TLSv1.2';
};

async function inTls<Result>(
  options: TlsOptions,
  act: (socket: TLSSocket) => Result | Promise<Result>,
): Promise<Result> {
  const place = { port: controller.port('https'), host: '127.0.0.1', servername: hostOf('ec') };
  const socket = connect({ ...place, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  try {
    return await act(socket);
  } finally {
    socket.destroy();
  }
}
