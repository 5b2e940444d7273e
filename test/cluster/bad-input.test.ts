// Objects that the API server takes and that cannot be followed: each is told by a condition and by an Event that name
// what is wrong, and the site beside them notices nothing.
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, policy, secret, service, slices, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Cluster } from './harness/cluster.ts';
import type { Draft, Fields } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';
import { sharedCluster } from './harness/shared.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';
import { ingress } from './ingress-manifests.ts';
import { createClass, type OwnClass } from './own-class.ts';
import { says, warns } from './telling.ts';

const PORT = 8065;
const ADDRESS = '10.244.250.1';
/** What the slices of Service `kubernetes` say. */
const API_SERVER = '10.244.250.2';
const PING = '/api/v4/system/ping';

const scene = new Scene();
let cluster: Cluster;
let own: OwnClass;
let controller: ControllerProcess;
let namespace: Namespace;
let traffic: SteadyTraffic;
let stranger: Pair;
let expired: Pair;

type BadInput = {
  /** Of the policy, and of the Service behind it. */
  readonly name: string;
  readonly title: string;
  /** Parts of the policy. */
  readonly parts?: Fields;
  readonly objects?: () => readonly Draft[];
  readonly condition: string;
  readonly reason: string;
  /** What the message says. */
  readonly says: RegExp;
  /** Of a plain request. */
  readonly status: number;
};

/** TLS and its redirect go on with the certificate for clients that name no host. */
const TLS = { parts: { route: { tls: { secretName: 'of-the-test' } } }, status: 308 };
const invalid = (reason: string) => ({ condition: `ResolvedRefs=False ${reason}`, reason });
/** What clients will refuse is served all the same: it may be the best there is. */
const doubtful = (reason: string) => ({ condition: 'ResolvedRefs=True ResolvedRefs', reason });

function tlsOf(name: string): Pick<BadInput, 'parts' | 'status'> {
  return { ...TLS, parts: { route: { tls: { secretName: name } } } };
}

function judging(secretName: string): Pick<BadInput, 'parts' | 'status'> {
  const rule = {
    name: 'app',
    headers: [{ name: 'X-Key', secretRef: { name: secretName } }],
    action: 'Allow',
  };
  return { parts: { admission: { rules: [rule], defaultAction: 'Deny' } }, status: 403 };
}

function endpointAt(name: string, address: string, port: number): readonly Draft[] {
  return slices(name, [{ name: 'evil', address, port }]);
}

const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'secret-type',
    title: 'a certificate Secret of another type',
    objects: () => [secret('secret-type', { password: 'something-else-altogether' })],
    ...tlsOf('secret-type'),
    ...invalid('SecretInvalid'),
    says: /Secret \S+\/secret-type of type Opaque: tls\.crt holds no readable certificate/u,
  },
  {
    name: 'secret-key',
    title: 'a certificate Secret without its key',
    objects: () => [secret('secret-key', { 'tls.crt': stranger.certificate })],
    ...tlsOf('secret-key'),
    ...invalid('SecretInvalid'),
    says: /secret-key of type Opaque: tls\.key holds no readable private key/u,
  },
  {
    name: 'secret-pair',
    title: 'a certificate with the key of another one',
    objects: () => [tlsSecret('secret-pair', { ...stranger, key: expired.key })],
    ...tlsOf('secret-pair'),
    ...invalid('SecretInvalid'),
    says: /secret-pair: tls\.key does not belong to the first certificate/u,
  },
  {
    name: 'secret-host',
    title: 'a certificate for another host',
    objects: () => [tlsSecret('secret-host', stranger)],
    ...tlsOf('secret-host'),
    ...doubtful('CertificateNames'),
    says: /secret-host does not name secret-host\.example\.com/u,
  },
  {
    name: 'secret-expired',
    title: 'a certificate that has expired',
    objects: () => [tlsSecret('secret-expired', expired)],
    ...tlsOf('secret-expired'),
    ...doubtful('CertificateExpired'),
    says: /secret-expired expired at 2025-/u,
  },
  {
    name: 'header-missing',
    title: 'a header Secret that is missing',
    ...judging('nowhere'),
    ...invalid('SecretNotFound'),
    says: /Secret \S+\/nowhere is missing, so that its rule matches nobody/u,
  },
  {
    name: 'header-empty',
    title: 'a header Secret without keys',
    objects: () => [secret('header-empty', {})],
    ...judging('header-empty'),
    ...invalid('SecretInvalid'),
    says: /header-empty has no usable key/u,
  },
  {
    name: 'authority',
    title: 'a ConfigMap without authorities',
    parts: {
      backend: {
        tls: { mode: 'Verify', caRef: { kind: 'ConfigMap', name: 'authority' }, serverName: 'a.test' },
      },
    },
    objects: () => [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'authority' }, data: { a: 'b' } },
    ],
    ...invalid('ConfigMapNotFound'),
    says: /authority/u,
    status: 503,
  },
  {
    name: 'external',
    title: 'a Service of type ExternalName',
    objects: () => [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'external' },
        spec: { type: 'ExternalName', externalName: 'kubernetes.default.svc' },
      },
    ],
    ...invalid('ServiceUnsupported'),
    says: /external is of type ExternalName/u,
    status: 503,
  },
  {
    name: 'api-server',
    title: 'an endpoint that is the API server',
    objects: () => endpointAt('api-server', API_SERVER, PORT),
    ...invalid('EndpointForbidden'),
    says: /EndpointSlice \S+\/api-server-evil holds 10\.244\.250\.2, which lies in/u,
    status: 503,
  },
  {
    name: 'named',
    title: 'an endpoint that is a DNS name',
    objects: () =>
      endpointAt('named', 'kubernetes.default.svc', 443).map((slice) => ({ ...slice, addressType: 'FQDN' })),
    ...invalid('EndpointForbidden'),
    says: /named-evil holds DNS names/u,
    status: 503,
  },
];

beforeAll(async () => {
  cluster = sharedCluster();
  own = await createClass(cluster, 'bad-input');
  scene.add(own);
  namespace = await cluster.namespace('bad-input');
  scene.add({ stop: () => namespace.remove() });
  stranger = await makeCertificate('stranger.example.com');
  expired = await makeExpired(hostOf('secret-expired'));
  await scene.node('node', { address: ADDRESS, port: PORT, timing: { authenticationMs: 600_000 } });
  await cluster.apply(apiServerSlice());
  await scene.node('api-server', { address: API_SERVER, port: PORT });
  const place = { name: 'node', address: ADDRESS, port: PORT };
  await namespace.apply(ours('beside'), service('beside'), ...slices('beside', [place]));
  controller = await scene.controller({ source: { kubeconfig: cluster.kubeconfig() }, flags: own.flags });
  traffic = await SteadyTraffic.start(controller, hostOf('beside'));
  for (const { name, parts, objects } of BAD_INPUTS) {
    const given = objects?.() ?? [];
    const isOf = (kind: string) => given.some((draft) => draft['kind'] === kind);
    if (!isOf('Service')) await namespace.apply(service(name));
    if (!isOf('EndpointSlice')) await namespace.apply(...slices(name, [place]));
    await namespace.apply(...given, ours(name, parts));
  }
});

/** As the API server of a usual cluster tells of itself; the one here tells nothing. */
function apiServerSlice(): Draft {
  const labels = { 'kubernetes.io/service-name': 'kubernetes' };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes-bad-input', namespace: 'default', labels },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: 6443 }],
    endpoints: [{ addresses: [API_SERVER] }],
  };
}

afterAll(async () => {
  await scene.end();
  await cluster.close();
});

function ours(name: string, parts: Fields = {}): Draft {
  return policy(name, { ingressClassName: own.name, ...parts });
}

async function makeExpired(host: string): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date('2024-01-01T00:00:00Z'),
    notAfterDate: new Date('2025-01-01T00:00:00Z'),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
  return { certificate: made.cert, key: made.private };
}

describe.each(BAD_INPUTS)('$title', ({ name, condition, reason, says: text, status }) => {
  test('is told by a condition and by an Event, and does what is safe', async () => {
    const told = await says(
      namespace,
      name,
      condition,
      'Accepted=True Accepted',
      'Programmed=True Programmed',
    );
    const conditions = told.status?.['conditions'] as readonly Fields[];
    const message = conditions.find(({ type }) => type === 'ResolvedRefs')?.['message'];
    if (condition.includes('=False')) expect(message).toMatch(text);
    const { controllerName } = own;
    expect(await warns(namespace, name, { controllerName, reason })).toMatch(text);
    expect((await controller.get(hostOf(name), PING)).status).toBe(status);
  });
});

test.each(['127.0.0.1', '169.254.169.254', '0.0.0.0'])(
  'the API server itself refuses an endpoint at %s',
  async (address) => {
    await expect(namespace.apply(...endpointAt('refused', address, PORT))).rejects.toThrow(/422/u);
  },
);

test('an Ingress has no conditions: an Event tells, and it is served with another certificate', async () => {
  await namespace.apply(ingress('beside', { host: hostOf('tls'), className: own.name, tls: 'secret-pair' }));
  const { controllerName } = own;
  const text = await warns(namespace, 'beside', { controllerName, reason: 'SecretInvalid' });
  expect(text).toMatch(/spec\.tls.*secret-pair/u);
  expect((await controller.get(hostOf('tls'), PING)).status).toBe(308);
});

test('the site beside them noticed nothing', async () => {
  await traffic.more(20);
  expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
});
