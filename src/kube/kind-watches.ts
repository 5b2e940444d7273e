// Which reflectors there are: every kind in every namespace that is read, and what is read by name.
import type {
  ApiObject,
  EndpointSlice,
  Ingress,
  IngressClass,
  ObjectSet,
  RawPolicy,
  Secret,
  Service,
} from '../api/objects.ts';
import type { Finding } from '../model/finding.ts';
import type { WantedNames } from '../model/object-source.ts';
import { scopeOf } from '../translate/objects/project.ts';
import { API_SERVER_NAMESPACE, API_SERVER_SERVICE, ApiServerAddresses } from './api-server-addresses.ts';
import { type NamedSeeds, NamedWatches } from './named-watches.ts';
import { PolicyGuard } from './policy-guard.ts';
import {
  configMaps,
  endpointSlices,
  ingressClasses,
  ingresses,
  type ObjectRecord,
  policies,
  type Resource,
  secrets,
  services,
} from './resource.ts';
import { ServedSchema } from './served-schema.ts';
import type { CachedObject } from './state-text.ts';
import {
  findingsOf,
  type Watched,
  WatchedSet,
  watchOf,
  type WatchScope,
  type WatchTools,
} from './watched.ts';

/** All Secrets of the cluster, those of the watched namespaces, or only the ones that something refers to. */
export type SecretsMode = 'cluster' | 'namespaces' | 'named';

/** IngressClasses belong to the cluster: whoever has no rights there reads one by name, or none and believes in it. */
export type IngressClassReading =
  | { readonly kind: 'all' }
  | { readonly kind: 'named' | 'none'; readonly name: string; readonly controllerName: string };

export type KindWatchesOptions = WatchTools & {
  /** Empty for all. */
  readonly namespaces: readonly string[];
  readonly secretsMode: SecretsMode;
  readonly ingressClassReading: IngressClassReading;
  /** `namespace/name` of the Service whose addresses Ingresses show; it may live where nothing else is read. */
  readonly publishedService?: string | undefined;
  /** Addresses at which the API server is known to be. */
  readonly knownServerAddresses: readonly string[];
};

export class KindWatches {
  readonly #options: KindWatchesOptions;
  readonly #policies;
  readonly #ingresses;
  readonly #ingressClasses;
  readonly #services;
  /** Of the published Service, where no other watch has it. */
  readonly #published: WatchedSet<Service>;
  readonly #allServices: WatchedSet<Service>;
  readonly #endpointSlices;
  readonly #secrets: WatchedSet<Secret>;
  readonly #serverSlices: WatchedSet<EndpointSlice>;
  readonly #namedSecrets;
  readonly #namedConfigMaps;
  readonly #serverAddresses: ApiServerAddresses;
  readonly #guards: PolicyGuard[] = [];
  readonly #assumedClasses: ReadonlyMap<string, IngressClass>;
  #seeds: { readonly objects: readonly CachedObject[]; readonly ageMs: number } | undefined;

  constructor(options: KindWatchesOptions) {
    this.#options = options;
    const { namespaces, secretsMode, ingressClassReading } = options;
    const schema = new ServedSchema({ ...options, onVerdict: (is) => options.metrics.schemaChecked(is) });
    this.#policies = this.#all(policies, () => {
      const guard = new PolicyGuard({ ...options, schema });
      this.#guards.push(guard);
      return { guard };
    });
    this.#ingresses = this.#all(ingresses);
    this.#ingressClasses = this.#classes();
    this.#services = this.#all(services);
    this.#published = this.#publishedService();
    this.#allServices = new WatchedSet([...this.#services.watched, ...this.#published.watched]);
    this.#endpointSlices = this.#all(endpointSlices);
    this.#secrets = secretsMode === 'named' ? new WatchedSet([]) : this.#all(secrets);
    const hasServerSlices = namespaces.length === 0 || namespaces.includes(API_SERVER_NAMESPACE);
    this.#serverSlices = hasServerSlices ? this.#endpointSlices : this.#ownServerSlices();
    this.#namedSecrets = new NamedWatches(secrets, options, () => this.#seedsOf('Secret'));
    this.#namedConfigMaps = new NamedWatches(configMaps, options, () => this.#seedsOf('ConfigMap'));
    this.#serverAddresses = new ApiServerAddresses(options.knownServerAddresses);
    this.#assumedClasses = assumedClass(ingressClassReading);
  }

  /** Without all of these there is no set. */
  get needed(): readonly Watched<ApiObject>[] {
    const classes = this.#options.ingressClassReading.kind === 'all' ? this.#ingressClasses.watched : [];
    return [
      ...this.#policies.watched,
      ...this.#ingresses.watched,
      ...classes,
      ...this.#services.watched,
      ...this.#endpointSlices.watched,
      ...this.#secrets.watched,
    ];
  }

  /** Those whose age says something: what may not be read and is not needed has none. */
  get dated(): readonly Watched<ApiObject>[] {
    const others = [...this.#optional, ...this.#named].filter(({ report }) => !report.isRefused);
    return [...this.needed, ...others];
  }

  /** Resolves when the last request is gone. */
  async run(signal: AbortSignal): Promise<void> {
    const fixed = [...this.needed, ...this.#optional];
    await Promise.all(fixed.map(({ reflector }) => reflector.run(signal)));
  }

  async synced(): Promise<void> {
    const needed = this.needed.map(({ reflector }) => reflector.synced);
    const optional = this.#optional.map(({ reflector, report }) =>
      Promise.race([reflector.synced, report.refused]),
    );
    await Promise.all([...needed, ...optional]);
  }

  objects(): ObjectSet {
    const isByName = this.#options.secretsMode === 'named';
    return {
      policies: this.#policies.objects(),
      ingresses: this.#ingresses.objects(),
      ingressClasses: this.#isClassAssumed ? this.#assumedClasses : this.#ingressClasses.objects(),
      services: this.#allServices.objects(),
      endpointSlices: this.#endpointSlices.objects(),
      secrets: isByName ? this.#namedSecrets.objects() : this.#secrets.objects(),
      configMaps: this.#namedConfigMaps.objects(),
    };
  }

  findings(): readonly Finding[] {
    return [
      ...[...this.needed, ...this.#optional, ...this.#named].flatMap(findingsOf),
      ...this.#guards.flatMap((guard) => guard.findings()),
      ...this.#namedSecrets.findings(),
      ...this.#namedConfigMaps.findings(),
    ];
  }

  want(names: WantedNames): void {
    if (this.#options.secretsMode === 'named') this.#namedSecrets.want(names.secrets);
    this.#namedConfigMaps.want(names.configMaps);
  }

  async settle(): Promise<void> {
    await Promise.all([this.#namedSecrets.settle(), this.#namedConfigMaps.settle()]);
  }

  recordOf(
    kind: 'MattermostIngressPolicy' | 'Ingress',
    key: string,
  ): ObjectRecord<RawPolicy | Ingress> | undefined {
    const { watched } = kind === 'Ingress' ? this.#ingresses : this.#policies;
    for (const { reflector } of watched) {
      const record = reflector.store.byKey().get(key);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  apiServerAddresses(): readonly string[] {
    return this.#serverAddresses.of(this.#serverSlices.objects());
  }

  /** Lets objects of the last life stand in for those not read yet. @returns the kinds of which that is so */
  seed(objects: readonly CachedObject[], ageMs: number): readonly string[] {
    this.#seeds = { objects, ageMs };
    const synced = this.needed.map(({ reflector }) => reflector.synced);
    // From then on it knows better, and Secrets of before are nobody's any more.
    void Promise.all(synced).then(() => (this.#seeds = undefined));
    const waiting = [...this.needed, ...this.#optional].filter(({ reflector }) => !reflector.isSynced);
    for (const { reflector } of waiting) {
      const { kind, namespace } = reflector;
      const own = objects.filter((each) => each.kind === kind && isIn(namespace, each.record.key));
      reflector.seed(
        own.map(({ record }) => record),
        ageMs,
      );
    }
    return [...new Set(waiting.map(({ reflector }) => reflector.kind))];
  }

  /** Everything that is known, for the next life. */
  cached(): readonly CachedObject[] {
    return [...this.needed, ...this.#optional, ...this.#named].flatMap(({ reflector }) =>
      Array.from(reflector.store.records(), (record) => ({ kind: reflector.kind, record })),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#namedSecrets.close(), this.#namedConfigMaps.close()]);
  }

  get #optional(): readonly Watched<ApiObject>[] {
    const classes = this.#options.ingressClassReading.kind === 'all' ? [] : this.#ingressClasses.watched;
    const slices = this.#serverSlices === this.#endpointSlices ? [] : this.#serverSlices.watched;
    return [...classes, ...slices, ...this.#published.watched];
  }

  get #named(): readonly Watched<ApiObject>[] {
    return [...this.#namedSecrets.watched, ...this.#namedConfigMaps.watched];
  }

  /** The class cannot be read, so that its name has to do. */
  get #isClassAssumed(): boolean {
    const { kind } = this.#options.ingressClassReading;
    const [only] = this.#ingressClasses.watched;
    if (kind !== 'named' || only === undefined) return kind === 'none';
    return only.report.isRefused && !only.reflector.isSynced && !only.reflector.isSeeded;
  }

  #all<Kept extends ApiObject>(
    resource: Resource<Kept>,
    more: () => Pick<WatchScope, 'guard'> = () => ({}),
  ): WatchedSet<Kept> {
    const { namespaces } = this.#options;
    const isWhole = namespaces.length === 0 || scopeOf(resource.kind) === 'Cluster';
    const scopes = isWhole ? [undefined] : namespaces;
    return new WatchedSet(
      scopes.map((namespace) => watchOf(resource, { namespace, ...more() }, this.#options)),
    );
  }

  #classes(): WatchedSet<IngressClass> {
    const { ingressClassReading: reading } = this.#options;
    if (reading.kind === 'all') return this.#all(ingressClasses);
    if (reading.kind === 'none') return new WatchedSet([]);
    return new WatchedSet([watchOf(ingressClasses, { name: reading.name, isOptional: true }, this.#options)]);
  }

  #publishedService(): WatchedSet<Service> {
    const { namespaces, publishedService } = this.#options;
    const [namespace = '', name = ''] = publishedService?.split('/') ?? [];
    if (name === '' || namespaces.length === 0 || namespaces.includes(namespace)) return new WatchedSet([]);
    return new WatchedSet([watchOf(services, { namespace, name, isOptional: true }, this.#options)]);
  }

  #ownServerSlices(): WatchedSet<EndpointSlice> {
    const labelSelector = `kubernetes.io/service-name=${API_SERVER_SERVICE}`;
    const scope = { namespace: API_SERVER_NAMESPACE, isOptional: true };
    return new WatchedSet([watchOf({ ...endpointSlices, query: { labelSelector } }, scope, this.#options)]);
  }

  /** Only until the API server has spoken: from then on it knows better. */
  #seedsOf(kind: ApiObject['kind']): NamedSeeds | undefined {
    const seeds = this.#seeds;
    if (seeds === undefined) return undefined;
    const own = seeds.objects.filter((each) => each.kind === kind);
    return { records: new Map(own.map(({ record }) => [record.key, record])), ageMs: seeds.ageMs };
  }
}

function isIn(namespace: string | undefined, key: string): boolean {
  return namespace === undefined || key.startsWith(`${namespace}/`);
}

function assumedClass(reading: IngressClassReading): ReadonlyMap<string, IngressClass> {
  if (reading.kind === 'all') return new Map();
  const { name, controllerName: controller } = reading;
  const metadata = { namespace: '', name };
  return new Map([[`/${name}`, { kind: 'IngressClass', metadata, controller, isDefault: false }]]);
}
