// Tunnels without sockets, kept by as many workers as a test wants, on one clock in its hand.
import { compileBackend, compileHosts, type ServingBackend } from '../../decide/compiled.ts';
import { currentSite } from '../../decide/match.ts';
import { type Admitted, Recheck } from '../../decide/recheck.ts';
import { address, backend, HOST, openSite, site, webSocketCloses } from '../../decide/test-objects.ts';
import type { Endpoint, OpenSite, Site } from '../../model/configuration.ts';
import type { AdmissionVerdict } from '../../model/decision.ts';
import type { PlacedBackend } from '../../model/delta.ts';
import { allocateSharedMemory, SharedState } from '../../model/shared-state.ts';
import type { Closing } from './closing.ts';
import type { KeptTunnel, MassClose } from './mass-close.ts';
import { TimerWheel } from '../timers.ts';
import type { TunnelPlace } from './site-tunnels.ts';
import { TunnelSet } from './tunnel-set.ts';

const START_MS = 1_000_000;
const STEP_MS = 100;
const SLOTS = 8;
const BACKEND = 'chat/mattermost';
const NO_CHANGES = { set: [], removed: [] };

export class FakeTunnel implements KeptTunnel {
  massClose: MassClose | undefined;
  admitted: Admitted | undefined;
  isCalls = false;
  isHeld = false;
  /** What it was told, and when, counted from the start of the world. */
  closed: { readonly reason: string; readonly code: number; readonly atMs: number } | undefined;
  readonly endpoint: string;
  readonly host: string;
  readonly #world: TunnelWorld;
  readonly #set: TunnelSet;
  readonly #place: TunnelPlace;
  readonly #openedMs: number;

  constructor(
    world: TunnelWorld,
    set: TunnelSet,
    place: TunnelPlace,
    { host, admitted }: { readonly host: string; readonly admitted: Admitted },
  ) {
    this.host = host;
    this.#world = world;
    this.#set = set;
    this.#place = place;
    this.#openedMs = world.nowMs;
    this.endpoint = place.group.identity;
    this.admitted = admitted;
  }

  get canClose(): boolean {
    return this.closed === undefined;
  }

  get ageMs(): number {
    return this.#world.nowMs - this.#openedMs;
  }

  close({ reason, code }: Closing): void {
    this.closed = { reason, code, atMs: this.#world.nowMs };
    this.#set.delete(this, this.#place);
  }

  /** Its endpoint breaks it off. */
  lose(): 'pass' | 'hold' | 'close' {
    const answer = this.#place.site.judgeLoss(this, this.#place.group);
    if (answer === 'hold') this.isHeld = true;
    else this.leave();
    return answer;
  }

  /** The client goes by itself. */
  leave(): void {
    this.#set.delete(this, this.#place);
  }

  tellMessages(): void {}
}

type Handshake = {
  readonly worker: number;
  readonly from: string;
  readonly host: string;
  readonly verdict: Pick<AdmissionVerdict, 'rule' | 'secretKeys'>;
};

const HANDSHAKE: Handshake = {
  worker: 0,
  from: '192.0.2.7',
  host: HOST,
  verdict: { rule: 'office', secretKeys: undefined },
};

export class TunnelWorld {
  nowMs = 0;
  /** Of the site, from the next time it is served. */
  hosts: readonly string[] = [HOST];
  readonly shared: SharedState;
  readonly #workers: readonly { readonly set: TunnelSet; readonly timers: TimerWheel }[];
  readonly #backends = new Map<string, ServingBackend>();
  #site: Site | undefined;
  #sinceTidyMs = 0;

  constructor(workers = 1) {
    this.shared = new SharedState(allocateSharedMemory({ workers, slots: SLOTS, cells: 1 }));
    const clock = { epochMs: () => 0, monotonicMs: () => START_MS + this.nowMs };
    const throwIt = (error: unknown) => {
      throw error;
    };
    this.#workers = Array.from({ length: workers }, (_, worker) => {
      const timers = new TimerWheel(clock, throwIt);
      const row = this.shared.row(worker);
      const of = (key: string) => this.#backends.get(key);
      const siteNow = (serving: Parameters<typeof currentSite>[1]) =>
        currentSite(compileHosts(this.#site === undefined ? [] : [this.#site]), serving);
      return { timers, set: new TunnelSet({ timers, row, shared: this.shared, backend: of }, siteNow) };
    });
  }

  get sets(): readonly TunnelSet[] {
    return this.#workers.map(({ set }) => set);
  }

  /** The site as it is from now on; `undefined` removes it. A snapshot tells only what is there. */
  serve(
    more: Partial<OpenSite> | 'closed' | undefined,
    endpoints?: readonly Endpoint[],
    step: 'delta' | 'snapshot' = 'delta',
  ): void {
    const before = this.#site;
    const service =
      more === 'closed'
        ? ({ kind: 'closed', reason: 'policy-invalid', tls: undefined } as const)
        : openSite({ backend: BACKEND, ...more });
    this.#site = more === undefined ? undefined : { ...site(HOST, service), hosts: this.hosts };
    const placed = endpoints === undefined ? [] : [placedOf(endpoints)];
    for (const each of placed) this.#backends.set(each.backend.key, compileBackend(each));
    const isGone = this.#site === undefined && before !== undefined;
    const removed = isGone && step === 'delta' ? [before.key] : [];
    for (const { set } of this.#workers) {
      set.follow({
        base: step === 'delta' ? 1 : 0,
        generation: 2,
        sites: { set: this.#site === undefined ? [] : [this.#site], removed },
        backends: { set: placed, removed: [] },
        certificates: NO_CHANGES,
      });
    }
  }

  /** Tunnels to that endpoint at a worker. @param endpoint its identity */
  open(count: number, endpoint: string, more: Partial<Handshake> = {}): FakeTunnel[] {
    return this.#decide(endpoint, more)(count);
  }

  /** A handshake is decided now, and its tunnel opens when it is called. */
  late(endpoint: string, host: string): () => FakeTunnel[] {
    const open = this.#decide(endpoint, { host });
    return () => open(1);
  }

  #decide(endpoint: string, more: Partial<Handshake>): (count: number) => FakeTunnel[] {
    const { worker, from, host, verdict } = { ...HANDSHAKE, ...more };
    const serving = compileHosts(this.#site === undefined ? [] : [this.#site]).exact.get(host)?.sites[0];
    const found = this.#backends.get(BACKEND)?.endpoints.find((each) => each.endpoint.identity === endpoint);
    const set = this.#workers[worker]?.set;
    if (serving === undefined || found === undefined || set === undefined) throw new Error('Nobody is there');
    const proof = new Recheck((serving.open ?? openSite()).admission, '/').proofOf(verdict);
    const admitted = { ...proof, address: address(from), path: '/api/v4/websocket' };
    return (count) =>
      Array.from({ length: count }, () => {
        const place = set.placeOf(serving, found);
        const tunnel = new FakeTunnel(this, set, place, { host, admitted });
        set.add(tunnel, place, serving.open);
        return tunnel;
      });
  }

  advance(ms: number, eachStep: () => void = () => {}): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
      this.nowMs += STEP_MS;
      this.#sinceTidyMs += STEP_MS;
      for (const { timers } of this.#workers) timers.advance();
      if (this.#sinceTidyMs >= 1000) this.#tidyUp();
      eachStep();
    }
  }

  #tidyUp(): void {
    this.#sinceTidyMs = 0;
    for (const { set } of this.#workers) set.tidyUp();
  }
}

/** Endpoints keep their places as long as they stand in the same order. */
function placedOf(endpoints: readonly Endpoint[]): PlacedBackend {
  return {
    backend: backend(endpoints, { key: BACKEND }),
    slots: endpoints.map(({ identity }) => identity.charCodeAt(0) % SLOTS),
  };
}

/** The most closes in any second. */
export function peakPerSecond(tunnels: readonly FakeTunnel[]): number {
  const times = tunnels.flatMap(({ closed }) => (closed === undefined ? [] : [closed.atMs]));
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
}

export function closedOf(tunnels: readonly FakeTunnel[]): readonly FakeTunnel[] {
  return tunnels.filter(({ closed }) => closed !== undefined);
}

/** Code and reason of those that were asked to leave, each once. */
export function reasonsOf(tunnels: readonly FakeTunnel[]): readonly string[] {
  return [...new Set(closedOf(tunnels).map(({ closed }) => `${closed?.code} ${closed?.reason}`))];
}

export function pace(perSecond: number, maxSpreadMs = 30_000): Partial<OpenSite> {
  return { webSockets: webSocketCloses({ reconnects: { perSecond, maxSpreadMs } }) };
}
