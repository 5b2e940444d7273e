// Scheduler and kubelet of one namespace: gives each pod a node, an address and a real process, and says how it fares.
import { type MattermostNode, startMattermostNode } from '../../../src/demo/mattermost/node.ts';
import { createTown, type Town } from '../../../src/demo/mattermost/town.ts';
import { startAnywhere } from './addresses.ts';
import type { KubeApi, Stored } from './kube-api.ts';
import type { Namespace } from './namespace.ts';

const PORT = 8065;
/** A real server cuts a WebSocket that did not log in after 5 s; here nobody logs in. */
const AUTHENTICATION_MS = 600_000;

/** What runs in a pod. */
export type PodProcess = { stop(): Promise<unknown> };
/** Starts what runs in a pod; must reject where it cannot listen at that address. */
export type PodStart = (pod: { readonly name: string; readonly address: string }) => Promise<PodProcess>;

export type KubeletOptions = {
  /** By default each pod is a fake Mattermost node with the pod's name, on port 8065. */
  readonly start?: PodStart;
  /** What a preStop hook is for: a pod that is being deleted runs on until this resolves. */
  readonly beforeStop?: (name: string) => Promise<unknown>;
};

/** Follows pods by one watch: its API server must stay. */
export class Kubelet {
  readonly #api: KubeApi;
  readonly #path: string;
  readonly #node: string;
  readonly #start: PodStart;
  readonly #beforeStop: (name: string) => Promise<unknown>;
  readonly #bound = new Set<string>();
  readonly #pods = new Map<string, Promise<PodProcess>>();
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();
  /** What went wrong, for `stop` to tell. */
  readonly #errors: unknown[] = [];

  private constructor(namespace: Namespace, { start, beforeStop }: KubeletOptions) {
    this.#api = namespace.api;
    this.#path = `/api/v1/namespaces/${namespace.name}/pods`;
    this.#node = `node-of-${namespace.name}`;
    this.#start = start ?? mattermostIn(createTown({ users: [] }));
    this.#beforeStop = beforeStop ?? (() => Promise.resolve());
  }

  static async start(namespace: Namespace, options: KubeletOptions = {}): Promise<Kubelet> {
    const kubelet = new Kubelet(namespace, options);
    // The slice controller leaves out pods of nodes that it does not know.
    const metadata = { name: kubelet.#node };
    await namespace.api.apply({ apiVersion: 'v1', kind: 'Node', metadata });
    kubelet.#done = kubelet.#run();
    return kubelet;
  }

  /** A pod that is not ready keeps its process. */
  setReady(name: string, isReady: boolean): Promise<void> {
    return this.#report(name, { conditions: conditions(isReady) });
  }

  /** Ends all processes; rejects with what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#done;
    const started = await Promise.allSettled(this.#pods.values());
    const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(running.map((process) => process.stop()));
    await this.#api.delete(`/api/v1/nodes/${this.#node}`);
    if (this.#errors.length > 0) {
      throw new AggregateError(this.#errors, `The kubelet failed: ${this.#errors.join('; ')}`);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    try {
      for await (const { type, object } of this.#api.watch(this.#path, signal)) {
        if (type === 'ADDED' || type === 'MODIFIED') {
          this.#follow(object).catch((error: unknown) => this.#fail(error));
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#end.signal.aborted) this.#errors.push(error);
  }

  async #follow({ metadata, spec }: Stored): Promise<void> {
    const { name, uid, deletionTimestamp } = metadata;
    const running = this.#pods.get(uid);
    if (deletionTimestamp !== undefined) {
      if (!this.#pods.delete(uid)) return;
      await this.#beforeStop(name);
      await (await running)?.stop();
      const body = { gracePeriodSeconds: 0, preconditions: { uid } };
      await this.#tell('DELETE', name, { body });
    } else if (spec?.['nodeName'] === undefined) {
      // Others may change a pod before it hears of its node.
      if (this.#bound.has(uid)) return;
      this.#bound.add(uid);
      const target = { apiVersion: 'v1', kind: 'Node', name: this.#node };
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
      await this.#tell('POST', `${name}/binding`, { body });
    } else if (running === undefined) {
      const starting = startAnywhere((address) => this.#start({ name, address }));
      this.#pods.set(
        uid,
        starting.then(({ process }) => process),
      );
      const { address } = await starting;
      const addresses = { podIP: address, podIPs: [{ ip: address }] };
      await this.#report(name, { phase: 'Running', ...addresses, conditions: conditions(true) });
    }
  }

  #report(name: string, status: object): Promise<void> {
    const contentType = 'application/strategic-merge-patch+json';
    return this.#tell('PATCH', `${name}/status`, { body: { status }, contentType });
  }

  /** A pod may be gone, or be another one, before it is told anything. */
  async #tell(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    ask: { readonly body: unknown; readonly contentType?: string },
  ): Promise<void> {
    const { status, body } = await this.#api.ask(method, `${this.#path}/${path}`, ask);
    if (status < 300 || status === 404 || status === 409) return;
    throw new Error(`${method} ${path} was answered with ${status}: ${JSON.stringify(body)}`);
  }
}

function mattermostIn(town: Town): (pod: Parameters<PodStart>[0]) => Promise<MattermostNode> {
  const timing = { authenticationMs: AUTHENTICATION_MS };
  return ({ name, address }) => startMattermostNode({ town, name, address, port: PORT, timing });
}

function conditions(isReady: boolean): readonly object[] {
  const status = isReady ? 'True' : 'False';
  return ['Ready', 'ContainersReady'].map((type) => ({ type, status }));
}
