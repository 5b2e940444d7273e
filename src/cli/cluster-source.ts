// The API server as the source of objects of a running controller: credentials, client, reflectors.
// Loaded only where a cluster is served: the HTTP client and the reader of kubeconfigs cost memory and time.
import { ApiClient } from '../kube/api-client.ts';
import { type ApiCredentials, type KubeconfigChoice, loadCredentials } from '../kube/kubeconfig.ts';
import { createKubeSource } from '../kube/source.ts';
import { defaultTiming, nodeTimers } from '../kube/timing.ts';
import { parseAddress } from '../model/address.ts';
import type { AddressRanges } from '../model/configuration.ts';
import { compileRanges, NO_ADDRESSES } from '../translate/address-ranges.ts';
import type { ChosenSource, SourceTools } from './object-source.ts';
import { VERSION } from './version.ts';

/** Addresses that are another machine's to nobody: who may write EndpointSlices must not reach through us to them. */
const LOCAL_NETWORKS = ['127.0.0.0/8', '0.0.0.0/8', '169.254.0.0/16', '::1/128', '::/128', 'fe80::/10'];

/** Rejects with a message for people where there is no usable configuration; the server itself may be away. */
export async function openCluster(
  choice: KubeconfigChoice,
  namespaces: readonly string[],
  tools: SourceTools,
): Promise<ChosenSource> {
  const credentials = await loadCredentials(choice);
  const source = createKubeSource({
    ...tools,
    api: new ApiClient({ credentials, userAgent: `mattermost-ingress/${VERSION}` }),
    timers: nodeTimers,
    timing: defaultTiming,
    chance: () => Math.random(),
    namespaces,
  });
  const shownNamespaces = namespaces.length === 0 ? 'all' : namespaces;
  return {
    source,
    facts: { source: sourceName(choice), server: credentials.server, namespaces: shownNamespaces },
    watches: () => source.watches(),
    deniedEndpoints: deniedBeside(credentials),
  };
}

function sourceName(choice: KubeconfigChoice): string {
  if (choice.kind === 'file') return `kubeconfig ${choice.file}`;
  return choice.kind === 'in-cluster' ? 'this cluster' : 'the usual kubeconfig';
}

/** The API server trusts the address of this pod more than that of a stranger. */
function deniedBeside({ server }: ApiCredentials): AddressRanges {
  const host = new URL(server).hostname.replace(/^\[(.*)\]$/u, '$1');
  const address = parseAddress(host);
  const own = address === undefined ? [] : [`${host}/${address.hex.length * 4}`];
  return compileRanges([...LOCAL_NETWORKS, ...own]) ?? NO_ADDRESSES;
}
