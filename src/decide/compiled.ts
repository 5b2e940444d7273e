// The configuration made ready for requests: everything that can be computed once a change is computed here.
import type { Backend, Certificate, Endpoint, OpenSite, Site, SiteTls } from '../model/configuration.ts';
import type { SiteLabels } from '../model/decision.ts';
import type { PlacedBackend } from '../model/delta.ts';
import { hashText } from './hash.ts';
import { droppedRequestFields } from './headers.ts';

export type Serving = {
  readonly generation: number;
  readonly hosts: HostTable;
  readonly backends: ReadonlyMap<string, ServingBackend>;
  readonly certificates: ReadonlyMap<string, Certificate>;
};

/** Exact hosts, and one-label wildcards by what follows their `*`. */
export type HostTable = {
  readonly exact: ReadonlyMap<string, ServingHost>;
  readonly wildcard: ReadonlyMap<string, ServingHost>;
};

export type ServingHost = {
  /** As configured; the `host` label of metrics. */
  readonly pattern: string;
  /** Longest path first. */
  readonly sites: readonly ServingSite[];
  /** Paths decide something here, so every reading of one must agree (row K2). */
  readonly isPathSensitive: boolean;
  /** One a host, since it is settled before a path is known. */
  readonly tls: SiteTls | undefined;
  /** What SNI and Host must have in common (row S1). */
  readonly tlsPolicy: string;
};

export type ServingSite = {
  readonly site: Site;
  readonly open: OpenSite | undefined;
  readonly labels: SiteLabels;
  /** Lower-case names that do not go on to the backend. */
  readonly droppedFields: ReadonlySet<string>;
};

export type ServingBackend = {
  readonly backend: Backend;
  readonly endpoints: readonly ServingEndpoint[];
  /** Those that take anybody: the ready ones, or all while there is none. */
  readonly usable: readonly ServingEndpoint[];
  /** Endpoint by cookie token, every active sticky key included. */
  readonly byToken: ReadonlyMap<string, ServingEndpoint>;
};

export type ServingEndpoint = {
  readonly endpoint: Endpoint;
  /** Place in shared memory. */
  readonly slot: number;
  /** Hash of its identity, for rendezvous hashing. */
  readonly seed: number;
};

/** Requests without a site of their own TLS settings, or without SNI, are under this policy. */
export const DEFAULT_TLS_POLICY = 'default';

export function compileBackend(placed: PlacedBackend): ServingBackend {
  const endpoints = placed.backend.endpoints.map((endpoint, at) => ({
    endpoint,
    slot: placed.slots[at] ?? 0,
    seed: hashText(endpoint.identity),
  }));
  const byToken = new Map<string, ServingEndpoint>();
  for (const serving of endpoints) {
    for (const token of serving.endpoint.tokens) byToken.set(token, serving);
  }
  return { backend: placed.backend, endpoints, usable: usableOf(endpoints), byToken };
}

/** Ready endpoints serve everybody; draining ones only while there is no other. */
export function usableOf(endpoints: readonly ServingEndpoint[]): readonly ServingEndpoint[] {
  const ready = endpoints.filter(({ endpoint }) => endpoint.state === 'ready');
  return ready.length > 0 ? ready : endpoints;
}

export function compileHosts(sites: Iterable<Site>): HostTable {
  const byPattern = new Map<string, ServingSite[]>();
  for (const site of sites) {
    for (const pattern of site.hosts) {
      const list = byPattern.get(pattern) ?? [];
      list.push(compileSite(site, pattern));
      byPattern.set(pattern, list);
    }
  }
  const exact = new Map<string, ServingHost>();
  const wildcard = new Map<string, ServingHost>();
  for (const [pattern, list] of byPattern) {
    const host = compileHost(pattern, list);
    if (pattern.startsWith('*.')) wildcard.set(pattern.slice(1), host);
    else exact.set(pattern, host);
  }
  return { exact, wildcard };
}

function compileSite(site: Site, host: string): ServingSite {
  const open = site.service.kind === 'open' ? site.service : undefined;
  const { kind, namespace, name } = site.owner;
  return {
    site,
    open,
    labels: { namespace, kind, name, host },
    droppedFields: droppedRequestFields(open?.admission.secretHeaders ?? []),
  };
}

function compileHost(pattern: string, list: readonly ServingSite[]): ServingHost {
  const sites = [...list].sort(
    (a, b) => b.site.path.length - a.site.path.length || (a.site.key < b.site.key ? -1 : 1),
  );
  const hasPathRule = sites.some(({ open }) =>
    open?.admission.rules.some((rule) => rule.paths !== undefined || rule.request !== undefined),
  );
  const tls = sites.map(({ site }) => site.service.tls).find((settings) => settings !== undefined);
  return {
    pattern,
    sites,
    isPathSensitive: sites.length > 1 || sites[0]?.site.path !== '/' || hasPathRule,
    tls,
    tlsPolicy: tls === undefined ? DEFAULT_TLS_POLICY : `${tls.certificate} ${tls.minVersion}`,
  };
}
