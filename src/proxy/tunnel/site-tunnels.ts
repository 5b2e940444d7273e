// The open tunnels of one site, and what changes of its configuration mean for them (docs/persistence.md):
// they keep what they were admitted with, until the site, their endpoint or their right to be there goes.
import type { ServingBackend, ServingEndpoint } from '../../decide/compiled.ts';
import { hashText } from '../../decide/hash.ts';
import { type Proof, Recheck } from '../../decide/recheck.ts';
import type { Admission, OpenSite, Site } from '../../model/configuration.ts';
import { PACE_CELLS } from '../../model/close-counts.ts';
import type { AdmissionVerdict } from '../../model/decision.ts';
import type { SharedRow, SharedState } from '../../model/shared-state.ts';
import { type Closing, CLOSINGS } from './closing.ts';
import { type KeptTunnel, MassClose, type Pace } from './mass-close.ts';
import type { TimerWheel } from '../timers.ts';
import { TunnelGroup } from './tunnel-group.ts';

export type TunnelServices = {
  readonly timers: TimerWheel;
  readonly row: SharedRow;
  readonly shared: Pick<SharedState, 'closing' | 'losses'>;
  readonly backend: (key: string) => ServingBackend | undefined;
};

/** Where a tunnel is kept. */
export type TunnelPlace = { readonly site: SiteTunnels; readonly group: TunnelGroup };

/** For how long a site, one of its hosts or an endpoint must be gone: who edits objects takes things away and puts them back. */
const GONE_MS = 30_000;
/** Clients of Calls give up 30 s after their connection, so that nobody is held longer than this. */
const MAX_HOLD_MS = 20_000;

export class SiteTunnels {
  readonly key: string;
  readonly #path: string;
  readonly #services: TunnelServices;
  readonly #pace: Pace;
  /** By slot of the endpoint; one for all tunnels to it. */
  readonly #places = new Map<number, TunnelPlace>();
  #open: OpenSite;
  #hosts: readonly string[];
  #goneSinceMs: number | undefined;
  /** Since when hosts are gone that tunnels came in by. */
  readonly #goneHosts = new Map<string, number>();
  /** Those whose host is gone, those that a policy refuses, and those that are too old. */
  #removed: MassClose | undefined;
  #refused: MassClose | undefined;
  #aged: MassClose | undefined;
  #rules: { readonly admission: Admission; readonly recheck: Recheck } | undefined;

  constructor(site: Site, open: OpenSite, services: TunnelServices) {
    this.key = site.key;
    this.#path = site.path;
    this.#hosts = site.hosts;
    this.#open = open;
    this.#services = services;
    const { timers, row, shared } = services;
    // Sites that share a cell are closed more slowly, never faster, and still in their time.
    const cell = hashText(site.key) % PACE_CELLS;
    const perSecond = () => this.#open.webSockets.reconnects.perSecond;
    this.#pace = { timers, row, shared, cell, perSecond };
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  *tunnels(): Iterable<KeptTunnel> {
    for (const { group } of this.#places.values()) yield* group.open;
  }

  // === one tunnel ===

  placeOf({ slot, endpoint }: ServingEndpoint): TunnelPlace {
    const known = this.#places.get(slot);
    if (known !== undefined) return known;
    const group = new TunnelGroup({ slot, identity: endpoint.identity }, this.#pace);
    const place = { site: this, group };
    this.#places.set(slot, place);
    this.#judgeEndpoint(group, this.#services.backend(this.#open.backend));
    return place;
  }

  /** @param admittedBy the settings at its handshake: they may have changed while the backend thought about it */
  add(tunnel: KeptTunnel, group: TunnelGroup, admittedBy: OpenSite | undefined): void {
    group.add(tunnel);
    if (!this.#hosts.includes(tunnel.host)) this.#noteGone(tunnel.host);
    if (admittedBy !== undefined && admittedBy !== this.#open) this.#recheck([tunnel], admittedBy);
  }

  delete(tunnel: KeptTunnel, group: TunnelGroup): void {
    group.delete(tunnel);
    if (group.open.size === 0) this.#places.delete(group.slot);
  }

  /** The endpoint broke it off: says what becomes of the client. */
  judgeLoss(tunnel: KeptTunnel, group: TunnelGroup): 'pass' | 'hold' | 'close' {
    if (!group.hasLostMany()) return 'pass';
    // It gives up 30 s after its connection, and reconnects one second after it.
    if (tunnel.isCalls) return 'close';
    const withinMs = Math.min(MAX_HOLD_MS, this.#maxSpreadMs);
    group.hold(tunnel, CLOSINGS.endpointLost, withinMs);
    return 'hold';
  }

  get #maxSpreadMs(): number {
    return this.#open.webSockets.reconnects.maxSpreadMs;
  }

  /** What a handshake proved to that admission. */
  proofOf(admission: Admission, verdict: AdmissionVerdict): Proof {
    return this.#rulesOf(admission).proofOf(verdict);
  }

  /** Made once for all tunnels that one admission lets in. */
  #rulesOf(admission: Admission): Recheck {
    if (this.#rules?.admission !== admission)
      this.#rules = { admission, recheck: new Recheck(admission, this.#path) };
    return this.#rules.recheck;
  }

  // === what changes ===

  /** The site as it is now; undefined where it is gone. One that is held closed keeps its tunnels. */
  follow(site: Site | undefined): void {
    if (site === undefined) {
      this.#goneSinceMs ??= this.#services.timers.nowMs;
      return;
    }
    if (this.#goneSinceMs !== undefined) this.#comeBack();
    this.#followHosts(site.hosts);
    if (site.service.kind !== 'open' || site.service === this.#open) return;
    const before = this.#open;
    this.#open = site.service;
    this.#recheck(this.tunnels(), before);
  }

  #comeBack(): void {
    this.#goneSinceMs = undefined;
    for (const { group } of this.#places.values()) group.stay();
  }

  #noteGone(host: string): void {
    if (!this.#goneHosts.has(host)) this.#goneHosts.set(host, this.#services.timers.nowMs);
  }

  #followHosts(hosts: readonly string[]): void {
    for (const host of this.#hosts) if (!hosts.includes(host)) this.#noteGone(host);
    this.#hosts = hosts;
    const back = hosts.filter((host) => this.#goneHosts.delete(host));
    if (back.length === 0) return;
    for (const tunnel of this.tunnels()) if (back.includes(tunnel.host)) this.#removed?.delete(tunnel);
  }

  #recheck(tunnels: Iterable<KeptTunnel>, before: OpenSite): void {
    const { admission, webSockets } = this.#open;
    const isWanted = webSockets.onPolicyChange === 'Recheck';
    // Those that were kept until now are judged as soon as that is wanted.
    const isNewlyWanted = isWanted && before.webSockets.onPolicyChange !== 'Recheck';
    if (before.admission === admission && !isNewlyWanted) return;
    const recheck = this.#rulesOf(admission);
    for (const tunnel of tunnels) {
      const { admitted } = tunnel;
      if (admitted === undefined || !(isWanted || recheck.hasLostSecret(admitted))) continue;
      if (!recheck.admits(admitted)) this.#refuse(tunnel);
    }
  }

  #refuse(tunnel: KeptTunnel): void {
    this.#refused = this.#queued(this.#refused, CLOSINGS.policyChanged);
    this.#refused.add(tunnel);
  }

  /** A mass for those that come one by one: each has the whole time. */
  #queued(mass: MassClose | undefined, closing: Closing): MassClose {
    const queue = mass ?? new MassClose(closing, this.#pace, this.#maxSpreadMs);
    queue.extend(this.#maxSpreadMs);
    return queue;
  }

  /** After each change: what became of the endpoints. */
  followEndpoints(): void {
    const backend = this.#services.backend(this.#open.backend);
    if (backend === undefined || this.#goneSinceMs !== undefined) return;
    for (const { group } of this.#places.values()) this.#judgeEndpoint(group, backend);
  }

  /** While nobody else could take them, they stay where they are. */
  #judgeEndpoint(group: TunnelGroup, backend: ServingBackend | undefined): void {
    if (backend === undefined) return;
    const found = backend.endpoints.find(({ endpoint }) => endpoint.identity === group.identity);
    if (found === undefined) {
      group.goneSinceMs ??= this.#services.timers.nowMs;
      return;
    }
    const isLeaving = found.endpoint.state === 'draining' && hasReady(backend);
    if (!isLeaving) group.stay();
    else group.leave(CLOSINGS.endpointDraining, Math.min(this.#maxSpreadMs, this.#drainTimeoutMs));
  }

  get #drainTimeoutMs(): number {
    return this.#open.persistence.drain.timeoutMs;
  }

  /** Call about once a second. */
  tidyUp(): void {
    const { nowMs } = this.#services.timers;
    if (this.#goneSinceMs !== undefined && nowMs - this.#goneSinceMs >= GONE_MS) {
      for (const { group } of this.#places.values()) group.leave(CLOSINGS.siteRemoved, this.#maxSpreadMs);
      return;
    }
    this.#closeRemovedHosts(nowMs - GONE_MS);
    this.#closeRemoved(nowMs - GONE_MS);
    const { maxDurationMs } = this.#open.webSockets;
    if (maxDurationMs > 0) this.#closeAged(maxDurationMs);
  }

  #closeRemovedHosts(untilMs: number): void {
    for (const [host, sinceMs] of this.#goneHosts) {
      if (sinceMs > untilMs) continue;
      const tunnels = [...this.tunnels()].filter((tunnel) => tunnel.host === host);
      if (tunnels.length === 0) this.#goneHosts.delete(host);
      for (const tunnel of tunnels) this.#remove(tunnel);
    }
  }

  #remove(tunnel: KeptTunnel): void {
    if (!tunnel.canClose || tunnel.massClose !== undefined) return;
    this.#removed = this.#queued(this.#removed, CLOSINGS.siteRemoved);
    this.#removed.add(tunnel);
  }

  #closeRemoved(untilMs: number): void {
    const backend = this.#services.backend(this.#open.backend);
    if (backend === undefined || !hasReady(backend)) return;
    for (const { group } of this.#places.values()) {
      if (group.goneSinceMs === undefined || group.goneSinceMs > untilMs) continue;
      group.leave(CLOSINGS.endpointRemoved, this.#maxSpreadMs);
    }
  }

  /** Sets keep the order in which tunnels were opened. */
  #closeAged(maxDurationMs: number): void {
    for (const { group } of this.#places.values()) {
      for (const tunnel of group.open) {
        if (tunnel.ageMs < maxDurationMs) break;
        if (!tunnel.canClose || tunnel.massClose !== undefined) continue;
        this.#aged = this.#queued(this.#aged, CLOSINGS.tooOld);
        this.#aged.add(tunnel);
      }
    }
  }

  /** The process ends: whoever is there, and whoever comes. */
  shutDown(withinMs: number): void {
    const spreadMs = Math.min(withinMs, this.#maxSpreadMs);
    for (const { group } of this.#places.values()) group.leave(CLOSINGS.shutdown, spreadMs);
  }
}

function hasReady({ endpoints }: ServingBackend): boolean {
  return endpoints.some(({ endpoint }) => endpoint.state === 'ready');
}
