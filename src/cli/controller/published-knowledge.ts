// What every explanation goes by: a published configuration, and the options of `run`.
import type { Publisher } from '../../control/publisher.ts';
import type { SourceLimiter } from '../../decide/limits.ts';
import { type Knowledge, servingFor } from '../../explain/knowledge.ts';
import type { Options } from '../../options/options.ts';

type Published = {
  readonly publisher: Publisher;
  readonly options: Options;
  readonly secretDigestKey: Uint8Array;
  readonly sources: SourceLimiter;
};

type OfAll = Pick<Knowledge, 'serving' | 'settings' | 'limits' | 'refusesUnknownNames' | 'hosts'>;

/** @param hostnames whose sites are asked for */
export function publishedKnowledge(
  { publisher, options, secretDigestKey, sources }: Published,
  hostnames: readonly string[],
): OfAll {
  const { sites, placedBackends: backends } = publisher;
  const { trustedProxies, redirectHttpsPort, refusesUnknownNames } = options;
  return {
    serving: servingFor(hostnames, { sites, backends }),
    settings: { trustedProxies, secretDigestKey, redirectHttpsPort, sources },
    limits: options,
    refusesUnknownNames,
    hosts: () => sites.flatMap(({ hosts }) => hosts),
  };
}
