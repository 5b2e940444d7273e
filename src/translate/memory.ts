// What one translation must know of those before it: what users meant last, and what need not be computed again.
import type { EndpointSlice } from '../api/objects.ts';
import type { CertificateReading, CertificateShelf } from './certificates.ts';
import type { Site } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';
import type { Classes } from './classes.ts';
import type { SettledPlace } from './inheritance.ts';
import type { IngressDraft } from './ingresses.ts';
import type { RememberedOutcome } from './outcomes.ts';
import type { Place } from './places.ts';
import type { PolicyDraft, RememberedClaim } from './policies.ts';
import type { PlaceResult, ResultSource } from './results.ts';
import type { Grant } from './routes.ts';
import type { Stage } from './stage.ts';

/** Each pass with what it was made of. */
export type TranslatePasses = {
  readonly classes: Stage<Classes>;
  readonly policies: Stage<readonly PolicyDraft[]>;
  readonly ingresses: Stage<readonly IngressDraft[]>;
  readonly places: Stage<readonly Place[]>;
  readonly grants: Stage<ReadonlyMap<string, Grant>>;
  readonly settled: Stage<readonly SettledPlace[]>;
  readonly constants: Stage<ResultSource['constants']>;
  readonly owners: Stage<ReadonlyMap<string, ObjectReference>>;
  readonly kept: Stage<readonly Site[]>;
  readonly slices: Stage<ReadonlyMap<string, readonly EndpointSlice[]>>;
};

export type TranslateMemory = {
  /** By key of the policy. */
  readonly policies: ReadonlyMap<string, PolicyMemory>;
  /** By key of the Secret: a good certificate outlives its Secret. */
  readonly certificates: ReadonlyMap<string, CertificateReading>;
  readonly outcomes: ReadonlyMap<string, RememberedOutcome>;
  readonly results: ReadonlyMap<string, PlaceResult>;
  readonly ownerChanges: readonly OwnerChange[];
  readonly passes: Partial<TranslatePasses>;
};

/** A host that went from one namespace to another, by the oldest objects that had it. */
export type OwnerChange = {
  readonly host: string;
  readonly from: ObjectReference;
  readonly to: ObjectReference;
  readonly atMs: number;
};

/** What is kept of a policy for the day that it is invalid. */
export type PolicyMemory = {
  /** Undefined while it was never known what the policy means. */
  readonly claim: RememberedClaim | undefined;
  /** Keys of the TLS Secrets it referred to when it was last valid. */
  readonly certificateKeys: readonly string[];
};

export const EMPTY_MEMORY: TranslateMemory = {
  policies: new Map(),
  certificates: new Map(),
  outcomes: new Map(),
  results: new Map(),
  ownerChanges: [],
  passes: {},
};

type Made = Pick<TranslateMemory, 'results' | 'outcomes' | 'ownerChanges'>;

export function remember(
  passes: TranslatePasses,
  made: Made,
  certificates: CertificateShelf,
  before: TranslateMemory,
): TranslateMemory {
  const { results } = made;
  const isSame = passes.policies === before.passes.policies && passes.ingresses === before.passes.ingresses;
  const policies =
    isSame && results === before.results
      ? before.policies
      : new Map(
          passes.policies.result.map((draft) => [draft.key, rememberPolicy(draft, results, before)] as const),
        );
  // Those of an invalid policy are kept too, so that its last good certificate is there when it is mended.
  for (const { certificateKeys } of policies.values())
    for (const key of certificateKeys) certificates.get(key);
  return {
    policies,
    // Those with a fault too: the same fault again is the same reading, and its sites are not compiled anew.
    certificates: certificates.readings,
    ...made,
    passes,
  };
}

function rememberPolicy(
  draft: PolicyDraft,
  results: ReadonlyMap<string, PlaceResult>,
  before: TranslateMemory,
): PolicyMemory {
  const { claim, targets, holdsIngresses } = draft;
  const known = before.policies.get(draft.key);
  const isUnknown = holdsIngresses || (claim?.holdsWildcards ?? false);
  const remembered = { hosts: claim?.hosts ?? [], path: claim?.path, tls: claim?.tls, targets };
  return {
    claim: isUnknown ? undefined : remembered,
    certificateKeys:
      draft.policy === undefined ? (known?.certificateKeys ?? []) : certificateKeysOf(draft, results),
  };
}

function certificateKeysOf(
  { place }: PolicyDraft,
  results: ReadonlyMap<string, PlaceResult>,
): readonly string[] {
  const notes = (place === undefined ? undefined : results.get(place.key))?.notes ?? [];
  return [...new Set(notes.filter(({ name }) => name === 'certificates').map(({ key }) => key))];
}
