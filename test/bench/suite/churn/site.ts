// The site that changes: its policy, its endpoints and its certificate each count versions that can be told from outside.
// Lifetime of the cookie = version of the policy; port of the backend = version of the endpoints; common name of the
// certificate = version of the certificate.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { stringify } from 'yaml';
import type { BackendReady } from '../../load/messages.ts';
import { HOST } from '../../peers/host.ts';
import type { CertificateFiles } from '../../stage/proxy-kind.ts';

export const SUBJECTS = ['policy', 'endpoints', 'certificate'] as const;
export type Subject = (typeof SUBJECTS)[number];

export const FIRST_LIFETIME_S = 3600;
/** Further ports of the backend, one after another that of an endpoint which comes and goes. */
export const COMING_PORTS = 16;
export const COMMON_NAME_SUFFIX = '.version.example.com';

type Json = Readonly<Record<string, unknown>>;

const NAMESPACE = 'bench';
const SERVICE = 'mattermost';
const SECRET = 'chat-tls';

export class ChangingSite {
  readonly #folder: string;
  readonly #backend: BackendReady;
  readonly #files: CertificateFiles;

  /** @param folder of manifests; @param files the authority that signs every certificate of the site */
  constructor(folder: string, backend: BackendReady, files: CertificateFiles) {
    this.#folder = folder;
    this.#backend = backend;
    this.#files = files;
    mkdirSync(folder, { recursive: true });
  }

  /** Version 0: no endpoint comes and goes yet. */
  async writeFirst(): Promise<void> {
    this.#write('service', [
      object('v1', 'Service', SERVICE, { spec: { ports: [{ name: 'app', port: 8065 }] } }),
    ]);
    for (const subject of SUBJECTS) await this.write(subject, 0);
  }

  /** The whole subject in one move, as tools that write configuration do. */
  async write(subject: Subject, version: number): Promise<void> {
    const objects = {
      policy: () => [policy(version)],
      endpoints: () => this.#slices(version),
      certificate: async () => [await this.#secret(version)],
    };
    this.#write(subject, await objects[subject]());
  }

  #write(name: string, objects: readonly Json[]): void {
    const hidden = join(this.#folder, `.${name}`);
    writeFileSync(hidden, objects.map((one) => stringify(one)).join('---\n'));
    renameSync(hidden, join(this.#folder, `${name}.yaml`));
  }

  /** One that stays and has all WebSockets, and from version 1 on one that is new each time. */
  #slices(version: number): readonly Json[] {
    const { port, morePorts } = this.#backend;
    const staying = slice('node-0', port);
    return version === 0
      ? [staying]
      : [staying, slice(`node-${version}`, morePorts[version % COMING_PORTS] ?? 0)];
  }

  async #secret(version: number): Promise<Json> {
    const { cert, private: key } = await generate(
      [{ name: 'commonName', value: `${version}${COMMON_NAME_SUFFIX}` }],
      {
        keyType: 'ec',
        algorithm: 'sha256',
        ca: {
          cert: readFileSync(this.#files.certificate, 'utf8'),
          key: readFileSync(this.#files.key, 'utf8'),
        },
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: HOST }] }],
      },
    );
    const stringData = { 'tls.crt': cert, 'tls.key': key };
    return object('v1', 'Secret', SECRET, { type: 'kubernetes.io/tls', stringData });
  }
}

function policy(version: number): Json {
  const route = { hosts: [HOST], service: { name: SERVICE, port: 8065 }, tls: { secretName: SECRET } };
  const changing = { name: 'changing', sourceCIDRs: [`198.51.100.${version % 256}/32`], action: 'Deny' };
  return object('mattermost-ingress.io/v1alpha1', 'MattermostIngressPolicy', 'chat', {
    spec: {
      route,
      admission: { rules: [changing], defaultAction: 'Allow' },
      sessionPersistence: {
        type: 'Cookie',
        cookie: { lifetimeType: 'Permanent' },
        absoluteTimeout: `${FIRST_LIFETIME_S + version}s`,
        // Who brings neither cookie nor identity goes where the fewest WebSockets are: to the newest endpoint.
        fallback: ['UserIdentity'],
      },
      // The newest endpoint shows its effect at once.
      backend: { slowStart: '0s' },
      accessLog: { enabled: false },
    },
  });
}

function slice(node: string, port: number): Json {
  const endpoint = {
    addresses: ['127.0.0.1'],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', name: node, uid: `bench-${node}` },
  };
  const labels = { 'kubernetes.io/service-name': SERVICE };
  return object('discovery.k8s.io/v1', 'EndpointSlice', `${SERVICE}-${node}`, {
    metadata: { name: `${SERVICE}-${node}`, namespace: NAMESPACE, labels },
    addressType: 'IPv4',
    ports: [{ name: 'app', port }],
    endpoints: [endpoint],
  });
}

function object(apiVersion: string, kind: string, name: string, rest: Json): Json {
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, ...rest };
}
