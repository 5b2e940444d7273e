// The guard of policies: their definition (CRD) may be deleted with all of them, or replaced by an older one that
// drops fields. Either must never open or close a site by itself (design: "The policies must not vanish unnoticed").
import type { ApiObject } from '../api/objects.ts';
import { get } from '../api/json-access.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../api/policy.ts';
import type { Clock } from '../model/clock.ts';
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { ObjectApi } from './api-client.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import type { Guard, HeldBack, ListChange } from './guard.ts';
import { lostFields } from './lost-fields.ts';
import { type ObjectRecord, policies } from './resource.ts';
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

type Told = ObjectRecord<ApiObject>;

export class PolicyGuard implements Guard {
  readonly #options: PolicyGuardOptions;
  /** Until when policies stay that no list has any more, on the monotonic clock. */
  #gone = new Map<string, number>();
  /** What policies have lost that stay as they were. */
  #pruned = new Map<string, readonly string[]>();
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

  /** For two seconds after a definition was replaced its watches go on and tell what has lost fields already. */
  doubts(known: Told, told: Told): boolean {
    const isDoubtful = known.uid === told.uid && lostSince(known, told).length > 0;
    if (!isDoubtful) this.#pruned.delete(told.key);
    return isDoubtful;
  }

  async holdBack(change: ListChange, signal: AbortSignal): Promise<HeldBack> {
    const missing = [...change.known.keys()].filter((key) => !change.listed.has(key));
    if (missing.length > 0) await this.#requireDefinition(signal);
    this.#gone = this.#stillHeld(change, missing);
    this.#pruned = this.#prunedOf(change);
    return { gone: new Set(this.#gone.keys()), pruned: new Set(this.#pruned.keys()) };
  }

  /** Policies that stay as they were because the cluster has lost parts of them. */
  findings(): readonly Finding[] {
    return [...this.#pruned].map(([key, fields]) => {
      const [namespace = '', name = ''] = key.split('/');
      const lost = fields.join(', ');
      return {
        severity: 'error',
        object: { kind: POLICY_KIND, namespace, name },
        field: fields[0] ?? '',
        reason: 'SchemaOutdated',
        message: `An older definition of ${POLICY_KIND} has removed ${lost} from the policy; it stays in force as it was`,
        remedy: 'Apply the policy again; without that the fields are lost when the controller starts anew',
      };
    });
  }

  /**
   * While the definition stands, single policies go at once. Where all are gone they stay for a while: a definition
   * that was deleted and created anew looks like that, and whoever did it is about to apply the policies again.
   */
  #stillHeld({ known, listed }: ListChange, missing: readonly string[]): Map<string, number> {
    const { clock, timing, log } = this.#options;
    const nowMs = clock.monotonicMs();
    const hasSurvivor = [...known].some(([key, { uid }]) => listed.get(key)?.uid === uid);
    const held = new Map<string, number>();
    for (const key of missing) {
      const untilMs = this.#gone.get(key) ?? (hasSurvivor ? nowMs : nowMs + timing.allGoneMs);
      if (untilMs > nowMs) held.set(key, untilMs);
    }
    const dropped = missing.filter((key) => this.#gone.has(key) && !held.has(key));
    if (held.size > 0 && this.#gone.size === 0) {
      log.warn(
        { count: held.size, keptMs: timing.allGoneMs },
        'all policies are gone; they stay for a while',
      );
    }
    if (dropped.length > 0) log.warn({ policies: dropped }, 'policies that were all gone stay no longer');
    return held;
  }

  /** Whoever edits a policy gives it a new generation; a definition that drops fields does not. */
  #prunedOf({ known, listed }: ListChange): Map<string, readonly string[]> {
    const pruned = new Map<string, readonly string[]>();
    for (const [key, record] of known) {
      const told = listed.get(key);
      if (told?.uid !== record.uid || generationOf(told) !== generationOf(record)) continue;
      // The version of one held back is that of the list already.
      if (told.version === record.version && !this.#pruned.has(key)) continue;
      const lost = lostSince(record, told);
      if (lost.length > 0) pruned.set(key, lost);
    }
    return pruned;
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

function lostSince(known: Told, told: Told): readonly string[] {
  if (known.object === told.object || known.object === undefined) return [];
  return lostFields(get(known.object, 'spec'), get(told.object, 'spec'), 'spec');
}

function generationOf({ object }: Told): number | undefined {
  return object?.metadata.generation;
}
