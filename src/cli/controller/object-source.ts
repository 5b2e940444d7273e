// Where `run` takes its objects from: a folder, a kubeconfig file, the cluster it runs in, or what kubectl would use.
import { accessSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { KubeconfigChoice } from '../../kube/kubeconfig.ts';
import { createManifestSource } from '../../manifests/source.ts';
import type { Options } from '../../options/options.ts';
import { NO_ADDRESSES } from '../../translate/address-ranges.ts';
import type { ChosenSource, ClusterOptions, SourceTools } from './chosen-source.ts';

type SourceOptions = ClusterOptions & Pick<Options, 'manifests' | 'kubeconfig'>;

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
    deniedEndpoints: () => NO_ADDRESSES,
  };
}

/** What `--kubeconfig` and `--context` say, or where nothing is said what kubectl would take. Throws where there is nothing. */
export function chooseKubeconfig(file: string | undefined, context?: string): KubeconfigChoice {
  const chosen = context === undefined ? {} : { context };
  if (file !== undefined) return { kind: 'file', file, ...chosen };
  const { KUBERNETES_SERVICE_HOST: host = '', KUBECONFIG: usual = '' } = process.env;
  if (context === undefined && host !== '' && isThere(TOKEN_FILE)) return { kind: 'in-cluster' };
  if (usual !== '')
    return { kind: 'usual', files: usual.split(delimiter).filter((each) => each !== ''), ...chosen };
  const own = join(homedir(), '.kube', 'config');
  if (isThere(own)) return { kind: 'usual', files: [own], ...chosen };
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
