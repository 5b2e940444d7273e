// The health of all endpoints: checks them, ejects those that fail requests, and writes what holds of each into the
// memory that workers read. Runs on the main thread, which never touches a request.
import { clearInterval, setInterval } from 'node:timers';
import type { Clock } from '../model/clock.ts';
import type { Backend, Configuration, Endpoint } from '../model/configuration.ts';
import type { Changes, PlacedBackend } from '../model/delta.ts';
import type { Finding } from '../model/finding.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { Logger } from '../observe/log.ts';
import type { MainMetrics } from '../observe/main-metrics.ts';
import { CheckSchedule, DEFAULT_SCHEDULE_LIMITS, type ScheduleLimits } from './check-schedule.ts';
import { FailureStreaks } from './failure-streaks.ts';
import { mayEject } from './ejection.ts';
import { failingBackends, findingsOf } from './health-findings.ts';
import { LeftEndpoints } from './left-endpoints.ts';
import { LoopLag } from './loop-lag.ts';
import type { CheckFailed, CheckResult, StartProbe } from './probe.ts';
import { WatchedEndpoint } from './watched-endpoint.ts';

export type HealthOptions = {
  readonly state: SharedState;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly startProbe: StartProbe;
  readonly log: Logger;
  readonly metrics: Pick<MainMetrics, 'healthChecked' | 'endpointEjected'>;
  /** What is told of endpoints has changed. */
  readonly onChanged: () => void;
  readonly limits?: ScheduleLimits;
};

/** An endpoint in one backend. */
export type Member = {
  readonly watched: WatchedEndpoint;
  backend: Backend;
  endpoint: Endpoint;
  cancelProbe: (() => void) | undefined;
};

const TICK_MS = 100;
const TELL_MS = 1_000;

export class HealthMonitor {
  readonly left: LeftEndpoints;
  readonly #options: HealthOptions;
  readonly #schedule: CheckSchedule<Member>;
  readonly #streaks: FailureStreaks;
  readonly #lag = new LoopLag(TICK_MS);
  /** By key of the backend. */
  readonly #backends = new Map<string, readonly Member[]>();
  readonly #bySlot = new Map<number, Member>();
  /** By what is asked of whom. */
  readonly #byQuestion = new Map<string, Member>();
  /** Those to whom time alone will bring something. */
  readonly #passing = new Set<Member>();
  #failuresSeen = 0;
  /** Something is to be told, and when something was told last. */
  #isChanged = false;
  #toldMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.left = new LeftEndpoints(options.state);
    this.#schedule = new CheckSchedule(options.limits ?? DEFAULT_SCHEDULE_LIMITS, options.random);
    this.#streaks = new FailureStreaks(options.state.rows);
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const member of this.#bySlot.values()) member.cancelProbe?.();
  }

  /** Before the workers hear of these backends: a slot that had another endpoint must be clean by then. */
  update({ set, removed }: Changes<PlacedBackend>): void {
    const left: Member[] = [];
    for (const placed of set) left.push(...this.#place(placed));
    for (const key of removed) {
      left.push(...(this.#backends.get(key) ?? []));
      this.#backends.delete(key);
    }
    for (const member of left) this.#drop(member);
  }

  /** Several times a second. */
  tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#lag.tick(nowMs);
    for (const member of this.#passing) {
      this.#change(member, () => member.watched.advance(member.backend.health, nowMs));
      if (!member.watched.isPassing) this.#passing.delete(member);
    }
    this.#ejectFailing(nowMs);
    for (const member of this.#schedule.take(nowMs)) this.#check(member);
    this.#tellChanges(nowMs);
  }

  // === what is told ===

  at(slot: number): WatchedEndpoint | undefined {
    return this.#bySlot.get(slot)?.watched;
  }

  /** Endpoints that get no users though Kubernetes calls them ready. */
  unhealthyCount(backendKey: string): number {
    const members = this.#backends.get(backendKey) ?? [];
    return members.filter((member) => isReady(member) && !takesUsers(member)).length;
  }

  /** Sites none of whose endpoints pass their checks, said of whom they belong to. */
  findings({ sites }: Pick<Configuration, 'sites'>): readonly Finding[] {
    return findingsOf(sites.values(), failingBackends(this.#backends.values()));
  }

  // === who is watched ===

  /** Gives those that have left. */
  #place({ backend, slots }: PlacedBackend): readonly Member[] {
    const before = this.#backends.get(backend.key) ?? [];
    const members = backend.endpoints.map((endpoint, at) => {
      const slot = slots[at] ?? 0;
      const known = this.#bySlot.get(slot);
      if (known?.backend.key === backend.key && known.endpoint.identity === endpoint.identity)
        return this.#noteDrain(Object.assign(known, { backend, endpoint }));
      return this.#begin({ backend, endpoint, slot }, before.length > 0);
    });
    this.#backends.set(backend.key, members);
    return before.filter((member) => !members.includes(member));
  }

  /** @param isAddition others of its backend were there before: it starts slowly beside them */
  #begin(
    { backend, endpoint, slot }: { backend: Backend; endpoint: Endpoint; slot: number },
    isAddition: boolean,
  ): Member {
    const nowMs = this.#options.clock.monotonicMs();
    const watched = new WatchedEndpoint(slot, nowMs);
    const member: Member = { watched, backend, endpoint, cancelProbe: undefined };
    const twin = this.#byQuestion.get(questionOf(member));
    if (twin !== undefined) watched.adopt(twin.watched);
    else if (isAddition) watched.startSlowly(backend.health, nowMs);
    this.#bySlot.set(slot, member);
    this.left.forget(slot);
    this.#byQuestion.set(questionOf(member), member);
    this.#streaks.begin(slot);
    const { check } = backend.health;
    if (check !== undefined) this.#schedule.add(member, check.intervalMs, nowMs);
    this.#publish(member);
    return this.#noteDrain(member);
  }

  #noteDrain(member: Member): Member {
    const { watched, endpoint } = member;
    const { clock, state } = this.#options;
    if (endpoint.state === 'ready') watched.drain = undefined;
    else watched.drain ??= { sinceMs: clock.monotonicMs(), webSockets: state.tunnels(watched.slot) };
    if (watched.drain !== undefined) state.health.setDraining(watched.slot, watched.drain.sinceMs);
    return member;
  }

  #drop(member: Member): void {
    member.cancelProbe?.();
    this.#schedule.remove(member);
    this.#passing.delete(member);
    if (this.#byQuestion.get(questionOf(member)) === member) this.#byQuestion.delete(questionOf(member));
    const { slot } = member.watched;
    if (this.#bySlot.get(slot) !== member) return;
    this.#bySlot.delete(slot);
    this.#noteLeft(member);
    this.#streaks.forget(slot);
    // Workers choose among it until they have heard: who gets no users must not look healthy. Of slow starts some are
    // counted. Whoever has the slot next writes what holds of it.
    if (member.watched.state === 'slow-start') this.#options.state.health.set(slot, 'ready', 0);
  }

  #noteLeft({ watched: { slot, drain }, backend, endpoint }: Member): void {
    const { state, clock } = this.#options;
    const webSocketsAtDrain = drain?.webSockets ?? state.tunnels(slot);
    const { service } = backend;
    this.left.add({ slot, service, endpoint, sinceMs: clock.monotonicMs(), webSocketsAtDrain });
  }

  // === what happens to them ===

  #check(member: Member): void {
    const { backend, endpoint } = member;
    const { check } = backend.health;
    const { clock, startProbe, metrics } = this.#options;
    if (check === undefined) return;
    const laggedBeforeMs = this.#lag.totalMs(clock.monotonicMs());
    const { tls, sourceAddresses } = backend;
    member.cancelProbe = startProbe({ endpoint, tls, check, sourceAddresses }, (result) => {
      const nowMs = clock.monotonicMs();
      member.cancelProbe = undefined;
      this.#schedule.finished(member, check.intervalMs, nowMs);
      const laggedMs = this.#lag.totalMs(nowMs) - laggedBeforeMs;
      // It may have been us who were too late.
      const isDoubtful =
        result.kind === 'failed' && result.failure === 'timeout' && laggedMs > check.timeoutMs / 4;
      metrics.healthChecked(isDoubtful ? 'inconclusive' : wordOf(result));
      if (!isDoubtful)
        this.#change(member, () => member.watched.checked(result, member.backend.health, nowMs));
    });
  }

  #ejectFailing(nowMs: number): void {
    let failures = 0;
    for (const row of this.#options.state.rows) failures += row.signal('failures');
    if (failures === this.#failuresSeen) return;
    this.#failuresSeen = failures;
    for (const [slot, member] of this.#bySlot) {
      if (!this.#streaks.hasFailures(slot)) continue;
      // What comes from before it was ejected says nothing about the time after.
      if (member.watched.isEjected) this.#streaks.begin(slot);
      const { health } = member.backend;
      if (this.#streaks.read(slot) < health.ejection.consecutiveFailures) continue;
      this.#streaks.begin(slot);
      const isAllowed = mayEject(member, this.#backends.get(member.backend.key) ?? []);
      this.#options.metrics.endpointEjected(isAllowed ? 'ejected' : 'held-back');
      if (isAllowed) this.#change(member, () => member.watched.eject(health, nowMs));
    }
  }

  #change(member: Member, act: () => void): void {
    const { watched } = member;
    const [before, failureBefore] = [watched.state, watched.lastFailure];
    act();
    if (watched.state !== before) {
      this.#publish(member);
      this.#tell(member, before);
    } else if (!watched.isFailing || isSameFailure(failureBefore, watched.lastFailure)) return;
    this.#isChanged = true;
  }

  /** What follows from it goes through all objects: however many endpoints come and go, that happens seldom. */
  #tellChanges(nowMs: number): void {
    if (!this.#isChanged || nowMs - this.#toldMs < TELL_MS) return;
    this.#isChanged = false;
    this.#toldMs = nowMs;
    this.#options.onChanged();
  }

  #publish(member: Member): void {
    const { slot, state, sinceMs, isPassing } = member.watched;
    this.#options.state.health.set(slot, state, sinceMs);
    if (isPassing) this.#passing.add(member);
  }

  #tell({ watched, endpoint, backend }: Member, before: string): void {
    const { namespace, name, port } = backend.service;
    const facts = {
      service: `${namespace}/${name}:${port}`,
      endpoint: endpoint.name,
      before,
      state: watched.state,
      reason: watched.reason,
      ...(watched.isFailing ? { check: watched.lastFailure } : {}),
    };
    if (watched.state === 'unhealthy' || watched.state === 'ejected')
      this.#options.log.warn(facts, 'endpoint gets no users');
    else this.#options.log.info(facts, 'endpoint takes users');
  }
}

function isReady({ endpoint }: Member): boolean {
  return endpoint.state === 'ready';
}

function takesUsers({ watched: { state } }: Member): boolean {
  return state === 'ready' || state === 'slow-start';
}

/** The same endpoint, asked the same, in a backend of other settings: a change of those must not heal it. */
function questionOf({ backend: { service, health }, endpoint }: Member): string {
  return JSON.stringify([service.namespace, service.name, endpoint.identity, health.check?.path]);
}

function wordOf(result: CheckResult) {
  return result.kind === 'passed' ? 'passed' : result.failure;
}

function isSameFailure(a: CheckFailed | undefined, b: CheckFailed | undefined): boolean {
  return a?.failure === b?.failure && a?.status === b?.status;
}
