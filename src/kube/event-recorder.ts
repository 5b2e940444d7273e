// Tells what is wrong as Events, beside the objects it is wrong with: by the leader alone, and never faster than allowed.
// Nobody waits for an Event and nothing depends on one: what cannot be told in time is dropped and counted.
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../observe/log.ts';
import { type ApiFailure, failureOf } from './api-failure.ts';
import type { BackoffTiming } from './backoff.ts';
import { EventMemory } from './event-memory.ts';
import {
  eventName,
  type EventNote,
  eventObject,
  eventsPath,
  type EventSource,
  namespaceOf,
  seriesPatch,
} from './event-note.ts';
import { pause, type Timers } from './timing.ts';
import { type BucketLimits, BucketSet, TokenBucket } from './token-bucket.ts';
import type { WriteApi } from './write-api.ts';
import { WriteGate } from './write-gate.ts';

/** Of one object: the figures of client-go. */
const OBJECT_LIMITS: BucketLimits = { burst: 25, refillMs: 300_000 };
/** Of all objects together. */
const TOTAL_LIMITS: BucketLimits = { burst: 50, refillMs: 200 };
const MAX_QUEUE = 1_000;
/** Between two looks at the notes; what is told was there at both. */
const LOOK_MS = 1_000;
/** Objects whose pace is remembered before those that have been quiet are forgotten. */
const MAX_BUCKETS = 2_000;

const eventTiming: BackoffTiming = {
  backoffMs: 800,
  maxBackoffMs: 60_000,
  healthyMs: 120_000,
  forbiddenMs: 60_000,
  unknownKindMs: 60_000,
};

export type EventRecorderOptions = EventSource & {
  readonly api: Pick<WriteApi, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly chance: () => number;
  readonly log: Logger;
  /** Asked before each write, besides `lead`. */
  readonly isLeader: () => boolean;
};

/** A note on its way; the name stays over retries, so that a lost answer does not make two Events. */
type Waiting = { readonly note: EventNote; readonly name: string };

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #memory = new EventMemory();
  readonly #gate: WriteGate;
  readonly #queue = new Map<string, Waiting>();
  readonly #objects = new BucketSet(OBJECT_LIMITS, MAX_BUCKETS);
  readonly #total: TokenBucket;
  #notes: readonly EventNote[] = [];
  #cancelLook: (() => void) | undefined;
  #term: AbortController | undefined;
  #running: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#gate = new WriteGate({ ...options, timing: eventTiming, what: 'events' });
    this.#total = new TokenBucket(TOTAL_LIMITS, options.clock.monotonicMs());
  }

  /** Notes that were not told because there were too many, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All notes as they are now: the new ones are told if they last for a second or two, old ones again every half hour. */
  tell(notes: readonly EventNote[]): void {
    this.#notes = notes;
    this.#lookLater();
  }

  /** To be called at each change of leadership; a new leader tells all that it has not told itself before. */
  lead(isLeader: boolean): void {
    if (isLeader === (this.#term !== undefined)) return;
    this.#term?.abort();
    this.#term = isLeader ? new AbortController() : undefined;
    this.#queue.clear();
    if (isLeader) this.#offer();
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.lead(false);
    await this.#running;
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#options.timers.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      const hasNew = this.#memory.see(this.#notes);
      if (this.#term !== undefined) this.#offer();
      if (hasNew) this.#lookLater();
    });
  }

  #offer(): void {
    const { clock, chance } = this.#options;
    for (const [identity, note] of this.#memory.untold(clock.monotonicMs())) {
      if (this.#queue.has(identity)) continue;
      if (this.#queue.size >= MAX_QUEUE || !this.#isAllowed(note)) this.#dropped += 1;
      else this.#queue.set(identity, { note, name: eventName(note, clock.epochMs(), chance) });
    }
    this.#start();
  }

  #start(): void {
    const { signal } = this.#term ?? {};
    if (signal === undefined || this.#running !== undefined || this.#queue.size === 0) return;
    this.#running = this.#run(signal).finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, timers, isLeader } = this.#options;
    for (const [identity, waiting] of this.#queue) {
      const waitMs = Math.max(this.#gate.waitMs, this.#total.waitMs(clock.monotonicMs()));
      if (waitMs > 0) await pause(timers, waitMs, signal);
      if (signal.aborted) return;
      if (!isLeader()) return this.#queue.clear();
      this.#queue.delete(identity);
      // It may be over by now.
      if (!this.#memory.isUntold(identity, clock.monotonicMs())) continue;
      this.#total.take(clock.monotonicMs());
      await this.#send(identity, waiting, signal);
    }
  }

  async #send(identity: string, waiting: Waiting, signal: AbortSignal): Promise<void> {
    const { note } = waiting;
    const scope = { verbs: 'create and patch', resource: 'events', namespace: namespaceOf(note) };
    if (this.#gate.waitOfScopeMs(scope) > 0) {
      this.#dropped += 1;
      return;
    }
    try {
      await this.#write(identity, waiting, signal);
      if (!signal.aborted) this.#gate.succeeded(scope);
    } catch (error) {
      if (signal.aborted) return;
      const failure = failureOf(error);
      if (!this.#gate.failed(failure, scope)) this.#settle(identity, waiting, failure);
      else if (failure.reason !== 'forbidden') this.#queue.set(identity, waiting);
    }
  }

  async #write(identity: string, { note, name }: Waiting, signal: AbortSignal): Promise<void> {
    const { api, clock } = this.#options;
    const namespace = namespaceOf(note);
    const last = this.#memory.lastOf(identity);
    if (last === undefined) {
      const event = eventObject(note, name, this.#options, clock.epochMs());
      await api.create(eventsPath(namespace), event, signal);
      this.#memory.tell(identity, { name, count: 1 }, clock.monotonicMs());
    } else {
      const count = last.count + 1;
      await api.patch(eventsPath(namespace, last.name), seriesPatch(count, clock.epochMs()), signal);
      this.#memory.tell(identity, { name: last.name, count }, clock.monotonicMs());
    }
  }

  /** Failures of this one Event. */
  #settle(identity: string, waiting: Waiting, failure: ApiFailure): void {
    const { log, clock } = this.#options;
    const { reason, message, status } = failure;
    if (reason === 'not-found' && this.#memory.lastOf(identity) !== undefined) {
      // Events live for an hour.
      this.#memory.forget(identity);
      this.#queue.set(identity, waiting);
      return;
    }
    // A server in trouble may take it when notes are told the next time.
    if (reason === 'server') return;
    // Already there: the answer to an earlier attempt was lost. Its namespace is gone or going. All else would fail again.
    this.#memory.tell(identity, { name: waiting.name, count: 1 }, clock.monotonicMs());
    if (reason === 'conflict' || reason === 'not-found') return;
    const { regarding, reason: about } = waiting.note;
    log.warn({ regarding, about, reason, status, problem: message }, 'an event cannot be written');
  }

  #isAllowed({ regarding }: EventNote): boolean {
    const { kind, namespace, name, uid } = regarding;
    return this.#objects.take(`${kind} ${namespace} ${name} ${uid}`, this.#options.clock.monotonicMs());
  }
}
