// The open tunnels of a worker by site, kept with what they were admitted with while the configuration goes on.
import type { ServingEndpoint, ServingSite } from '../../decide/compiled.ts';
import type { OpenSite, Site } from '../../model/configuration.ts';
import type { Delta } from '../../model/delta.ts';
import type { KeptTunnel } from './mass-close.ts';
import { SiteTunnels, type TunnelPlace, type TunnelServices } from './site-tunnels.ts';

export class TunnelSet {
  readonly #services: TunnelServices;
  readonly #siteNow: (site: ServingSite) => Site | undefined;
  readonly #sites = new Map<string, SiteTunnels>();
  #size = 0;
  /** Since the process ends: by when all are to be closed. */
  #endMs: number | undefined;

  /** @param siteNow the site as it is served now; undefined where it is gone */
  constructor(services: TunnelServices, siteNow: (site: ServingSite) => Site | undefined) {
    this.#services = services;
    this.#siteNow = siteNow;
  }

  get size(): number {
    return this.#size;
  }

  /** Where a tunnel of that site to that endpoint is kept; the site was open when its handshake was decided. */
  placeOf(serving: ServingSite, endpoint: ServingEndpoint): TunnelPlace {
    return this.#siteOf(serving).placeOf(endpoint);
  }

  #siteOf(site: ServingSite): SiteTunnels {
    const known = this.#sites.get(site.site.key);
    if (known !== undefined) return known;
    if (site.open === undefined) throw new Error(`A tunnel of ${site.site.key}, which is closed`);
    const tunnels = new SiteTunnels(site.site, site.open, this.#services);
    this.#sites.set(site.site.key, tunnels);
    tunnels.follow(this.#siteNow(site));
    return tunnels;
  }

  /** @param admittedBy the settings at its handshake */
  add(tunnel: KeptTunnel, { site, group }: TunnelPlace, admittedBy: OpenSite | undefined): void {
    this.#count(1);
    site.add(tunnel, group, admittedBy);
  }

  delete(tunnel: KeptTunnel, { site, group }: TunnelPlace): void {
    this.#count(-1);
    site.delete(tunnel, group);
    if (site.isEmpty) this.#sites.delete(site.key);
  }

  #count(delta: number): void {
    this.#size += delta;
    this.#services.row.setSignal('tunnels', this.#size);
  }

  /** A step of the configuration was taken. */
  follow({ base, sites, backends }: Delta): void {
    if (base === 0) {
      const set = new Set(sites.set.map(({ key }) => key));
      for (const [key, tunnels] of this.#sites) if (!set.has(key)) tunnels.follow(undefined);
    }
    for (const key of sites.removed) this.#sites.get(key)?.follow(undefined);
    for (const site of sites.set) this.#sites.get(site.key)?.follow(site);
    if (sites.set.length + backends.set.length + backends.removed.length === 0) return;
    for (const tunnels of this.#sites.values()) tunnels.followEndpoints();
  }

  /** Call about once a second. */
  tidyUp(): void {
    for (const tunnels of this.#sites.values()) {
      tunnels.tidyUp();
      for (const tunnel of tunnels.tunnels()) tunnel.tellMessages();
    }
  }

  /** Asks all to leave, each site at its pace and within that time; call again for those that come meanwhile. */
  shutDown(withinMs: number): void {
    const { nowMs } = this.#services.timers;
    this.#endMs ??= nowMs + withinMs;
    for (const tunnels of this.#sites.values()) tunnels.shutDown(Math.max(0, this.#endMs - nowMs));
  }
}
