// The loop of the main thread: objects changed -> hold off -> translate -> publish -> tell what became of it.
// A mistake of ours while translating keeps the last good configuration in force.
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import type { Clock } from '../model/clock.ts';
import { locateFinding } from '../model/finding.ts';
import type { Delta } from '../model/delta.ts';
import type { ObjectSource } from '../model/object-source.ts';
import type { Logger } from '../observe/log.ts';
import type { MainMetrics } from '../observe/main-metrics.ts';
import {
  EMPTY_MEMORY,
  translate,
  type TranslateMemory,
  type TranslateSettings,
  type Translation,
} from '../translate/translate.ts';
import type { Fleet } from './fleet.ts';
import type { HealthMonitor } from './health.ts';
import type { Publisher } from './publisher.ts';
import type { Posting } from './status-board.ts';

export type LoopOptions = {
  readonly source: ObjectSource;
  /** Read before each translation: what depends on the cluster may change. */
  readonly settings: () => Omit<TranslateSettings, 'nowMs'>;
  readonly publisher: Publisher;
  readonly fleet: Pick<Fleet, 'publish'>;
  readonly health: Pick<HealthMonitor, 'update' | 'findings'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<
    MainMetrics,
    'configurationTranslated' | 'configurationSent' | 'configurationServed' | 'findingsCounted'
  >;
  readonly load: (slot: number) => number;
  /** Told after each translation. */
  readonly onTranslated: (posting: Posting) => void;
  /** Every live worker serves the generation. */
  readonly onServed: (generation: number) => void;
  /** A worker has not answered for a while. */
  readonly onStalled: () => void;
  /** Between two translations where nothing changes, ten minutes by default. */
  readonly refreshMs?: number;
};

/** A burst of changes is one change, but nobody waits longer than half a second for it. */
const HOLD_OFF_MS = 20;
const MAX_HOLD_OFF_MS = 500;
/** Workers that have not answered by then are worth a look. */
const STALLED_MS = 5_000;
/** Time alone changes what is to be told: certificates expire. */
const REFRESH_MS = 600_000;
/** Where endpoints are left out for want of room. */
const ROOM_LOOK_MS = 1_000;

export class ControlLoop {
  readonly #options: LoopOptions;
  #memory: TranslateMemory = EMPTY_MEMORY;
  #timer: NodeJS.Timeout | undefined;
  #stalled: NodeJS.Timeout | undefined;
  #room: NodeJS.Timeout | undefined;
  #refreshing: NodeJS.Timeout | undefined;
  /** Generation that all live workers serve. */
  #served = 0;
  #dirtySinceMs: number | undefined;
  #sentMs = 0;
  #isSynced = false;
  #isFailing = false;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** A first full configuration was made. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** The last translation failed by a mistake of ours; what is served is older than the objects. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Reads everything once; the workers may start when this resolves. Rejects where nothing can be read. */
  async start(): Promise<void> {
    const { source } = this.#options;
    await source.start(() => this.#markDirty());
    await this.#fetchWanted();
    this.#run();
    this.#isSynced = true;
    this.#refreshing = setInterval(() => this.refresh(), this.#options.refreshMs ?? REFRESH_MS);
  }

  /** What is read by name alone is known only when everything else was translated once; nothing is served before. */
  async #fetchWanted(): Promise<void> {
    const { source } = this.#options;
    if (source.want === undefined || source.settle === undefined) return;
    const translation = this.#translate();
    if (translation === undefined) return;
    source.want(translation.wants);
    await source.settle();
  }

  /** What `settings` gives has changed, or the health of endpoints. */
  refresh(): void {
    this.#markDirty();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#stalled);
    clearTimeout(this.#room);
    clearInterval(this.#refreshing);
    await this.#options.source.close();
  }

  /** All live workers serve that generation. */
  served(generation: number): void {
    const { publisher, clock, metrics, log, onServed } = this.#options;
    this.#served = generation;
    this.#lookForRoom();
    if (generation === publisher.generation) {
      clearTimeout(this.#stalled);
      const durationMs = clock.monotonicMs() - this.#sentMs;
      metrics.configurationServed({ durationMs, epochMs: clock.epochMs() });
      log.info({ generation, durationMs: Math.round(durationMs) }, 'configuration served');
    }
    // Last: who hears of it may have much to write.
    onServed(generation);
  }

  /** A slot is free when nobody is counted in it any more, too: the end of the last WebSocket is told by no object. */
  #lookForRoom(): void {
    const { publisher, load } = this.#options;
    clearTimeout(this.#room);
    if (publisher.collect(this.#served, load)) this.#markDirty();
    else if (publisher.leftOut.length > 0) this.#room = setTimeout(() => this.#lookForRoom(), ROOM_LOOK_MS);
  }

  #markDirty(): void {
    if (!this.#isSynced) return;
    const nowMs = this.#options.clock.monotonicMs();
    this.#dirtySinceMs ??= nowMs;
    const left = this.#dirtySinceMs + MAX_HOLD_OFF_MS - nowMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), Math.max(0, Math.min(HOLD_OFF_MS, left)));
  }

  #run(): void {
    this.#dirtySinceMs = undefined;
    const { source, publisher, health, metrics, onTranslated } = this.#options;
    const objects = source.objects();
    const translation = this.#translate();
    if (translation === undefined) return;
    source.want?.(translation.wants);
    const delta = publisher.advance(translation.configuration);
    if (delta !== undefined) this.#publish(delta);
    const unhealthy = health.findings(translation.configuration);
    const located = [...translation.findings, ...unhealthy, ...publisher.leftOut].map((finding) =>
      locateFinding(finding, (object, field) => source.locate(object, field)),
    );
    const findings = [...source.findings(), ...located];
    metrics.findingsCounted({
      error: findings.filter(({ severity }) => severity === 'error').length,
      warning: findings.filter(({ severity }) => severity === 'warning').length,
    });
    onTranslated({ translation, findings, objects, generation: publisher.generation });
    this.#lookForRoom();
  }

  #translate(): Translation | undefined {
    const { source, settings, clock, log, metrics } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const now = { ...settings(), nowMs: clock.epochMs() };
      const translation = translate(source.objects(), now, this.#memory);
      this.#memory = translation.memory;
      this.#isFailing = false;
      metrics.configurationTranslated(clock.monotonicMs() - startMs);
      return translation;
    } catch (error) {
      this.#isFailing = true;
      log.error({ err: error }, 'translation failed; the last configuration stays');
      return undefined;
    }
  }

  #publish(delta: Delta): void {
    const { fleet, health, clock, metrics, log, onStalled } = this.#options;
    const { generation } = delta;
    this.#sentMs = clock.monotonicMs();
    metrics.configurationSent(generation);
    health.update(delta.backends);
    fleet.publish(delta);
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => {
      log.warn({ generation }, 'configuration is not served yet: a worker is stalled');
      onStalled();
    }, STALLED_MS);
  }
}
