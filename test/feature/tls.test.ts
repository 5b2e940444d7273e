// TLS towards clients: which certificate, which version, which site; and certificates that change while all goes on.
import { randomBytes, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pair, makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, type Manifest, site, tlsSecret, yamlOf } from '../support/manifest-builders.ts';
import { exchangeRaw, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { type Handshake, type HandshakeOptions, shakeHands, TLS_1_1 } from '../support/tls-client.ts';

const scene = new Scene();
let controller: ControllerProcess;
let pairs: Readonly<Record<'red' | 'blue' | 'old' | 'strict' | 'fallback', Pair>>;
let port = 0;

beforeAll(async () => {
  const [node, red, blue, old, strict, fallback] = await Promise.all([
    scene.node('node'),
    makeCertificate(hostOf('red')),
    makeCertificate(hostOf('blue')),
    makeCertificate(hostOf('old')),
    makeCertificate(hostOf('strict')),
    makeCertificate('fallback.test'),
  ]);
  port = node.port;
  pairs = { red, blue, old, strict, fallback };
  controller = await scene.controller({
    flags: {
      'legacy-https-port': '0',
      'redirect-https-port': '8443',
      'default-tls-secret': 'test/fallback',
    },
    objects: [
      ...secured('red', red),
      ...secured('blue', blue),
      ...secured('old', old, { client: { tls: { minVersion: '1.1' } } }),
      ...secured('strict', strict, {}, { redirectHTTP: false }),
      ...site('open', [{ name: 'node', port }]),
      tlsSecret('fallback', fallback),
    ],
  });
});
afterAll(() => scene.end());

function secured(name: string, pair: Pair, parts: Manifest = {}, tls: Manifest = {}): readonly Manifest[] {
  return [
    ...site(name, [{ name: 'node', port }], { route: { tls: { secretName: name, ...tls } }, ...parts }),
    tlsSecret(name, pair),
  ];
}

function hello(servername: string, options: Partial<HandshakeOptions> = {}): Promise<Handshake> {
  return shakeHands({ port: controller.port('https'), servername, ...options });
}

function pem({ certificate }: Pair): string {
  return new X509Certificate(certificate).toString();
}

describe('certificates', () => {
  test.each(['red', 'blue'] as const)('%s has its own by SNI', async (name) => {
    const { certificate, answer } = await hello(hostOf(name));
    expect(certificate).toBe(pem(pairs[name]));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test.each([
    ['in other case', 'RED.Example.Com'],
    ['with a dot at its end', 'red.example.com.'],
  ])('SNI %s is the same name', async (_, servername) => {
    expect((await hello(servername)).certificate).toBe(pem(pairs.red));
  });

  test.each([
    ['an unknown name', 'nowhere.test'],
    ['a site without TLS', 'open.example.com'],
    ['no name', ''],
  ])('%s: the certificate of --default-tls-secret', async (_, servername) => {
    expect((await hello(servername)).certificate).toBe(pem(pairs.fallback));
  });

  test('a verified request gets through with all the checks a client makes', async () => {
    const reply = await controller.get(hostOf('red'), '/', { ca: pairs.red.certificate });
    expect([reply.status, reply.node]).toEqual([200, 'node']);
    await expect(controller.get(hostOf('red'), '/', { ca: pairs.blue.certificate })).rejects.toThrow(
      /self-signed/,
    );
  });
});

describe('a certificate that changes', () => {
  test('is replaced under load without a failed handshake; a connection goes on with the one it has', async () => {
    const first = await makeCertificate(hostOf('renewed'));
    await controller.apply('renewed.yaml', ...secured('renewed', first));
    const long = await controller.open(hostOf('renewed'), { ca: first.certificate });
    const given = new Set([pem(first)]);
    const seen = new Set<string>();
    let isOver = false;
    let handshakes = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const { certificate, answer } = await hello(hostOf('renewed'));
        expect(answer).toMatch(/^HTTP\/1\.1 200 /);
        seen.add(certificate);
        handshakes++;
      }
    });
    for (let round = 0; round < 8; round++) {
      const next = await makeCertificate(hostOf('renewed'));
      given.add(pem(next));
      await controller.apply('renewed.yaml', ...secured('renewed', next));
      expect((await hello(hostOf('renewed'))).certificate).toBe(pem(next));
    }
    // However few there were beside the changes.
    await eventually(() => expect(handshakes).toBeGreaterThan(20));
    isOver = true;
    await Promise.all(load);
    expect([...seen].filter((certificate) => !given.has(certificate))).toEqual([]);
    expect(long.socket.readyState).toBe(long.socket.OPEN);
    long.socket.terminate();
  });

  test.each([
    ['is unreadable', () => [tlsSecret('kept', { certificate: 'rubbish', key: 'rubbish' })], 'SecretInvalid'],
    [
      'has the key of another',
      () => [tlsSecret('kept', { certificate: pairs.red.certificate, key: pairs.blue.key })],
      'SecretInvalid',
    ],
    ['is gone', () => [], 'SecretNotFound'],
  ])('and %s: the last good one stays', async (_, broken, reason) => {
    const good = await makeCertificate(hostOf('kept'));
    await controller.apply('kept.yaml', ...secured('kept', good));
    const policy = secured('kept', good).slice(0, -1);
    const mark = controller.log.all.length;
    // Nothing that is served changes: there is no generation to wait for.
    controller.write('kept.yaml', yamlOf(...policy, ...broken()));
    const line = await controller.logged(
      (each) => each['reason'] === reason && String(each['msg']).includes('test/kept'),
      mark,
    );
    expect(line['msg']).toContain('the last good certificate stays in use');
    expect((await hello(hostOf('kept'))).certificate).toBe(pem(good));
  });
});

describe('versions', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async (version) => {
    const { protocol } = await hello(hostOf('red'), { minVersion: version, maxVersion: version });
    expect(protocol).toBe(version);
  });

  test.each(['red', 'old'])('TLS 1.1 is refused by the ordinary listener, for %s too', async (name) => {
    await expect(hello(hostOf(name), TLS_1_1)).rejects.toThrow(/protocol version/);
  });

  test('TLS 1.1 is spoken by the legacy listener where the policy of the host allows it', async () => {
    const legacy = { ...TLS_1_1, port: controller.port('legacyHttps') };
    const { protocol, answer } = await hello(hostOf('old'), legacy);
    expect(protocol).toBe('TLSv1.1');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('TLS 1.1 is refused by the legacy listener where the policy says 1.2', async () => {
    const legacy = { ...TLS_1_1, port: controller.port('legacyHttps') };
    const refused = async () => (await hello(hostOf('red'), legacy)).answer;
    // OpenSSL knows no version by host: the handshake is completed and the connection ended without a word.
    expect(await refused().catch(() => '')).toBe('');
    const { answer } = await hello(hostOf('red'), { port: controller.port('legacyHttps') });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('tls_handshakes_total', { version: '1.1', result: 'refused' })).toBe(1),
    );
  });

  test('TLS 1.1 for a name without a site gets no answer of any site', async () => {
    const legacy = { ...TLS_1_1, port: controller.port('legacyHttps'), servername: 'nowhere.test' };
    const answer = await shakeHands(legacy, hostOf('red')).then(
      (handshake) => handshake.answer,
      () => '',
    );
    expect(answer).not.toMatch(/^HTTP\/1\.1 200/);
  });
});

describe('SNI and Host', () => {
  test.each([
    ['another site with TLS', 'red.example.com', 'blue.example.com'],
    ['a site without TLS', 'red.example.com', 'open.example.com'],
    ['a site with TLS, without SNI', '', 'red.example.com'],
    ['a site with TLS, under an unknown name', 'nowhere.test', 'red.example.com'],
  ])('Host is %s: 421 and the end of the connection', async (_, servername, host) => {
    const { answer } = await shakeHands({ port: controller.port('https'), servername }, host);
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer.toLowerCase()).not.toContain('x-demo-node');
  });

  test('a site without TLS answers over TLS under its own name', async () => {
    expect((await hello('open.example.com')).answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('--unknown-tls-names refuse: no handshake for them', async () => {
    const refusing = await scene.controller({
      flags: { 'unknown-tls-names': 'refuse' },
      objects: secured('red', pairs.red),
    });
    const at = { port: refusing.port('https') };
    await expect(shakeHands({ ...at, servername: 'nowhere.test' })).rejects.toThrow();
    expect((await shakeHands({ ...at, servername: hostOf('red') })).answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('sessions', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: resumed by all workers', async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    const { session, isResumed } = await hello(hostOf('red'), versions);
    expect(isResumed).toBe(false);
    if (session === undefined) throw new Error('The server gave no session');
    const again = await Promise.all(
      Array.from({ length: 24 }, () => hello(hostOf('red'), { ...versions, session })),
    );
    expect(again.map((handshake) => handshake.isResumed)).toEqual(Array(24).fill(true));
    const answers = again.map(({ answer }) => answer.split('\r\n')[0]);
    expect(answers).toEqual(Array(24).fill('HTTP/1.1 200 OK'));
  });

  test('are resumed by another process with the same --ticket-key-file, and by no other', async () => {
    const file = join(controller.folder, 'tickets');
    writeFileSync(file, randomBytes(48));
    const objects = secured('red', pairs.red);
    const [one, same, other] = await Promise.all([
      scene.controller({ flags: { 'ticket-key-file': file }, objects }),
      scene.controller({ flags: { 'ticket-key-file': file }, objects }),
      scene.controller({ objects }),
    ]);
    const at = (replica: ControllerProcess) => ({
      port: replica.port('https'),
      servername: hostOf('red'),
    });
    const { session } = await shakeHands(at(one));
    if (session === undefined) throw new Error('The server gave no session');
    expect((await shakeHands({ ...at(same), session })).isResumed).toBe(true);
    expect((await shakeHands({ ...at(other), session })).isResumed).toBe(false);
  });
});

describe('plain HTTP of a site with TLS', () => {
  test.each([
    ['GET', '/'],
    ['POST', '/api/v4/posts?x=%2F&y=1'],
  ])('%s %s is redirected: 308', async (method, path) => {
    const reply = await controller.get(hostOf('red'), path, {
      method,
      headers: { Host: 'RED.example.com:80' },
    });
    expect([reply.status, reply.headers.location]).toEqual([308, `https://red.example.com:8443${path}`]);
    expect(reply.node).toBe('');
  });

  test('redirectHTTP false: 404, as if there were no site', async () => {
    const { text } = await exchangeRaw(
      controller.raw(),
      requestText('GET /', hostOf('strict'), { Connection: 'close' }),
    );
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text.toLowerCase()).not.toContain('location:');
  });
});
