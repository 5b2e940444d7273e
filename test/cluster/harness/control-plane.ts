// A real control plane: etcd, kube-apiserver and, where asked for, the controllers that follow pods and namespaces.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { drawLoopback } from './addresses.ts';
import { Child } from './child.ts';
import { type Access, kubeconfigOf, writeCredentials } from './credentials.ts';
import { KubeApi } from './kube-api.ts';

const READY_MS = 60_000;
const CONTROLLERS = [
  'deployment-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'replicaset-controller',
];

/** The same everywhere: each control plane has an address of its own. */
const PORTS = { etcd: 2379, etcdPeer: 2380, api: 6443 } as const;

export class ControlPlane {
  readonly access: Access;
  readonly #tools: string;
  readonly #folder: string;
  readonly #address: string;
  readonly #api: KubeApi;
  readonly #others: Child[] = [];
  #apiServer: Child | undefined;

  private constructor(tools: string, folder: string, address: string, access: Access) {
    this.#tools = tools;
    this.#folder = folder;
    this.#address = address;
    this.access = access;
    this.#api = new KubeApi(access);
  }

  /** @param tools folder with the programs */
  static async start(tools: string, options: { readonly hasControllers: boolean }): Promise<ControlPlane> {
    const folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
    for (const name of ['certs', 'etcd']) mkdirSync(join(folder, name));
    const address = drawLoopback();
    const credentials = await writeCredentials(join(folder, 'certs'), address);
    const access = { ...credentials, server: `https://${address}:${PORTS.api}` };
    const plane = new ControlPlane(tools, folder, address, access);
    try {
      plane.#others.push(plane.#startEtcd());
      await plane.startApiServer();
      if (options.hasControllers) plane.#others.push(plane.#startControllers());
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  /** Resolves when it is ready, and the namespace that everybody expects is there. */
  async startApiServer(): Promise<void> {
    const certs = join(this.#folder, 'certs');
    const server = this.#run('kube-apiserver', [
      `--etcd-servers=${this.#urlOfEtcd}`,
      `--bind-address=${this.#address}`,
      `--secure-port=${PORTS.api}`,
      `--cert-dir=${certs}`,
      `--token-auth-file=${join(certs, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--allow-privileged=true',
      '--disable-admission-plugins=ServiceAccount',
      '--service-cluster-ip-range=10.0.0.0/24',
      `--service-account-issuer=${this.access.server}/`,
      `--service-account-key-file=${join(certs, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(certs, 'sa.key')}`,
      // There is no interface but loopback, which must not be advertised.
      '--advertise-address=10.255.0.1',
      '--endpoint-reconciler-type=none',
    ]);
    this.#apiServer = server;
    await server.ready(() => this.#api.get('/readyz'), READY_MS);
    await server.ready(() => this.#api.get('/api/v1/namespaces/default'), READY_MS);
  }

  async stopApiServer(): Promise<void> {
    await this.#apiServer?.stop();
    this.#apiServer = undefined;
  }

  /** It keeps its connections and answers nothing. */
  pauseApiServer(): void {
    this.#apiServer?.signal('SIGSTOP');
  }

  resumeApiServer(): void {
    this.#apiServer?.signal('SIGCONT');
  }

  /** Forgets the history of all objects: who was away cannot watch on from where it was. */
  async compactEtcd(): Promise<void> {
    const { header } = (await this.#askEtcd('/v3/maintenance/status', {})) as {
      readonly header: { readonly revision: string };
    };
    await this.#askEtcd('/v3/kv/compaction', { revision: header.revision, physical: true });
  }

  async stop(): Promise<void> {
    const [etcd, ...controllers] = this.#others;
    await Promise.all([...controllers.map((child) => child.stop()), this.stopApiServer()]);
    await etcd?.stop();
    await this.#api.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #urlOfEtcd(): string {
    return `http://${this.#address}:${PORTS.etcd}`;
  }

  #startEtcd(): Child {
    const url = this.#urlOfEtcd;
    return this.#run('etcd', [
      `--data-dir=${join(this.#folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://${this.#address}:${PORTS.etcdPeer}`,
      '--unsafe-no-fsync',
    ]);
  }

  #startControllers(): Child {
    const kubeconfig = join(this.#folder, 'controllers.kubeconfig');
    writeFileSync(kubeconfig, kubeconfigOf(this.access), { mode: 0o600 });
    return this.#run('kube-controller-manager', [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--secure-port=0',
      `--controllers=${CONTROLLERS.join(',')}`,
      // Namespaces end by asking for every kind in them.
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ]);
  }

  #run(name: string, options: readonly string[]): Child {
    return new Child(join(this.#tools, name), options, join(this.#folder, `${name}.log`));
  }

  async #askEtcd(path: string, body: object): Promise<unknown> {
    const answer = await request(`${this.#urlOfEtcd}${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (answer.statusCode !== 200) throw new Error(`etcd answered ${path} with ${answer.statusCode}`);
    return answer.body.json();
  }
}
