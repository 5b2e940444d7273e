// A control plane as a test uses it: namespaces of its own, kubeconfigs, service accounts, kubectl and helm.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { type Access, kubeconfigOf } from './credentials.ts';
import { type Draft, KubeApi, type Stored } from './kube-api.ts';
import { Namespace } from './namespace.ts';

const COMMAND_MS = 120_000;
const CRD_FILE = join(import.meta.dirname, '../../../crds/mattermostingresspolicies.yaml');
const CRD_PATH =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mattermostingresspolicies.mattermost-ingress.io';
const POLICIES_PATH = '/apis/mattermost-ingress.io/v1alpha1/mattermostingresspolicies';

export type CommandResult = { readonly status: number; readonly stdout: string; readonly stderr: string };

export class Cluster {
  readonly access: Access;
  readonly api: KubeApi;
  /** Removed by `close`. */
  readonly folder: string;
  readonly #tools: string;
  #files = 0;

  constructor(access: Access, tools: string) {
    this.access = access;
    this.api = new KubeApi(access);
    this.#tools = tools;
    this.folder = mkdtempSync(join(tmpdir(), 'cluster-test-'));
  }

  // === who asks ===

  /** A file; by default the administrator's. */
  kubeconfig(access: Partial<Access> = {}): string {
    const file = join(this.folder, `kubeconfig-${++this.#files}`);
    writeFileSync(file, kubeconfigOf({ ...this.access, ...access }), { mode: 0o600 });
    return file;
  }

  /** The access of a service account, which is made where it is missing; the token is one that a pod would get. */
  async accountAccess(namespace: string, name: string): Promise<Access> {
    await this.api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const { status } = (await this.api.must('POST', path, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    })) as Stored;
    return { ...this.access, token: String(status?.['token']) };
  }

  // === what is in it ===

  /** A new namespace with a name that nobody has, beginning with the word. */
  async namespace(word: string): Promise<Namespace> {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: `${word}-` } };
    const { metadata } = (await this.api.must('POST', '/api/v1/namespaces', { body })) as Stored;
    return new Namespace(this.api, metadata.name);
  }

  /** Applies our CRD as users do; resolves when policies can be listed. */
  async installCrd(): Promise<void> {
    await this.mustKubectl('apply', '--server-side', '-f', CRD_FILE);
    await this.servesPolicies();
  }

  /**
   * Resolves when policies are served and announced: the one may come before the other. Not `kubectl wait`: it fails
   * where a definition has no status yet, and Established comes before policies are served.
   */
  async servesPolicies(): Promise<void> {
    const deadlineMs = Date.now() + COMMAND_MS;
    for (;;) {
      const asked = [POLICIES_PATH, dirname(POLICIES_PATH)].map((path) => this.api.ask('GET', path));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      if (statuses.every((status) => status === 200)) return;
      if (Date.now() > deadlineMs) throw new Error(`Policies are not served: ${statuses.join(', ')}`);
    }
  }

  /** Applies our definition as an older version might have had it: without these parts of the spec. */
  async installOlderCrd(...lost: readonly string[]): Promise<void> {
    const definition: unknown = parse(readFileSync(CRD_FILE, 'utf8'));
    const path = ['spec', 'versions', '0', 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties'];
    const properties = path.reduce((value, name) => Reflect.get(value as object, name), definition);
    for (const name of lost) Reflect.deleteProperty(properties as object, name);
    const file = join(this.folder, 'older-definition.json');
    writeFileSync(file, JSON.stringify(definition));
    await this.mustKubectl('apply', '--server-side', '-f', file);
  }

  /** Resolves when the API server has begun to delete it; its objects go first, by themselves. */
  async deleteCrd(): Promise<void> {
    await this.api.delete(CRD_PATH);
  }

  async hasCrd(): Promise<boolean> {
    return (await this.api.ask('GET', CRD_PATH)).status === 200;
  }

  // === commands ===

  kubectl(...options: readonly string[]): Promise<CommandResult> {
    return this.#run('kubectl', options);
  }

  /** What kubectl printed; rejects where it fails. */
  async mustKubectl(...options: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.kubectl(...options);
    if (status !== 0) throw new Error(`kubectl ${options.join(' ')} failed: ${stderr}`);
    return stdout;
  }

  helm(...options: readonly string[]): Promise<CommandResult> {
    return this.#run('helm', options);
  }

  /** A shell script as people paste it, with the kubectl of this cluster. @param folder where it runs, and looks for programs first */
  shell(script: string, folder: string): Promise<CommandResult> {
    const path = [folder, this.#tools, process.env['PATH']].join(':');
    return this.#execute('/bin/sh', ['-e', '-c', script], { cwd: folder, path });
  }

  apply(object: Draft): Promise<Stored> {
    return this.api.apply(object);
  }

  async close(): Promise<void> {
    await this.api.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(name: string, options: readonly string[]): Promise<CommandResult> {
    return this.#execute(join(this.#tools, name), options, { cwd: this.folder, path: process.env['PATH'] });
  }

  /** Nothing of whoever runs the tests: neither their kubeconfig nor their plugins and caches. */
  #execute(
    file: string,
    options: readonly string[],
    { cwd, path }: { readonly cwd: string; readonly path: string | undefined },
  ): Promise<CommandResult> {
    const env = {
      PATH: path,
      HOME: this.folder,
      KUBECONFIG: this.kubeconfig(),
      KUBECACHEDIR: join(this.folder, 'cache'),
    };
    return new Promise((resolve) => {
      const limits = { timeout: COMMAND_MS, maxBuffer: 64 * 1024 * 1024 };
      execFile(file, options, { cwd, env, ...limits }, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ status, stdout, stderr: status === -1 ? `${stderr}${error?.message ?? ''}` : stderr });
      });
    });
  }
}
