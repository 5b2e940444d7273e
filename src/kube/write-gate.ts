// When nothing may be written for a while: the API server is away or overloaded, or a right is missing. Says so once.
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../observe/log.ts';
import type { ApiFailure, FailureReason } from './api-failure.ts';
import { Backoff, type BackoffTiming } from './backoff.ts';

export type WriteGateOptions = {
  readonly clock: Clock;
  readonly timing: BackoffTiming;
  readonly chance: () => number;
  readonly log: Logger;
  /** What is written, for the log: `statuses`. */
  readonly what: string;
};

/** One right: objects that are allowed or refused together. */
export type WriteScope = {
  /** Verbs as RBAC names them. */
  readonly verbs: string;
  /** Resource as RBAC names it: `ingresses/status`. */
  readonly resource: string;
  readonly namespace: string;
};

/** Who has a right missing asks again within minutes; of whom nothing was heard for so long, the namespace may be gone. */
const FORGET_MS = 3_600_000;

export class WriteGate {
  readonly #options: WriteGateOptions;
  #backoff: Backoff;
  #opensMs = Number.NEGATIVE_INFINITY;
  #reason: FailureReason | undefined;
  /** When to try again what was forbidden; one for each kind and namespace of which there are objects. */
  readonly #forbidden = new Map<string, number>();

  constructor(options: WriteGateOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.timing, options.chance);
  }

  /** How long nothing at all should be sent. */
  get waitMs(): number {
    return Math.max(0, this.#opensMs - this.#options.clock.monotonicMs());
  }

  /** How long nothing of this scope should be sent. */
  waitOfScopeMs(scope: WriteScope): number {
    const opensMs = this.#forbidden.get(keyOf(scope)) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, opensMs - this.#options.clock.monotonicMs());
  }

  /** @returns whether the gate holds back what failed; else the failure is about that one object */
  failed(failure: ApiFailure, scope: WriteScope): boolean {
    if (failure.reason === 'forbidden') this.#forbid(failure, scope);
    else if (isAboutServer(failure)) this.#close(failure);
    else return false;
    return true;
  }

  /** The server has done a write of this scope. */
  succeeded(scope: WriteScope): void {
    const { log, what, timing, chance } = this.#options;
    if (this.#forbidden.delete(keyOf(scope))) log.info({ ...scope }, `${what} may be written again`);
    if (this.#reason === undefined) return;
    log.info({ after: this.#reason }, `${what} are written again`);
    this.#reason = undefined;
    this.#backoff = new Backoff(timing, chance);
  }

  #forbid(failure: ApiFailure, scope: WriteScope): void {
    const { clock, timing, log, what, chance } = this.#options;
    const { verbs, resource, namespace } = scope;
    const key = keyOf(scope);
    const nowMs = clock.monotonicMs();
    for (const [each, opensMs] of this.#forbidden)
      if (nowMs - opensMs > FORGET_MS) this.#forbidden.delete(each);
    if (!this.#forbidden.has(key)) {
      const remedy = `Grant the controller ${verbs} on ${resource} in namespace ${namespace}`;
      log.warn({ resource, namespace, problem: failure.message, remedy }, `${what} may not be written`);
    }
    this.#forbidden.set(key, nowMs + (timing.forbiddenMs * (1 + chance())) / 2);
  }

  #close(failure: ApiFailure): void {
    const { clock, log, what } = this.#options;
    const nowMs = clock.monotonicMs();
    // Writes that were under way together fail together, and are one failure.
    if (nowMs >= this.#opensMs) this.#opensMs = nowMs + this.#backoff.nextMs(failure, nowMs);
    if (this.#reason === failure.reason) return;
    this.#reason = failure.reason;
    const { reason, status, message } = failure;
    log.warn({ reason, status, problem: message }, `${what} cannot be written; tried again`);
  }
}

const serverReasons: ReadonlySet<FailureReason> = new Set([
  'connection',
  'timeout',
  'throttled',
  'unauthorized',
  'credentials',
]);

/** A 500 may be about one object; these are said by what stands before the API server, or by one that is about to go. */
const serverStatuses: ReadonlySet<unknown> = new Set([502, 503, 504]);

function isAboutServer({ reason, status }: ApiFailure): boolean {
  return serverReasons.has(reason) || serverStatuses.has(status);
}

function keyOf({ resource, namespace }: WriteScope): string {
  return `${resource} ${namespace}`;
}
