// The configuration made ready for requests: everything that can be computed once a change is computed here.
import { createHash } from 'node:crypto';
import {
  ANY_HOST,
  type Backend,
  type Certificate,
  type Endpoint,
  type OpenSite,
  type Site,
  type SiteTls,
} from '../model/configuration.ts';
import { isAcmePath } from '../model/acme-path.ts';
import type { SiteLabels } from '../model/decision.ts';
import type { PlacedBackend } from '../model/delta.ts';
import { hashText } from './hash.ts';
import { CERTIFICATE_FIELDS } from '../model/field-names.ts';
import { droppedRequestFields } from './headers.ts';
import { compileLimits, type ServingLimits } from './limits.ts';
import { UsableEndpoints } from './usable.ts';

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
  /** For hosts that nobody has. */
  readonly any: ServingHost | undefined;
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
  /** What a plain request gets, the TLS of the host being known. */
  readonly plainHttp: 'serve' | 'redirect' | 'refuse';
  readonly labels: SiteLabels;
  readonly limits: ServingLimits | undefined;
  /** The host's, which may come from another site of it. */
  readonly hsts: string | undefined;
  /** Of the host too, but for the proofs of certificate authorities. */
  readonly demandsCertificate: boolean;
  /** Lower-case names that do not go on to the backend. */
  readonly droppedFields: ReadonlySet<string>;
};

export type ServingBackend = {
  readonly backend: Backend;
  readonly endpoints: readonly ServingEndpoint[];
  /** Those that take anybody. */
  readonly usable: UsableEndpoints<ServingEndpoint>;
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
  const refuses = placed.backend.health.whenAllUnhealthy === 'Refuse';
  return { backend: placed.backend, endpoints, usable: new UsableEndpoints(endpoints, refuses), byToken };
}

/** The hosts of a set of sites. */
export function compileHosts(sites: Iterable<Site>): HostTable {
  const index = new HostIndex();
  for (const site of sites) index.add(site);
  return index.table;
}

/** The hosts of sites that come and go: a change costs what it touches, however many others there are. */
export class HostIndex {
  readonly #sites = new Map<string, Map<string, Site>>();
  readonly #touched = new Set<string>();
  readonly #exact = new Map<string, ServingHost>();
  readonly #wildcard = new Map<string, ServingHost>();
  #any: ServingHost | undefined;

  add(site: Site): void {
    for (const pattern of site.hosts) {
      const sites = this.#sites.get(pattern);
      if (sites === undefined) this.#sites.set(pattern, new Map([[site.key, site]]));
      else sites.set(site.key, site);
      this.#touched.add(pattern);
    }
  }

  remove(site: Site): void {
    for (const pattern of site.hosts) {
      const sites = this.#sites.get(pattern);
      sites?.delete(site.key);
      if (sites?.size === 0) this.#sites.delete(pattern);
      this.#touched.add(pattern);
    }
  }

  /** Up to date; a table taken earlier follows it, but for any host. */
  get table(): HostTable {
    while (this.compileNext());
    return { exact: this.#exact, wildcard: this.#wildcard, any: this.#any };
  }

  /** Compiles one of the hosts that have changed; false when there is none. */
  compileNext(): boolean {
    for (const pattern of this.#touched) {
      this.#touched.delete(pattern);
      this.#compile(pattern);
      return true;
    }
    return false;
  }

  #compile(pattern: string): void {
    const sites = this.#sites.get(pattern);
    const host = sites === undefined ? undefined : compileHost(pattern, [...sites.values()]);
    if (pattern === ANY_HOST) this.#any = host;
    else if (pattern.startsWith('*.')) place(this.#wildcard, pattern.slice(1), host);
    else place(this.#exact, pattern, host);
  }
}

function place(table: Map<string, ServingHost>, name: string, host: ServingHost | undefined): void {
  if (host === undefined) table.delete(name);
  else table.set(name, host);
}

function compileHost(pattern: string, list: readonly Site[]): ServingHost {
  const sorted = list.toSorted(bySite);
  // Open sites of a host agree on its TLS; what a closed one wants counts only where nobody else says anything.
  const byWeight = [...sorted.filter(isOpen), ...sorted];
  const tls = byWeight.find(({ service }) => service.tls !== undefined)?.service.tls;
  const sites = sorted.map((site) => compileSite(site, pattern, tls));
  return {
    pattern,
    sites,
    isPathSensitive: decidesByPath(sites),
    tls,
    tlsPolicy: tls === undefined ? DEFAULT_TLS_POLICY : tlsPolicyOf(tls),
  };
}

function isOpen({ service }: Site): boolean {
  return service.kind === 'open';
}

/** Longest path first; of equal ones the exact one, which says more (Ingress, "Multiple matches"). */
function bySite(a: Site, b: Site): number {
  if (a.path.length !== b.path.length) return b.path.length - a.path.length;
  if (a.pathType !== b.pathType) return a.pathType === 'Exact' ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

function compileSite(site: Site, host: string, hostTls: SiteTls | undefined): ServingSite {
  const open = site.service.kind === 'open' ? site.service : undefined;
  const { kind, namespace, name } = site.owner;
  return {
    site,
    open,
    plainHttp: plainHttpOf(open, hostTls),
    labels: { namespace, kind, name, host },
    hsts: hostTls?.hsts,
    demandsCertificate: hostTls?.clientCertificate?.mode === 'Require' && !isAcmePath(site.path),
    limits: open && compileLimits(open.limits, site.owner, open.persistence),
    droppedFields: droppedRequestFields([
      ...(open?.admission.secretHeaders ?? []),
      ...(hostTls?.clientCertificate === undefined ? [] : CERTIFICATE_FIELDS),
    ]),
  };
}

/** Whose authorities change is no longer the host its connections were made to. */
function tlsPolicyOf({ certificate, minVersion, clientCertificate }: SiteTls): string {
  const policy = `${certificate} ${minVersion}`;
  if (clientCertificate === undefined) return policy;
  const { mode, authorities = '' } = clientCertificate;
  return `${policy} ${mode} ${createHash('sha256').update(authorities).digest('base64')}`;
}

function plainHttpOf(open: OpenSite | undefined, hostTls: SiteTls | undefined): ServingSite['plainHttp'] {
  const wanted = open?.plainHttp ?? 'serve';
  if (wanted !== 'redirect-with-tls') return wanted;
  return hostTls === undefined ? 'serve' : 'redirect';
}

/**
 * Another way to read the path could lead elsewhere, which matters on every host of a policy. Hosts that are made of
 * open Ingresses alone refuse nobody, and a path in other letters there is just another path.
 */
function decidesByPath(sites: readonly ServingSite[]): boolean {
  const hasPathRule = sites.some(({ open }) =>
    open?.admission.rules.some((rule) => rule.paths !== undefined || rule.request !== undefined),
  );
  if (hasPathRule) return true;
  const isWhole = sites.length === 1 && sites[0]?.site.path === '/';
  return !isWhole && sites.some((each) => each.site.owner.kind !== 'Ingress' || canRefuse(each.open));
}

function canRefuse(open: OpenSite | undefined): boolean {
  if (open === undefined) return true;
  const { admission } = open;
  return admission.defaultAction !== 'Allow' || admission.rules.some(({ action }) => action !== 'Allow');
}
