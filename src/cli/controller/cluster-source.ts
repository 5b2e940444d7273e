// The API server as the source of objects of a running controller: credentials, client, reflectors.
// Loaded only where a cluster is served: the HTTP client and the reader of kubeconfigs cost memory and time.
import process from 'node:process';
import { ApiClient } from '../../kube/api-client.ts';
import type { IngressClassReading } from '../../kube/kind-watches.ts';
import { type ApiCredentials, type KubeconfigChoice, loadCredentials } from '../../kube/kubeconfig.ts';
import { createKubeSource, type KubeSource } from '../../kube/source.ts';
import { StateCache } from '../../kube/state-cache.ts';
import { defaultTiming, nodeTimers } from '../../kube/timing.ts';
import type { WatchMetrics } from '../../kube/watch-report.ts';
import { parseAddress } from '../../model/address.ts';
import type { AddressRanges } from '../../model/configuration.ts';
import { compileRanges, NO_ADDRESSES } from '../../translate/address-ranges.ts';
import { VERSION } from '../version.ts';
import type { ChosenSource, ClusterOptions, SourceTools } from './chosen-source.ts';
import { createClusterWriter, keyLoader, keyReader } from './cluster-writer.ts';

/** Addresses that are another machine's to nobody: who may write EndpointSlices must not reach through us to them. */
const LOCAL_NETWORKS = ['127.0.0.0/8', '0.0.0.0/8', '169.254.0.0/16', '::1/128', '::/128', 'fe80::/10'];

/** An API server that is only read. */
export type OpenedCluster = {
  readonly api: ApiClient;
  readonly source: KubeSource;
  readonly server: string;
  /** Of the kubeconfig, where there is one. */
  readonly context: string | undefined;
  readonly deniedEndpoints: () => AddressRanges;
};

type ReadTools = Pick<SourceTools, 'clock' | 'log'> & { readonly metrics: WatchMetrics };

/** Rejects with a message for people where there is no usable configuration; the server itself may be away. */
export async function openForReading(
  choice: KubeconfigChoice,
  options: ClusterOptions,
  tools: ReadTools,
): Promise<OpenedCluster> {
  const credentials = await loadCredentials(choice);
  const api = new ApiClient({ credentials, userAgent: `mattermost-ingress/${VERSION}` });
  const source = createKubeSource({
    ...tools,
    api,
    timers: nodeTimers,
    timing: defaultTiming,
    chance: () => Math.random(),
    namespaces: options.watchNamespaces,
    secretsMode: options.secretsMode,
    ingressClassReading: classReading(options),
    knownServerAddresses: knownAddresses(credentials),
    publishedService: options.publishService,
    stateCache: stateCacheOf(options, credentials, tools),
  });
  const { server, context } = credentials;
  return { api, source, server, context, deniedEndpoints: deniedBeside(source) };
}

/** The same, and what is written there. */
export async function openCluster(
  choice: KubeconfigChoice,
  options: ClusterOptions,
  tools: SourceTools,
): Promise<ChosenSource> {
  const { api, source, server, context, deniedEndpoints } = await openForReading(choice, options, tools);
  const { watchNamespaces: namespaces, secretsMode } = options;
  return {
    source,
    facts: {
      source: sourceName(choice),
      server,
      context,
      namespaces: namespaces.length === 0 ? 'all' : namespaces,
      secretsMode,
    },
    watches: () => source.watches(),
    deniedEndpoints,
    writer: createClusterWriter(options, { ...tools, api, source }),
    loadKey: keyLoader({ ...tools, api }),
    readKey: keyReader(api),
  };
}

function sourceName(choice: KubeconfigChoice): string {
  if (choice.kind === 'file') return `kubeconfig ${choice.file}`;
  return choice.kind === 'in-cluster' ? 'this cluster' : 'the usual kubeconfig';
}

function classReading({
  ingressClass: name,
  ingressClassByName,
  controllerName,
}: ClusterOptions): IngressClassReading {
  return ingressClassByName ? { kind: 'named', name, controllerName } : { kind: 'all' };
}

/** A cache of another version, cluster or set of options is of no use. */
function stateCacheOf(
  { stateCache, watchNamespaces, secretsMode, controllerName }: ClusterOptions,
  { server }: ApiCredentials,
  { clock, log }: ReadTools,
): StateCache | undefined {
  if (stateCache === undefined) return undefined;
  const identity = JSON.stringify([VERSION, server, controllerName, secretsMode, watchNamespaces]);
  return new StateCache({ directory: stateCache, identity, clock, timers: nodeTimers, log });
}

/** By which the API server is reached itself; names are not looked up. */
function knownAddresses({ server }: ApiCredentials): readonly string[] {
  const { KUBERNETES_SERVICE_HOST: serviceHost = '' } = process.env;
  const host = new URL(server).hostname.replace(/^\[(.*)\]$/u, '$1');
  return [host, serviceHost].filter((each) => parseAddress(each) !== undefined);
}

/** The API server trusts the address of this pod more than that of a stranger; its own addresses change. */
function deniedBeside(source: KubeSource): () => AddressRanges {
  let addresses: readonly string[] | undefined;
  let ranges = NO_ADDRESSES;
  return () => {
    const now = source.apiServerAddresses();
    if (now !== addresses) ranges = compileRanges([...LOCAL_NETWORKS, ...now.flatMap(hostNetwork)]) ?? ranges;
    addresses = now;
    return ranges;
  };
}

/** What a slice holds is not ours to trust: one address that is none must not open all others. */
function hostNetwork(address: string): readonly string[] {
  const parsed = parseAddress(address);
  return parsed === undefined ? [] : [`${parsed.text}/${parsed.hex.length * 4}`];
}
