// The workers: started, given the configuration, watched and replaced. A worker's end takes only its own connections.
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../model/clock.ts';
import type { BoundPorts, Delta, FromWorker, ToWorker } from '../model/delta.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { Logger } from '../observe/log.ts';
import type { SeriesReader } from '../observe/series-reader.ts';
import { Member } from './member.ts';

export type FleetOptions = {
  readonly workers: number;
  readonly spawn: (worker: number) => Worker;
  readonly state: SharedState;
  readonly reader: SeriesReader;
  readonly clock: Clock;
  readonly log: Logger;
  /** Everything that is served now, for a worker that has nothing. */
  readonly snapshot: () => Delta;
  readonly takeLines: (worker: number, lines: Uint8Array) => void;
  /** Every live worker serves at least this generation. */
  readonly onServed: (generation: number) => void;
  readonly onRestarted: () => void;
  /** Between two looks at the heartbeats, a second by default. */
  readonly watchMs?: number;
};

const WATCH_MS = 1_000;
/** A look a second. */
const SILENT_LOOKS = 15;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #members: readonly Member[];
  readonly #started = Promise.withResolvers<BoundPorts>();
  #ports: BoundPorts | undefined;
  #watch: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isStopping = false;
  #served = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.workers }, (_, index) => new Member(index));
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** The first worker binds, the others take its ports; resolves when all listen, rejects when one cannot. */
  start(): Promise<BoundPorts> {
    this.#watch = setInterval(() => this.#replaceSilent(), this.#options.watchMs ?? WATCH_MS);
    const first = this.#members[0];
    if (first !== undefined) this.#spawn(first);
    return this.#started.promise;
  }

  publish(delta: Delta): void {
    for (const member of this.#members) if (member.isLive) member.deliver(delta);
  }

  /** The oldest generation that a live worker serves. */
  get acknowledged(): number {
    const live = this.#members.filter((member) => member.isLive);
    return live.length === 0 ? 0 : Math.min(...live.map((member) => member.generation));
  }

  lameDuck(): void {
    for (const member of this.#members) member.send({ kind: 'lame-duck' });
  }

  /** Lets all connections end, WebSockets within `closeWithinMs`; what is left at `timeoutMs` is cut. */
  async drain(closeWithinMs: number, timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    const message: ToWorker = { kind: 'drain', closeWithinMs };
    for (const member of this.#members) member.send(message);
    const timeUp = Promise.withResolvers<void>();
    const timer = setTimeout(timeUp.resolve, timeoutMs);
    const live = this.#members.filter((member) => member.isLive);
    await Promise.race([Promise.all(live.map((member) => member.drained)), timeUp.promise]);
    clearTimeout(timer);
    await this.close();
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    await Promise.all(this.#members.map((member) => member.terminate()));
  }

  #spawn(member: Member): void {
    if (this.#isStopping) return;
    const worker = this.#options.spawn(member.index);
    member.begin(worker, this.#options.clock.monotonicMs());
    worker.on('message', (message: FromWorker) => this.#hear(member, message));
    worker.on('error', (error) =>
      this.#options.log.error({ err: error, worker: member.index }, 'worker failed'),
    );
    worker.on('exit', () => this.#onExit(member));
    member.deliver(this.#options.snapshot());
  }

  #hear(member: Member, message: FromWorker): void {
    switch (message.kind) {
      case 'part-taken':
        member.partTaken();
        return;
      case 'acknowledged':
        this.#onAcknowledged(member, message.generation);
        member.partTaken();
        return;
      case 'snapshot-wanted':
        member.forgetParts();
        member.deliver(this.#options.snapshot());
        return;
      case 'listening':
        this.#onListening(member, message.ports);
        return;
      case 'series':
        this.#options.reader.announced(member.index, message);
        return;
      case 'log':
        this.#options.takeLines(member.index, message.lines);
        return;
      case 'drained':
        member.markDrained();
        return;
      case 'failed':
        this.#onFailed(member, message.message);
    }
  }

  /** At the start nothing can be served. Later the port may be free again soon: its successor tries. */
  #onFailed(member: Member, reason: string): void {
    this.#options.log.error({ worker: member.index, reason }, 'worker cannot listen');
    if (this.#isStarted) void member.terminate();
    else this.#started.reject(new Error(reason));
  }

  #onAcknowledged(member: Member, generation: number): void {
    const isFirst = member.generation === 0;
    member.generation = generation;
    // A worker listens only when it has something to serve.
    if (isFirst) member.send({ kind: 'listen', ports: this.#ports });
    const served = this.acknowledged;
    if (served <= this.#served) return;
    this.#served = served;
    this.#options.onServed(served);
  }

  #onListening(member: Member, ports: BoundPorts): void {
    member.isListening = true;
    if (this.#ports === undefined) {
      this.#ports = ports;
      for (const other of this.#members) if (other !== member) this.#spawn(other);
    }
    if (!this.#members.every((each) => each.isListening)) return;
    this.#isStarted = true;
    this.#started.resolve(this.#ports);
  }

  #onExit(member: Member): void {
    const delayMs = member.end(this.#options.clock.monotonicMs());
    this.#options.reader.retire(member.index);
    if (this.#isStopping) return;
    this.#options.log.error({ worker: member.index, restartInMs: delayMs }, 'worker ended and is replaced');
    this.#options.onRestarted();
    setTimeout(() => this.#spawn(member), delayMs);
  }

  /** A worker whose event loop stands still serves nobody; its port share is better off with the others. */
  #replaceSilent(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const member of this.#members) {
      const beat = this.#options.state.row(member.index).signal('heartbeat');
      if (member.silentLooks(beat, nowMs) < SILENT_LOOKS) continue;
      this.#options.log.error({ worker: member.index }, 'worker is silent and is terminated');
      void member.terminate();
    }
  }
}
