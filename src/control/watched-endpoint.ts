// What is known of the health of one endpoint, and what follows from what happens to it. Time is an argument.
import type { BackendHealth } from '../model/configuration.ts';
import type { HealthState } from '../model/health-board.ts';
import type { CheckFailed, CheckResult } from './probe.ts';

/** Why an endpoint is in its state. */
export type StateReason =
  | 'added'
  | 'check-failed'
  | 'check-passed'
  | 'failures-in-a-row'
  | 'ejection-over'
  | 'slow-start-over';

/** When Kubernetes began to take an endpoint away, and how many WebSockets it had then. */
type Drain = { readonly sinceMs: number; readonly webSockets: number };

/** However often it fails. */
const MAX_EJECTION_MS = 300_000;

export class WatchedEndpoint {
  readonly slot: number;
  /** Of its last change. */
  reason: StateReason = 'added';
  sinceMs: number;
  /** Undefined while Kubernetes lets it stay: that is no health of its own, but its users feel it. */
  drain: Drain | undefined;
  /** What its last check said; undefined before the first. */
  lastCheck: CheckResult | undefined;
  /** The last check that failed, and how. */
  lastFailure: CheckFailed | undefined;
  /** Checks in a row that said the other thing than what holds. */
  #against = 0;
  #isFailing = false;
  #ejectedUntilMs: number | undefined;
  #ejectionMs = 0;
  #returnedMs = 0;
  #slowUntilMs: number | undefined;

  constructor(slot: number, nowMs: number) {
    this.slot = slot;
    this.sinceMs = nowMs;
  }

  get state(): HealthState {
    if (this.#isFailing) return 'unhealthy';
    if (this.#ejectedUntilMs !== undefined) return 'ejected';
    return this.#slowUntilMs === undefined ? 'ready' : 'slow-start';
  }

  /** Its checks fail, whatever else. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  get isEjected(): boolean {
    return this.#ejectedUntilMs !== undefined;
  }

  /** Something is to happen to it without anybody's doing. */
  get isPassing(): boolean {
    return this.#ejectedUntilMs !== undefined || this.#slowUntilMs !== undefined;
  }

  /** The same endpoint under other settings: what is known of it stays true. */
  adopt(known: WatchedEndpoint): void {
    this.lastCheck = known.lastCheck;
    this.lastFailure = known.lastFailure;
    this.reason = known.reason;
    this.drain = known.drain;
    this.sinceMs = known.sinceMs;
    this.#against = known.#against;
    this.#isFailing = known.#isFailing;
    this.#ejectedUntilMs = known.#ejectedUntilMs;
    this.#ejectionMs = known.#ejectionMs;
    this.#returnedMs = known.#returnedMs;
    this.#slowUntilMs = known.#slowUntilMs;
  }

  startSlowly({ slowStartMs }: Pick<BackendHealth, 'slowStartMs'>, nowMs: number): void {
    if (slowStartMs > 0) this.#slowUntilMs = nowMs + slowStartMs;
  }

  checked(result: CheckResult, health: BackendHealth, nowMs: number): void {
    this.lastCheck = result;
    if (result.kind === 'failed') this.lastFailure = result;
    const passed = result.kind === 'passed';
    if (passed !== this.#isFailing) {
      this.#against = 0;
      return;
    }
    const { healthyThreshold = 1, unhealthyThreshold = 1 } = health.check ?? {};
    this.#against++;
    if (this.#against < (passed ? healthyThreshold : unhealthyThreshold)) return;
    this.#against = 0;
    this.#isFailing = !passed;
    if (passed) this.startSlowly(health, nowMs);
    else this.#slowUntilMs = undefined;
    if (!passed) this.#change('check-failed', nowMs);
    else this.#change(this.isEjected ? 'failures-in-a-row' : 'check-passed', nowMs);
  }

  /** For twice as long as before, where it fails again soon after it came back. */
  eject({ ejection: { baseTimeMs } }: BackendHealth, nowMs: number): void {
    const isBackOff = this.#ejectionMs > 0 && nowMs - this.#returnedMs < 2 * this.#ejectionMs;
    const wanted = isBackOff ? 2 * this.#ejectionMs : baseTimeMs;
    this.#ejectionMs = Math.min(wanted, Math.max(MAX_EJECTION_MS, baseTimeMs));
    this.#ejectedUntilMs = nowMs + this.#ejectionMs;
    this.#slowUntilMs = undefined;
    this.#change('failures-in-a-row', nowMs);
  }

  /** What time alone brings. */
  advance(health: BackendHealth, nowMs: number): void {
    if (this.#ejectedUntilMs !== undefined && nowMs >= this.#ejectedUntilMs) {
      this.#ejectedUntilMs = undefined;
      this.#returnedMs = nowMs;
      // Its checks say what holds of it, and since when.
      if (this.#isFailing) return;
      this.startSlowly(health, nowMs);
      this.#change('ejection-over', nowMs);
    } else if (this.#slowUntilMs !== undefined && nowMs >= this.#slowUntilMs) {
      this.#slowUntilMs = undefined;
      this.#change('slow-start-over', nowMs);
    }
  }

  #change(reason: StateReason, nowMs: number): void {
    this.reason = reason;
    this.sinceMs = nowMs;
  }
}
