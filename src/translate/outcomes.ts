// Pass 7: what became of the places of a policy -> its outcome: conditions, of the whole and for each target.
import type { Ingress } from '../api/objects.ts';
import { keyOf } from '../api/objects.ts';
import { ACCEPTED_REASONS, type Condition, type EndpointCounts } from '../api/status.ts';
import { conditionsOf, type Verdict } from './conditions.ts';
import type { IngressDraft } from './ingresses.ts';
import type { PolicyDraft } from './policies.ts';
import type { Problem } from './problem.ts';
import type { PlaceResult } from './results.ts';
import { hasSameItems } from './stage.ts';

/** What is told about a policy in its status. */
export type PolicyOutcome = {
  /** Accepted and ResolvedRefs; Programmed is known only when the workers have answered. Empty where another controller speaks for the policy. */
  readonly conditions: readonly Condition[];
  /** One for each target that is ours to judge. */
  readonly targets: readonly TargetOutcome[];
  /** Hosts that are served for this policy. */
  readonly hosts: readonly string[];
  readonly endpoints: EndpointCounts;
  /** Keys of the backends that these are the endpoints of. */
  readonly backends: readonly string[];
  readonly observedGeneration: number;
};

/** About one Ingress that the policy names (GEP-713, ancestor status). */
export type TargetOutcome = { readonly name: string; readonly conditions: readonly Condition[] };

export type OutcomeSource = {
  /** By key of the Ingress: those of our classes. */
  readonly drafts: ReadonlyMap<string, IngressDraft>;
  readonly ingresses: ReadonlyMap<string, Ingress>;
  readonly results: ReadonlyMap<string, PlaceResult>;
  /** Whether targets that do not exist are ours to complain of. */
  readonly ownsUnnamed: boolean;
  readonly previous: ReadonlyMap<string, RememberedOutcome>;
  readonly nowMs: number;
};

/** An outcome with all that it was made of: the same again gives the same one. */
export type RememberedOutcome = {
  readonly draft: PolicyDraft;
  readonly targets: readonly Target[];
  readonly own: PlaceResult | undefined;
  readonly outcome: PolicyOutcome;
};

type Target = {
  readonly name: string;
  readonly problems: readonly Problem[];
  readonly results: readonly PlaceResult[];
};

/** The outcome of each policy by its key. */
export function outcomesOf(
  drafts: readonly PolicyDraft[],
  source: OutcomeSource,
): ReadonlyMap<string, RememberedOutcome> {
  return new Map(drafts.map((draft) => [draft.key, outcomeOf(draft, source)]));
}

/** Without the policies of which this controller has nothing to say. */
export function spokenFor(
  outcomes: ReadonlyMap<string, RememberedOutcome>,
): ReadonlyMap<string, PolicyOutcome> {
  const spoken = new Map<string, PolicyOutcome>();
  for (const [key, { outcome }] of outcomes) {
    if (outcome.conditions.length + outcome.targets.length > 0) spoken.set(key, outcome);
  }
  return spoken;
}

function outcomeOf(draft: PolicyDraft, source: OutcomeSource): RememberedOutcome {
  const before = source.previous.get(draft.key);
  const own = draft.place === undefined ? undefined : source.results.get(draft.place.key);
  const targets = draft.targets.length === 0 ? NO_TARGETS : targetsOf(draft, source);
  const isSame = before?.draft === draft && before.own === own && isSameTargets(before.targets, targets);
  return isSame ? before : { draft, targets, own, outcome: describeOutcome(draft, { own, targets }, source) };
}

const NO_TARGETS: readonly Target[] = [];

function isSameTargets(a: readonly Target[], b: readonly Target[]): boolean {
  if (a.length !== b.length) return false;
  return a.every(({ name, problems, results }, at) => {
    const other = b[at];
    const isSame = other?.name === name && other.problems[0]?.message === problems[0]?.message;
    return isSame && hasSameItems(results, other.results);
  });
}

function describeOutcome(
  draft: PolicyDraft,
  { own, targets }: Pick<RememberedOutcome, 'own' | 'targets'>,
  { previous, nowMs }: OutcomeSource,
): PolicyOutcome {
  const all = [...(own === undefined ? [] : [own]), ...targets.flatMap(({ results }) => results)];
  const speaks = draft.place !== undefined || targets[0]?.name === draft.targets[0];
  const { conditions: earlier = [], targets: earlierTargets = [] } = previous.get(draft.key)?.outcome ?? {};
  const problems = targets.flatMap((target) => target.problems);
  return {
    conditions: speaks ? conditionsOf(verdictOf(draft, problems, all), earlier, nowMs) : [],
    targets: targets.map((target) => {
      const known = earlierTargets.find(({ name }) => name === target.name)?.conditions ?? [];
      const verdict = verdictOf(draft, target.problems, target.results);
      return { name: target.name, conditions: conditionsOf(verdict, known, nowMs) };
    }),
    hosts: [...new Set(all.flatMap(({ grant, place }) => (place.content.kind === 'open' ? grant.open : [])))],
    ...endpointsOf(all),
    observedGeneration: draft.generation,
  };
}

function targetsOf(draft: PolicyDraft, source: OutcomeSource): readonly Target[] {
  return draft.targets.flatMap((name) => targetOf(draft, name, source));
}

/** Nothing of an Ingress that another controller serves. */
function targetOf(draft: PolicyDraft, name: string, source: OutcomeSource): readonly Target[] {
  const key = keyOf({ namespace: draft.reference.namespace, name });
  const at = `spec.targetRefs[${draft.targets.indexOf(name)}]`;
  if (!source.ingresses.has(key)) {
    if (!source.ownsUnnamed) return [];
    const { remedy } = ACCEPTED_REASONS.TargetNotFound;
    const message = `Ingress ${key} is missing`;
    const problem: Problem = { severity: 'error', field: at, reason: 'TargetNotFound', message, remedy };
    return [{ name, problems: [problem], results: [] }];
  }
  const ingress = source.drafts.get(key);
  if (ingress === undefined) return [];
  if (ingress.governor?.key === draft.key)
    return [{ name, problems: [], results: resultsOf(ingress.places, source) }];
  const message = `Ingress ${key} is governed by the older policy ${ingress.governor?.key ?? ''}`;
  const remedy = 'Remove one of the two policies, or take the Ingress out of targetRefs of one';
  const problem: Problem = { severity: 'error', field: at, reason: 'Conflicted', message, remedy };
  return [{ name, problems: [problem], results: [] }];
}

function resultsOf(
  places: readonly { readonly key: string }[],
  { results }: OutcomeSource,
): readonly PlaceResult[] {
  return places.map(({ key }) => results.get(key)).filter((result) => result !== undefined);
}

function verdictOf(
  draft: PolicyDraft,
  targetProblems: readonly Problem[],
  results: readonly PlaceResult[],
): Verdict {
  return {
    isValid: draft.policy !== undefined,
    generation: draft.generation,
    problems: draft.problems,
    placeProblems: [...targetProblems, ...results.flatMap(({ hostFindings }) => hostFindings)],
    refProblems: results.flatMap(({ refFindings }) => refFindings),
    isServed: results.some(({ grant }) => grant.open.length > 0),
  };
}

/** Of several places with one backend its endpoints count once. */
function endpointsOf(results: readonly PlaceResult[]): Pick<PolicyOutcome, 'endpoints' | 'backends'> {
  const backends = new Map(
    results.flatMap(({ made: { compiled } }) =>
      compiled === undefined ? [] : [[compiled.backend.key, compiled] as const],
    ),
  );
  let [ready, draining, unhealthy] = [0, 0, 0];
  for (const { backend, unreadyCount } of backends.values()) {
    const usable = backend.endpoints.filter(({ state }) => state === 'ready').length;
    ready += usable;
    draining += backend.endpoints.length - usable;
    unhealthy += unreadyCount;
  }
  return { endpoints: { ready, draining, unhealthy }, backends: [...backends.keys()] };
}
