// Certificates of clients as annotations of ingress-nginx demand them, with real TLS clients that have one, another one,
// and none; before `migrate` and after it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, makeClientCertificate, type Pair } from '../support/certificates.ts';
import { runCommand } from '../support/command.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, type Manifest, secret, service, slices, tlsSecret } from '../support/manifest-builders.ts';
import { RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const NGINX = 'nginx.ingress.kubernetes.io';
const DEVICES = { 'auth-tls-secret': 'test/devices' };
type Annotations = Readonly<Record<string, string>>;

/** By name: annotations, and what clients with a certificate, with one of somebody else, and without one get. */
const CASES: readonly (readonly [name: string, Annotations, answers: readonly [number, number, number]])[] = [
  ['demanded', DEVICES, [200, 403, 403]],
  ['required', { ...DEVICES, 'auth-tls-verify-client': 'on', 'auth-tls-verify-depth': '1' }, [200, 403, 403]],
  ['misspelt', { ...DEVICES, 'auth-tls-verify-client': 'true' }, [200, 403, 403]],
  ['optional', { ...DEVICES, 'auth-tls-verify-client': 'optional' }, [200, 200, 200]],
  ['unasked', { ...DEVICES, 'auth-tls-verify-client': 'off' }, [200, 200, 200]],
  ['missing', { 'auth-tls-secret': 'test/missing' }, [403, 403, 403]],
  ['revoking', { 'auth-tls-secret': 'test/revoking' }, [403, 403, 403]],
  ['foreign', { 'auth-tls-secret': 'other/devices' }, [503, 503, 503]],
  ['anybodys', { ...DEVICES, 'auth-tls-verify-client': 'optional_no_ca' }, [503, 503, 503]],
  ['nobodys', { 'auth-tls-verify-client': 'on' }, [503, 503, 503]],
  ['named', { ...DEVICES, 'auth-tls-match-cn': 'CN=phone' }, [503, 503, 503]],
  ['told', { ...DEVICES, 'auth-tls-pass-certificate-to-upstream': 'true' }, [503, 503, 503]],
];
const NAMES = CASES.map(([name]) => name);

const scene = new Scene();
let home = '';
let controller: ControllerProcess;
let device: Pair;
let stranger: Pair;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'client-certificates-'));
  const [authority, other] = await Promise.all([makeCertificate('devices'), makeCertificate('others')]);
  device = await makeClientCertificate('phone', authority);
  stranger = await makeClientCertificate('phone', other);
  const { port } = await scene.node('node');
  controller = await scene.controller({
    objects: [
      service('mattermost'),
      ...slices('mattermost', [{ name: 'node', port }]),
      tlsSecret('tls', await makeCertificate(...NAMES.map(hostOf))),
      secret('devices', { 'ca.crt': authority.certificate }),
      secret('revoking', { 'ca.crt': authority.certificate, 'ca.crl': '' }),
    ],
  });
  // In one file: of two the first one alone may be what is served first.
  controller.write('ingresses.yaml', `${whole()}\n---\n${manifest(ingress('plain', DEVICES, {}))}`);
  await controller.settled();
});
afterAll(async () => {
  await scene.end();
  rmSync(home, { recursive: true, force: true });
});

function ingress(
  name: string,
  annotations: Annotations,
  tls: Manifest = { tls: [{ hosts: [hostOf(name)], secretName: 'tls' }] },
): Manifest {
  const keys = Object.entries(annotations).map(([key, value]) => [`${NGINX}/${key}`, value]);
  const backend = { service: { name: 'mattermost', port: { number: 8065 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'test', annotations: Object.fromEntries(keys) },
    spec: {
      ingressClassName: 'mattermost',
      ...tls,
      rules: [{ host: hostOf(name), http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

/** As JSON, since `on` and `off` without quotes are no texts in every YAML. */
function manifest(...objects: readonly Manifest[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

function whole(): string {
  return manifest(...CASES.map(([name, annotations]) => ingress(name, annotations)));
}

/** The status that a client gets that shows this certificate. */
async function statusOf(name: string, identity: Pair | undefined): Promise<number> {
  const serverName = hostOf(name);
  const connection = new RawConnection({ ...controller.raw({ serverName }), identity });
  connection.send(requestText('GET /', serverName, { Connection: 'close' }));
  const head = await connection.until((text) => text.includes('\r\n\r\n'));
  connection.socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/u.exec(head)?.[1]);
}

async function answersOf(name: string): Promise<readonly number[]> {
  return Promise.all([device, stranger, undefined].map((identity) => statusOf(name, identity)));
}

describe('an Ingress with annotations', () => {
  test.each(CASES)(
    '%s %j: with a certificate, one of somebody else, and none %j',
    async (name, _, answers) => {
      expect(await answersOf(name)).toEqual(answers);
    },
  );

  test('is not served without TLS, where nobody could show a certificate', async () => {
    expect((await controller.get(hostOf('plain'), '/')).status).toBe(503);
  });
});

test('what migrate makes of them lets nobody else in when they are gone', async () => {
  const { out } = await runCommand(['migrate', '-'], { home, input: whole() });
  controller.write('ingresses.yaml', `${out}\n---\n${manifest(...NAMES.map((name) => ingress(name, {})))}`);
  await controller.settled();
  for (const [name, , answers] of CASES) {
    // The policy of what was closed refuses everybody, in place of the annotation.
    const expected = answers.map((status) => (status === 503 ? 403 : status));
    expect([name, ...(await answersOf(name))]).toEqual([name, ...expected]);
  }
});
