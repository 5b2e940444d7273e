// Where `run` takes its objects from: a folder, a kubeconfig file, the cluster it runs in, or what kubectl would use.
import { createManifestSource } from '../../manifests/source.ts';
import type { Options } from '../../options/options.ts';
import { NO_ADDRESSES } from '../../translate/address-ranges.ts';
import { chooseKubeconfig } from '../input/kubeconfig-choice.ts';
import type { ChosenSource, ClusterOptions, SourceTools } from './chosen-source.ts';

type SourceOptions = ClusterOptions & Pick<Options, 'manifests' | 'kubeconfig'>;

/** Rejects with a message for people where nothing can be read. */
export async function chooseSource(options: SourceOptions, tools: SourceTools): Promise<ChosenSource> {
  if (options.manifests !== undefined) return manifestsIn(options.manifests, tools);
  const choice = chooseKubeconfig(options.kubeconfig);
  if (choice === undefined)
    throw new Error(
      'There is nothing to serve from: give --manifests DIR or --kubeconfig FILE, or run inside a cluster',
    );
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
