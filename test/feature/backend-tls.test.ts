// TLS towards the nodes: verified by authority and name, or not at all; with a certificate of ours where they ask for one.
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, type Manifest, secret, site, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const NAME = 'mattermost.internal';

const scene = new Scene();
let controller: ControllerProcess;
let node: MattermostNode;
let nodePair: Pair;
let stranger: Pair;

beforeAll(async () => {
  [nodePair, stranger] = await Promise.all([makeCertificate(NAME), makeCertificate(NAME)]);
  node = await scene.node('secure', { tls: { key: nodePair.key, cert: nodePair.certificate } });
  controller = await scene.controller({
    objects: [
      secret('right-ca', { 'ca.crt': nodePair.certificate }),
      secret('wrong-ca', { 'ca.crt': stranger.certificate }),
      tlsSecret('client', stranger),
    ],
  });
});
afterAll(() => scene.end());

async function serve(name: string, port: number, tls: Manifest): Promise<void> {
  await controller.apply(`${name}.yaml`, ...site(name, [{ name: 'secure', port }], { backend: { tls } }));
}

const verify = (ca: string, more: Manifest = {}): Manifest => ({
  mode: 'Verify',
  caRef: { kind: 'Secret', name: ca },
  serverName: NAME,
  ...more,
});

describe('a node that shows the right certificate', () => {
  test.each<[string, Manifest]>([
    ['verify', verify('right-ca')],
    ['verify-new', verify('right-ca', { minVersion: '1.3' })],
    ['insecure', { mode: 'InsecureSkipVerify' }],
  ])('%s: requests and WebSockets pass', async (name, tls) => {
    await serve(name, node.port, tls);
    for (let round = 0; round < 3; round++) {
      expect((await controller.get(hostOf(name), '/')).node).toBe('secure');
    }
    const talk = await controller.open(hostOf(name));
    expect(talk.node).toBe('secure');
    talk.socket.terminate();
  });
});

describe('a node that is not who it should be', () => {
  test.each<[string, Manifest]>([
    ['another-authority', verify('wrong-ca')],
    ['another-name', verify('right-ca', { serverName: 'other.internal' })],
    ['the-default-name', verify('right-ca', { serverName: undefined })],
    ['no-authority-of-ours', { mode: 'Verify', serverName: NAME }],
  ])('%s: 502, and it hears of no request', async (name, tls) => {
    await serve(name, node.port, tls);
    const before = node.requests;
    const reply = await controller.get(hostOf(name), '/', {
      method: 'POST',
      body: 'for the right one only',
      headers: { 'X-Request-ID': name },
    });
    expect([reply.status, node.requests]).toEqual([502, before]);
    expect(await controller.logged({ requestId: name })).toMatchObject({ reason: 'tls-failed' });
    await expect(controller.open(hostOf(name))).rejects.toThrow(/502/);
  });

  test('speaks plain HTTP: 502', async () => {
    const [plain] = await scene.nodes('plain');
    await serve('plain', plain?.port ?? 0, { mode: 'InsecureSkipVerify' });
    expect((await controller.get(hostOf('plain'), '/')).status).toBe(502);
    expect(plain?.requests).toBe(0);
  });

  test('is not reached at all while the authority is missing: 503', async () => {
    const before = node.requests;
    await serve('missing', node.port, verify('no-such-secret'));
    expect((await controller.get(hostOf('missing'), '/')).status).toBe(503);
    expect(node.requests).toBe(before);
    const line = await controller.logged({ reason: 'SecretNotFound', field: 'spec.backend.tls.caRef' });
    expect(line['msg']).toContain('no-such-secret');
  });

  test('an authority that is replaced holds for new requests, whatever was pooled before', async () => {
    const objects = (pair: Pair) => [
      ...site('rotated', [{ name: 'secure', port: node.port }], { backend: { tls: verify('rotated-ca') } }),
      secret('rotated-ca', { 'ca.crt': pair.certificate }),
    ];
    await controller.apply('rotated.yaml', ...objects(nodePair));
    expect((await controller.get(hostOf('rotated'), '/')).status).toBe(200);
    await controller.apply('rotated.yaml', ...objects(stranger));
    for (let round = 0; round < 6; round++) {
      expect((await controller.get(hostOf('rotated'), '/')).status).toBe(502);
    }
  });
});

describe('a node that asks for a certificate', () => {
  async function startAsking(): Promise<{ readonly port: number; readonly shown: readonly string[] }> {
    const shown: string[] = [];
    const server: Server = createServer(
      {
        key: nodePair.key,
        cert: nodePair.certificate,
        ca: stranger.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const socket = request.socket as TLSSocket;
        shown.push(socket.getPeerX509Certificate()?.toString() ?? 'nothing');
        response.statusCode = socket.authorized ? 200 : 401;
        response.end();
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scene.add({
      stop: () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    });
    return { port: (server.address() as AddressInfo).port, shown };
  }

  test('gets that of clientCertificateRef, and none without', async () => {
    const { port, shown } = await startAsking();
    await serve('with', port, verify('right-ca', { clientCertificateRef: { name: 'client' } }));
    await serve('without', port, verify('right-ca'));
    expect((await controller.get(hostOf('with'), '/')).status).toBe(200);
    expect((await controller.get(hostOf('without'), '/')).status).toBe(401);
    expect(shown.map((text) => text.replace(/\s/g, ''))).toEqual([
      stranger.certificate.replace(/\s/g, ''),
      'nothing',
    ]);
  });
});

test('a backend reached without verification is warned about', async () => {
  await serve('warned', node.port, { mode: 'InsecureSkipVerify' });
  const object = { kind: 'MattermostIngressPolicy', namespace: 'test', name: 'warned' };
  expect(await controller.logged({ object, reason: 'BackendUnverified' })).toMatchObject({ level: 40 });
});
