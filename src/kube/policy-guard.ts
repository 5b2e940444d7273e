// The guard of policies: their definition (CRD) may be deleted with all of them, or replaced by an older one that
// drops fields. Either must never open or close a site by itself (design: "The policies must not vanish unnoticed").
import { get } from '../api/json-access.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../api/policy.ts';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../observe/log.ts';
import type { ObjectApi } from './api-client.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import type { Guard, ListChange } from './guard.ts';
import { policies } from './resource.ts';
import type { ServedSchema } from './served-schema.ts';
import { drawMs, type WatchTiming } from './timing.ts';

const DISCOVERY_PATH = `/apis/${POLICY_API_VERSION}`;
/** So often a schema that the API server does not show is asked for in short steps. */
const MAX_SHORT_STEPS = 12;

export type PolicyGuardOptions = {
  readonly api: ObjectApi;
  readonly clock: Clock;
  readonly timing: WatchTiming;
  readonly chance: () => number;
  readonly log: Logger;
  /** One for all namespaces. */
  readonly schema: ServedSchema;
};

export class PolicyGuard implements Guard {
  readonly #options: PolicyGuardOptions;
  /** Until when policies stay that no list has any more, on the monotonic clock. */
  #held = new Map<string, number>();
  #shortSteps = 0;

  constructor(options: PolicyGuardOptions) {
    this.#options = options;
  }

  async admit(signal: AbortSignal): Promise<number> {
    const { schema, timing, chance } = this.#options;
    const verdict = await schema.check(signal);
    this.#shortSteps = verdict === 'absent' ? this.#shortSteps + 1 : 0;
    const isSoon = this.#shortSteps > 0 && this.#shortSteps <= MAX_SHORT_STEPS;
    return isSoon ? timing.unknownDefinitionMs : drawMs(timing.definitionMs, chance);
  }

  /**
   * While the definition stands, single policies go at once. Where all are gone they stay for a while: a definition
   * that was deleted and created anew looks like that, and whoever did it is about to apply the policies again.
   */
  async holdBack({ known, listed }: ListChange, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const missing = [...known.keys()].filter((key) => !listed.has(key));
    if (missing.length > 0) await this.#requireDefinition(signal);
    const { clock, timing, log } = this.#options;
    const nowMs = clock.monotonicMs();
    const isAllGone = missing.length > 0 && missing.length === known.size;
    const held = new Map<string, number>();
    for (const key of missing) {
      const untilMs = this.#held.get(key) ?? (isAllGone ? nowMs + timing.allGoneMs : nowMs);
      if (untilMs > nowMs) held.set(key, untilMs);
    }
    if (held.size > 0 && this.#held.size === 0) {
      log.warn(
        { count: held.size, keptMs: timing.allGoneMs },
        'all policies are gone; they stay for a while',
      );
    } else if (held.size === 0 && this.#held.size > 0) {
      log.warn(
        { count: this.#held.size, gone: missing.length },
        'policies that were all gone stay no longer',
      );
    }
    this.#held = held;
    return new Set(held.keys());
  }

  /** A definition that is being deleted can do everything but create (seen on Kubernetes 1.37). */
  async #requireDefinition(signal: AbortSignal): Promise<void> {
    const verbs = await this.#verbs(signal);
    if (verbs === undefined || verbs.includes('create')) return;
    throw new ApiFailure('not-found', `The definition of ${POLICY_KIND} is being deleted`);
  }

  /** What may be done with policies; undefined where the API server does not say. */
  async #verbs(signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    let document: unknown;
    try {
      document = await this.#options.api.get(DISCOVERY_PATH, {}, signal);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.reason === 'forbidden' || failure.reason === 'malformed') return undefined;
      throw failure;
    }
    const resources = get(document, 'resources');
    if (!Array.isArray(resources)) return undefined;
    const found: unknown = resources.find((each) => get(each, 'name') === policies.plural);
    if (found === undefined) throw new ApiFailure('not-found', `The kind ${POLICY_KIND} is no longer served`);
    const verbs = get(found, 'verbs');
    return Array.isArray(verbs) ? verbs : undefined;
  }
}
