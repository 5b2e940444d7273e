// A real data plane in the process of the test: real listeners on free ports, real shared memory, time in the test's hand.
import { Publisher } from '../../src/control/publisher.ts';
import { SourceLimiter } from '../../src/decide/limits.ts';
import { DIGEST_KEY } from '../../src/decide/test-objects.ts';
import { assemble } from '../../src/manifests/assembly.ts';
import { adoptText } from '../../src/manifests/manifest-file.ts';
import type { Backend, Certificate, Configuration, Site } from '../../src/model/configuration.ts';
import type { HealthState } from '../../src/model/health-board.ts';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from '../../src/model/limits.ts';
import { allocateSharedMemory, SharedState } from '../../src/model/shared-state.ts';
import { allocateSourceMemory } from '../../src/model/source-table.ts';
import type { AccessRecord } from '../../src/observe/access-log.ts';
import { Recorder } from '../../src/observe/recorder.ts';
import { SeriesReader } from '../../src/observe/series-reader.ts';
import { SeriesWriter } from '../../src/observe/series.ts';
import { DataPlane, type DataPlaneSettings } from '../../src/proxy/data-plane.ts';
import { TimerWheel } from '../../src/proxy/timers.ts';
import { compileRanges, NO_ADDRESSES } from '../../src/translate/address-ranges.ts';
import { EMPTY_MEMORY, translate } from '../../src/translate/translate.ts';
import { makeCertificate } from './certificates.ts';
import { LoopbackEcho } from './loopback-echo.ts';
import { turns } from './wire-client.ts';

export type PlaneOptions = {
  readonly https?: boolean;
  /** Unless said otherwise it is offered. */
  readonly http2?: boolean;
  /** Planes with the same one are replicas. */
  readonly ticketSecret?: Buffer;
  /** CIDRs. */
  readonly trustedProxies?: readonly string[];
  readonly proxyProtocolFrom?: readonly string[];
  readonly maxConnections?: number;
  readonly maxBackendConnections?: number;
  /** What the interfaces have, as the data plane believes; none by default. */
  readonly ownAddresses?: readonly string[];
  readonly limits?: Partial<ClientLimits>;
};

/** Every request that names none gets this id, so that what a backend receives is known to the byte. */
export const REQUEST_ID = 'test-request';

const SLOTS = 16;
const STEP_MS = 100;
/** From a client to the data plane, on to a backend, and back. */
const HOPS = 3;
const START_MS = 1_000_000;

export function configuration(
  sites: readonly Site[],
  backends: readonly Backend[],
  certificates: readonly Certificate[] = [],
): Configuration {
  return { sites: byKey(sites), backends: byKey(backends), certificates: byKey(certificates) };
}

/** What the controller would make of these manifests; throws on any finding. */
export function configurationFromYaml(text: string): Configuration {
  const { objects, findings } = assemble([adoptText(undefined, 'test.yaml', text)]);
  const settings = {
    hostNamespaces: [],
    deniedEndpoints: NO_ADDRESSES,
    stickyKeys: [Buffer.from('sticky key of a test')],
    secretDigestKey: DIGEST_KEY,
    nowMs: Date.now(),
  };
  const translation = translate(objects, settings, EMPTY_MEMORY);
  const all = [...findings, ...translation.findings];
  if (all.length > 0) throw new Error(`The manifests have findings: ${JSON.stringify(all)}`);
  return translation.configuration;
}

export class TestPlane {
  /** Lines of the access log, oldest first. */
  readonly records: AccessRecord[] = [];
  readonly warnings: object[] = [];
  readonly plane: DataPlane;
  /** Called in the middle of each request that brings no id: its head was read, nothing is decided yet. */
  whileReading: (() => void) | undefined;
  httpPort = 0;
  httpsPort = 0;
  readonly #bugs: unknown[] = [];
  readonly #shared = new SharedState(allocateSharedMemory({ workers: 1, slots: SLOTS, cells: 4000 }));
  readonly #metrics = new SeriesReader(this.#shared);
  readonly #publisher = new Publisher(SLOTS);
  readonly #timers: TimerWheel;
  readonly #echo: LoopbackEcho;
  #nowMs = START_MS;

  private constructor(settings: DataPlaneSettings, ownAddresses: readonly string[], echo: LoopbackEcho) {
    this.#echo = echo;
    const clock = { epochMs: () => this.#nowMs, monotonicMs: () => this.#nowMs };
    const onBug = (error: unknown) => void this.#bugs.push(error);
    const row = this.#shared.row(0);
    this.#timers = new TimerWheel(clock, onBug);
    this.plane = new DataPlane(settings, {
      clock,
      timers: this.#timers,
      recorder: new Recorder(new SeriesWriter(row, (message) => this.#metrics.announced(0, message))),
      row,
      shared: this.#shared,
      random: () => 0,
      sources: new SourceLimiter(allocateSourceMemory(1, 64, Buffer.alloc(8, 7)), 0, clock.monotonicMs),
      ownAddresses: () => ownAddresses,
      warn: (facts, message) => void this.warnings.push({ ...facts, message }),
      newRequestId: () => {
        this.whileReading?.();
        return REQUEST_ID;
      },
      log: (record) => void this.records.push(record),
      onBug,
    });
  }

  static async start(wanted: Configuration, options: PlaneOptions = {}): Promise<TestPlane> {
    const test = new TestPlane(
      await settingsOf(options),
      options.ownAddresses ?? [],
      await LoopbackEcho.open(),
    );
    test.apply(wanted);
    const ports = await test.plane.listen(undefined);
    test.httpPort = ports.http ?? 0;
    test.httpsPort = ports.https ?? 0;
    return test;
  }

  /** What the data plane found wrong with itself so far. */
  get bugs(): readonly unknown[] {
    return this.#bugs;
  }

  apply(wanted: Configuration): void {
    const delta = this.#publisher.advance(wanted);
    if (delta !== undefined && !this.plane.apply(delta)) throw new Error('The data plane refused a delta');
    // As the main thread does it when all workers are past it.
    this.#publisher.collect(this.#publisher.generation, (slot) => this.#shared.load(slot));
  }

  /** As the main thread would find it. Slots are given in the order of endpoints. */
  setHealth(slot: number, state: HealthState): void {
    this.#shared.health.set(slot, state, this.#nowMs);
  }

  /** As the main thread would say it of an endpoint that is draining from now on. */
  setDraining(slot: number): void {
    this.#shared.health.setDraining(slot, this.#nowMs);
  }

  /** What attempts have said about the endpoint in that slot. */
  failuresInARow(slot: number): number {
    return this.#shared.row(0).failuresInARow(slot);
  }

  /** Requests in flight and tunnels that endpoints are charged with, over all of them. */
  get load(): number {
    return Array.from({ length: SLOTS }, (_, slot) => this.#shared.load(slot)).reduce((a, b) => a + b, 0);
  }

  /** Sum of a metric over all labels that contain `label`. */
  metric(name: Parameters<SeriesReader['read']>[0], label?: string): number {
    const series = this.#metrics.read(name);
    const chosen = label === undefined ? series : series.filter(({ labels }) => labels.includes(label));
    return chosen.reduce((sum, { cells }) => sum + (cells.at(-1) ?? 0), 0);
  }

  /**
   * Lets time pass, in steps so that what follows from a timer happens in its time. What was sent before was read before,
   * and what it makes the data plane send has come when it is over.
   */
  async advance(ms: number): Promise<void> {
    await this.settle();
    const untilMs = this.#nowMs + ms;
    while (this.#nowMs < untilMs) {
      this.#nowMs = Math.min(untilMs, this.#nowMs + STEP_MS);
      this.#timers.advance();
    }
    await this.settle();
  }

  /** Waits until whatever is on its way has arrived, hop by hop: from here on what was sent has been read. */
  async settle(): Promise<void> {
    for (let hop = 0; hop < HOPS; hop++) {
      await this.#echo.returned();
      await turns();
    }
  }

  /** The thread stands still for so long: its timers run before it reads what has come meanwhile. */
  freeze(ms: number): void {
    this.#nowMs += ms;
    this.#timers.advance();
  }

  /** Ends everything; rejects when the data plane found a mistake of its own. */
  async close(): Promise<void> {
    let isOver = false;
    const drained = this.plane.drain(0).then(() => (isOver = true));
    for (let step = 0; !isOver && step < 1000; step++) await this.advance(1000);
    if (!isOver) throw new Error('Connections were still open a thousand seconds after the end');
    await drained;
    this.#echo.close();
    if (this.#bugs.length > 0) throw new AggregateError(this.#bugs, 'The data plane made mistakes');
  }
}

async function settingsOf(options: PlaneOptions): Promise<DataPlaneSettings> {
  const { certificate, key } = await makeCertificate('default.test');
  return {
    bindAddress: '127.0.0.1',
    httpPort: 0,
    httpsPort: options.https === true ? 0 : undefined,
    legacyHttpsPort: undefined,
    http2: options.http2 ?? true,
    redirectHttpsPort: 443,
    trustedProxies: compileRanges(options.trustedProxies ?? []) ?? NO_ADDRESSES,
    proxyProtocolFrom: compileRanges(options.proxyProtocolFrom ?? []) ?? NO_ADDRESSES,
    secretDigestKey: DIGEST_KEY,
    ticketSecret: options.ticketSecret ?? Buffer.alloc(48, 1),
    defaultCertificate: { chain: certificate, privateKey: key },
    defaultCertificateKey: undefined,
    refusesUnknownNames: false,
    maxConnections: options.maxConnections ?? 10_000,
    maxBackendConnections: options.maxBackendConnections ?? 10_000,
    limits: { ...DEFAULT_CLIENT_LIMITS, ...options.limits },
  };
}

function byKey<Entry extends { readonly key: string }>(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entry.key, entry]));
}
