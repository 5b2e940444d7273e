// Where `run` takes its objects from: a folder, a kubeconfig file, the cluster it runs in, or what kubectl would use.
import { accessSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { ClusterReading } from './cluster-source.ts';
import type { KubeconfigChoice } from '../kube/kubeconfig.ts';
import type { WatchMetrics } from '../kube/watch-report.ts';
import { createManifestSource } from '../manifests/source.ts';
import type { Clock } from '../model/clock.ts';
import type { AddressRanges } from '../model/configuration.ts';
import type { ObjectSource } from '../model/object-source.ts';
import type { Logger } from '../observe/log.ts';
import type { WatchSample } from '../observe/registry.ts';
import type { Options } from '../options/options.ts';
import { NO_ADDRESSES } from '../translate/address-ranges.ts';

export type ChosenSource = {
  readonly source: ObjectSource;
  /** What the log says of it. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly watches: () => readonly WatchSample[];
  /** Networks no endpoint may lie in, unless an option says otherwise. */
  readonly deniedEndpoints: AddressRanges;
};

export type SourceTools = { readonly clock: Clock; readonly log: Logger; readonly metrics: WatchMetrics };

type SourceOptions = Pick<Options, 'manifests' | 'kubeconfig'> & ClusterReading;

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Rejects with a message for people where nothing can be read. */
export async function chooseSource(options: SourceOptions, tools: SourceTools): Promise<ChosenSource> {
  if (options.manifests !== undefined) return manifestsIn(options.manifests, tools);
  const choice = chooseKubeconfig(options.kubeconfig);
  const { openCluster } = await import('./cluster-source.ts');
  return openCluster(choice, options, tools);
}

function manifestsIn(manifests: string, { clock, log }: SourceTools): ChosenSource {
  const onError = (error: unknown) => log.error({ err: error }, 'manifests cannot be watched');
  return {
    source: createManifestSource({ directory: manifests, clock, onError }),
    facts: { source: 'manifests', manifests },
    watches: () => [],
    deniedEndpoints: NO_ADDRESSES,
  };
}

function chooseKubeconfig(file: string | undefined): KubeconfigChoice {
  if (file !== undefined) return { kind: 'file', file };
  const { KUBERNETES_SERVICE_HOST: host = '', KUBECONFIG: usual = '' } = process.env;
  if (host !== '' && isThere(TOKEN_FILE)) return { kind: 'in-cluster' };
  if (usual !== '' || isThere(join(homedir(), '.kube', 'config'))) return { kind: 'usual' };
  throw new Error(
    'There is nothing to serve from: give --manifests DIR or --kubeconfig FILE, or run inside a cluster',
  );
}

function isThere(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
