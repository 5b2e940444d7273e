// A namespace of one test: what is applied here is written without saying so.
import { eventually } from '../../support/eventually.ts';
import type { Draft, KubeApi, Stored } from './kube-api.ts';

type Kind =
  | 'Deployment'
  | 'Endpoints'
  | 'EndpointSlice'
  | 'Ingress'
  | 'MattermostIngressPolicy'
  | 'Pod'
  | 'Secret'
  | 'Service';

const versions: Readonly<Record<Kind, string>> = {
  Deployment: 'apps/v1',
  Endpoints: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  MattermostIngressPolicy: 'mattermost-ingress.io/v1alpha1',
  Pod: 'v1',
  Secret: 'v1',
  Service: 'v1',
};

export class Namespace {
  readonly name: string;
  readonly api: KubeApi;

  constructor(api: KubeApi, name: string) {
    this.api = api;
    this.name = name;
  }

  /** Server-side apply, whatever namespace the objects name. */
  async apply(...objects: readonly Draft[]): Promise<readonly Stored[]> {
    const applied: Stored[] = [];
    for (const object of objects) applied.push(await this.api.apply(this.#owned(object)));
    return applied;
  }

  path(kind: Kind, name: string): Promise<string> {
    return this.api.pathOf(this.#owned({ apiVersion: versions[kind], kind, metadata: { name } }));
  }

  async read(kind: Kind, name: string): Promise<Stored> {
    return this.api.read(await this.path(kind, name));
  }

  /** Merge patch. */
  async patch(kind: Kind, name: string, body: unknown): Promise<void> {
    await this.api.patch(await this.path(kind, name), body);
  }

  async delete(kind: Kind, name: string): Promise<void> {
    await this.api.delete(await this.path(kind, name));
  }

  /** Addresses in the slices of a Service that are ready, sorted. */
  async readyAddresses(service: string): Promise<readonly string[]> {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${this.name}/endpointslices`;
    const slices = await this.api.list(path, `kubernetes.io/service-name=${service}`);
    const endpoints = slices.flatMap((slice) => (slice['endpoints'] ?? []) as readonly Endpoint[]);
    return endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses)
      .toSorted();
  }

  /** Resolves when the real controllers have made slices with so many ready addresses. */
  hasReadyAddresses(service: string, count: number): Promise<readonly string[]> {
    return eventually(async () => {
      const addresses = await this.readyAddresses(service);
      if (addresses.length !== count) throw new Error(`Ready: ${addresses.join(', ')}; wanted ${count}`);
      return addresses;
    });
  }

  /** Begins to delete it with all that is in it; nobody has to wait for that. */
  async remove(): Promise<void> {
    await this.api.delete(`/api/v1/namespaces/${this.name}`);
  }

  #owned(object: Draft): Draft {
    return { ...object, metadata: { ...(object['metadata'] as object), namespace: this.name } };
  }
}

type Endpoint = {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean };
};
