// The data plane of one worker: its listeners, its connections, and the configuration they are served by.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DecideSettings } from '../decide/decide.ts';
import type { SourceGate } from '../decide/limits.ts';
import { currentSite } from '../decide/match.ts';
import type { AddressRanges } from '../model/configuration.ts';
import { listenFailure } from '../model/listen-failure.ts';
import type { BoundPorts, Delta } from '../model/delta.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { Listener as ListenerName } from '../observe/recorder.ts';
import { Acceptor, type AcceptServices } from './client/accept.ts';
import { Crowd } from './crowd.ts';
import { Current } from './current.ts';
import { dispatch } from './dispatch.ts';
import { Drain } from './tunnel/drain.ts';
import { Listener } from './client/listener.ts';
import { refuse } from './local-answer.ts';
import { Places } from './client/places.ts';
import { ReadBuffer } from './read-buffer.ts';
import type { ExchangeServices } from './services.ts';
import { SourceAddresses } from './backend/source-addresses.ts';
import { SessionVerifier } from './session/session-verifier.ts';
import { SiteWaits } from './client/site-waits.ts';
import { Timer, type TimerWheel } from './timers.ts';
import { TlsTerminator } from './client/tls.ts';
import type { DefaultCertificate } from './client/tls-contexts.ts';
import { TunnelSet } from './tunnel/tunnel-set.ts';
import { UpstreamPool } from './backend/upstream-pool.ts';

/** Everything about a worker that its options decide; plain data, so that it reaches the worker's thread. */
export type DataPlaneSettings = {
  readonly bindAddress: string;
  /** Undefined opens no such listener; 0 takes a free port. */
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  readonly legacyHttpsPort: number | undefined;
  /** Whether clients of the HTTPS port are offered HTTP/2. */
  readonly http2: boolean;
  readonly redirectHttpsPort: number;
  readonly trustedProxies: AddressRanges;
  readonly proxyProtocolFrom: AddressRanges;
  readonly secretDigestKey: Uint8Array;
  /** What keys of TLS session tickets are made from; shared by all workers and replicas. */
  readonly ticketSecret: Uint8Array;
  readonly defaultCertificate: DefaultCertificate;
  /** Key of a certificate of the configuration that takes its place while it is there. */
  readonly defaultCertificateKey: string | undefined;
  readonly refusesUnknownNames: boolean;
  readonly maxConnections: number;
  readonly maxBackendConnections: number;
  readonly limits: ClientLimits;
};

/** What the thread gives: time, chance, counters and a log. */
export type DataPlaneHost = Pick<
  ExchangeServices,
  'clock' | 'recorder' | 'log' | 'row' | 'newRequestId' | 'onBug'
> & {
  readonly timers: TimerWheel;
  readonly shared: SharedState;
  readonly random: () => number;
  readonly sources: SourceGate;
  /** Addresses of the interfaces; the same list while they are the same. */
  readonly ownAddresses: () => readonly string[];
  /** Something is wrong around us that people should see. */
  readonly warn: (facts: Readonly<Record<string, unknown>>, message: string) => void;
};

/** How often idle connections are looked through and messages are counted. */
const TIDY_MS = 1_000;
/** Longest piece of a change: requests wait behind it. */
const MAX_STEP_MS = 5;

export class DataPlane {
  readonly #settings: DataPlaneSettings;
  readonly #host: DataPlaneHost;
  readonly #current = new Current();
  readonly #places: Places;
  readonly #listeners: Listener[] = [];
  readonly #terminators: TlsTerminator[] = [];
  readonly #pool: UpstreamPool;
  readonly #services: ExchangeServices;
  readonly #tidying: Timer;
  /** Of the backends that take turns. */
  readonly #turns = new Map<string, number>();
  #isLameDuck = false;

  constructor(settings: DataPlaneSettings, host: DataPlaneHost) {
    this.#settings = settings;
    this.#host = host;
    this.#places = new Places(settings.maxConnections);
    const readBuffer = new ReadBuffer();
    this.#pool = new UpstreamPool(
      { readBuffer, timers: host.timers, sources: sourceAddresses(host), onBug: host.onBug },
      settings.maxBackendConnections,
    );
    this.#services = {
      ...host,
      limits: settings.limits,
      waits: new SiteWaits(settings.limits),
      sessions: new SessionVerifier(settings.secretDigestKey, () => this.#services),
      serving: () => this.#current.serving,
      settings: decideSettings(settings, host.sources),
      loads: {
        load: (slot) => host.shared.load(slot),
        random: host.random,
        turn: (key) => countTurn(this.#turns, key),
        health: host.shared.health,
        nowMs: () => host.clock.monotonicMs(),
      },
      loadNow: (slot) => host.shared.loadNow(slot),
      pool: this.#pool,
      tunnels: this.#openTunnels(),
      readBuffer,
      crowd: new Crowd(host.onBug),
      isLameDuck: () => this.#isLameDuck,
    };
    this.#tidying = new Timer(() => this.#tidyUp());
    host.timers.arm(this.#tidying, TIDY_MS);
  }

  /** All at once. False when the delta does not start from what is served here. */
  apply(delta: Delta): boolean {
    const steps = this.#current.take(delta);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    return this.#afterStep(step.value, delta);
  }

  /** The same with the requests that come meanwhile served in between; one delta at a time. */
  async applyBetweenRequests(delta: Delta): Promise<boolean> {
    const { clock } = this.#host;
    const steps = this.#current.take(delta);
    let untilMs = clock.monotonicMs() + MAX_STEP_MS;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      if (clock.monotonicMs() < untilMs) continue;
      await nextTurn();
      untilMs = clock.monotonicMs() + MAX_STEP_MS;
    }
    return this.#afterStep(step.value, delta);
  }

  #afterStep(isTaken: boolean, delta: Delta): boolean {
    if (!isTaken) return false;
    this.#services.tunnels.follow(delta);
    for (const terminator of this.#terminators) terminator.update(this.#current.serving);
    this.#tidyUp();
    return true;
  }

  /** @param ports what the first worker was given; undefined for that first one */
  async listen(ports: BoundPorts | undefined): Promise<BoundPorts> {
    const { httpPort, httpsPort, legacyHttpsPort } = this.#settings;
    return {
      http: await this.#open('http', ports?.http ?? httpPort),
      https: await this.#open('https', ports?.https ?? httpsPort),
      legacyHttps: await this.#open('legacy-https', ports?.legacyHttps ?? legacyHttpsPort),
    };
  }

  /** Readiness is red: clients are asked to leave with each answer. */
  lameDuck(): void {
    this.#isLameDuck = true;
    for (const connection of this.#places.connections) connection.onLameDuck?.();
  }

  /** Stops accepting and lets everything end; resolves when nothing is open. @param closeWithinMs for WebSockets */
  drain(closeWithinMs: number): Promise<void> {
    this.#isLameDuck = true;
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#places.connections) connection.closeWhenIdle();
    // Whoever is still shaking hands was let in, and is answered too.
    const openConnections = () => this.#places.connections.size + this.#places.arriving.size;
    return new Drain(this.#services.tunnels, this.#host.timers, openConnections).run(closeWithinMs);
  }

  async #open(name: ListenerName, port: number | undefined): Promise<number | undefined> {
    if (port === undefined) return undefined;
    const acceptor = new Acceptor(name, this.#terminator(name), this.#acceptServices());
    const listener = new Listener(acceptor, () => this.#takePlace());
    this.#listeners.push(listener);
    const address = this.#settings.bindAddress;
    return listener.listen(address, port).catch((error: Error) => {
      throw listenFailure({ flag: `${name}-port`, address, port }, error);
    });
  }

  #openTunnels(): TunnelSet {
    const { timers, row, shared } = this.#host;
    const backend = (key: string) => this.#current.serving.backends.get(key);
    return new TunnelSet({ timers, row, shared, backend }, (site) =>
      currentSite(this.#current.serving.hosts, site),
    );
  }

  #takePlace(): boolean {
    const place = this.#places.take();
    // Whoever had to go never got to a request here, or has had his answers.
    if (place === 'freed') this.#host.recorder.connectionRejected('connection-limit');
    return place !== 'none';
  }

  #terminator(name: ListenerName): TlsTerminator | undefined {
    if (name === 'http') return undefined;
    const { defaultCertificate, defaultCertificateKey, refusesUnknownNames, http2 } = this.#settings;
    const isLegacy = name === 'legacy-https';
    const settings = {
      isLegacy,
      // HTTP/2 wants at least TLS 1.2 (RFC 9113 section 9.2).
      speaksHttp2: http2 && !isLegacy,
      ticketSecret: this.#settings.ticketSecret,
      defaultCertificate,
      defaultCertificateKey,
      refusesUnknownNames,
    };
    const terminator = new TlsTerminator(settings, () => this.#host.clock.epochMs());
    terminator.update(this.#current.serving);
    this.#terminators.push(terminator);
    return terminator;
  }

  #acceptServices(): AcceptServices {
    const { trustedProxies, proxyProtocolFrom } = this.#settings;
    const services = this.#services;
    return {
      readBuffer: services.readBuffer,
      timers: services.timers,
      limits: services.limits,
      recorder: services.recorder,
      sources: this.#host.sources,
      onBug: services.onBug,
      trustedProxies,
      proxyProtocolFrom,
      arriving: this.#places.arriving,
      onRequest: (head, stream) => dispatch(services, head, stream),
      onRefused: (fault, stream) => refuse(services, fault, stream),
      onConnection: (connection) => this.#places.connections.add(connection),
      onClosed: (connection) => this.#places.connections.delete(connection),
      onTunnel: (connection, heir) => {
        this.#places.connections.delete(connection);
        this.#places.connections.add(heir);
      },
      isLameDuck: services.isLameDuck,
    };
  }

  #tidyUp(): void {
    const slots = this.#current.slotsInUse(this.#host.shared.health);
    this.#pool.sweep((slot) => slots.has(slot));
    const { backends } = this.#current.serving;
    for (const key of this.#turns.keys()) if (!backends.has(key)) this.#turns.delete(key);
    this.#services.tunnels.tidyUp();
    this.#host.timers.arm(this.#tidying, TIDY_MS);
  }
}

function sourceAddresses({ clock, ownAddresses, recorder, warn }: DataPlaneHost): SourceAddresses {
  return new SourceAddresses({
    ownAddresses,
    nowMs: () => clock.monotonicMs(),
    onFailed: (address, reason, isNews) => {
      recorder.sourceAddressFailed(address, reason);
      if (isNews) warn({ address, reason }, 'source address rests');
    },
  });
}

function decideSettings(settings: DataPlaneSettings, sources: SourceGate): DecideSettings {
  const { trustedProxies, secretDigestKey, redirectHttpsPort } = settings;
  return { trustedProxies, secretDigestKey, redirectHttpsPort, sources };
}

function countTurn(turns: Map<string, number>, key: string): number {
  const turn = turns.get(key) ?? 0;
  turns.set(key, turn + 1);
  return turn;
}
