// What an explanation is made from: the configuration as workers serve it, and what is known of endpoints and sources.
import type { Serving } from '../decide/compiled.ts';
import { compileBackend, compileHosts } from '../decide/compiled.ts';
import type { LoadView } from '../decide/balance.ts';
import type { DecideSettings } from '../decide/decide.ts';
import { ANY_HOST, type Site } from '../model/configuration.ts';
import type { PlacedBackend } from '../model/delta.ts';
import type { HealthState } from '../model/health-board.ts';
import type { ClientLimits } from '../model/limits.ts';

/** Of an endpoint, by its slot. */
export type EndpointFacts = {
  readonly state: HealthState;
  readonly reason?: string | undefined;
  readonly inFlight?: number;
  readonly webSockets?: number;
};

export type Knowledge = {
  readonly serving: Serving;
  readonly settings: DecideSettings;
  readonly limits: ClientLimits;
  /** --unknown-tls-names refuse. */
  readonly refusesUnknownNames: boolean;
  readonly loads: Omit<LoadView, 'random' | 'turn'>;
  readonly endpoint: (slot: number) => EndpointFacts;
  /** Whether that is so now, or only assumed. */
  readonly isLive: boolean;
  /** Whether limits by source go by what was counted. */
  readonly areLimitsLive: boolean;
  /** All hosts that are served, to find the one that was meant. */
  readonly hosts: () => readonly string[];
};

/** As workers serve it, as far as these host names go: of ten thousand sites few are asked for. */
export function servingFor(
  hostnames: readonly string[],
  all: { readonly sites: readonly Site[]; readonly backends: readonly PlacedBackend[] },
): Serving {
  const patterns = new Set([ANY_HOST, ...hostnames.flatMap(patternsOf)]);
  const sites = all.sites.filter(({ hosts }) => hosts.some((host) => patterns.has(host)));
  const wanted = new Set(sites.map(({ service }) => (service.kind === 'open' ? service.backend : '')));
  const backends = all.backends.filter(({ backend }) => wanted.has(backend.key));
  return {
    generation: 0,
    hosts: compileHosts(sites),
    backends: new Map(backends.map((placed) => [placed.backend.key, compileBackend(placed)])),
    certificates: new Map(),
  };
}

function patternsOf(hostname: string): readonly string[] {
  const dot = hostname.indexOf('.');
  return dot < 1 ? [hostname] : [hostname, `*${hostname.slice(dot)}`];
}
