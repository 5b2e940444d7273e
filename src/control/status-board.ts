// What the cluster is told of our objects: their statuses once the workers serve what was translated, and notes about
// what is wrong. Whoever writes to the API server takes it from here; nothing here does I/O.
import { keyOf, type LoadBalancerIngress, type ObjectMeta, type ObjectSet } from '../api/objects.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../api/policy.ts';
import {
  type AncestorStatus,
  type Condition,
  PROGRAMMED_REASONS,
  type ProgrammedReason,
} from '../api/status.ts';
import type { Finding, ObjectReference } from '../model/finding.ts';
import type { PolicyOutcome, Translation } from '../translate/translate.ts';

/** The status of one object as it should be. */
export type ToldStatus = {
  readonly kind: 'MattermostIngressPolicy' | 'Ingress';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly status:
    | ToldPolicyStatus
    | { readonly loadBalancer: { readonly ingress: readonly LoadBalancerIngress[] } };
};

/** Whoever writes a condition knows when it changed. */
type Told = Omit<Condition, 'lastTransitionTime'>;

type ToldPolicyStatus = {
  readonly ancestors?: readonly (Omit<AncestorStatus, 'conditions'> & {
    readonly conditions: readonly Told[];
  })[];
  readonly conditions?: readonly Told[];
  readonly hosts?: readonly string[];
  readonly endpoints?: PolicyOutcome['endpoints'];
  readonly summary?: string;
};

/** Something to tell people about an object. */
export type Note = {
  readonly type: 'Warning';
  readonly regarding: ObjectReference & { readonly apiVersion: string; readonly uid: string };
  readonly reason: string;
  readonly action: string;
  readonly note: string;
};

export type BoardOptions = {
  readonly controllerName: string;
  /** --update-status: whether Ingresses are told about. */
  readonly updateStatus: boolean;
  /** --publish-service, `namespace/name`. */
  readonly publishService: string | undefined;
  /** --publish-address. */
  readonly publishAddresses: readonly string[];
  /** How many ready endpoints of a backend get no users, by its key. */
  readonly unhealthyCount: (backendKey: string) => number;
  /** Called with everything at each change; keys are those of the objects, with their kind. */
  readonly tell: (statuses: ReadonlyMap<string, ToldStatus>, notes: readonly Note[]) => void;
};

/** One translation, and the generation in which it is published. */
export type Posting = {
  readonly translation: Translation;
  readonly findings: readonly Finding[];
  readonly objects: ObjectSet;
  readonly generation: number;
};

type Entry = {
  readonly outcome: PolicyOutcome;
  readonly uid: string;
  readonly unhealthy: number;
  readonly told: ToldStatus;
};

/** What Ingresses were told last. */
type IngressEntries = {
  readonly addresses: readonly LoadBalancerIngress[];
  readonly told: ReadonlyMap<string, ToldStatus>;
};

/** The longest `summary` that the schema allows. */
const MAX_SUMMARY_LENGTH = 4096;
const INGRESS = { group: 'networking.k8s.io', version: 'networking.k8s.io/v1' } as const;
const API_VERSIONS: Readonly<Record<string, string>> = {
  [POLICY_KIND]: POLICY_API_VERSION,
  Ingress: INGRESS.version,
  IngressClass: INGRESS.version,
};

export class StatusBoard {
  readonly #options: BoardOptions;
  #posting: Posting | undefined;
  #served = 0;
  readonly #fixed: readonly LoadBalancerIngress[];
  #entries: ReadonlyMap<string, Entry> = new Map();
  #ingresses: IngressEntries = { addresses: [], told: new Map() };

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#fixed = fixedAddresses(options.publishAddresses);
  }

  /** Tells at once what the workers serve already, the rest when they do. */
  post(posting: Posting): void {
    this.#posting = posting;
    if (posting.generation <= this.#served) this.#tell('Programmed');
  }

  /** Every live worker serves that generation. */
  served(generation: number): void {
    this.#served = generation;
    if (this.#posting !== undefined && this.#posting.generation <= generation) this.#tell('Programmed');
  }

  /** A worker has not taken the last generation in time. */
  stalled(): void {
    this.#tell('Stalled');
  }

  #tell(reason: 'Programmed' | 'Stalled'): void {
    const posting = this.#posting;
    if (posting === undefined) return;
    const { translation, objects, findings } = posting;
    const entries = new Map<string, Entry>();
    const statuses = new Map<string, ToldStatus>();
    for (const [key, outcome] of translation.policies) {
      const uid = objects.policies.get(key)?.metadata.uid;
      if (uid === undefined) continue;
      const entry = this.#entryOf(key, outcome, uid, reason);
      // What is stalled is told once more when it is served.
      if (reason === 'Programmed') entries.set(key, entry);
      statuses.set(`${POLICY_KIND}/${key}`, entry.told);
    }
    if (reason === 'Programmed') this.#entries = entries;
    for (const told of this.#ingressStatuses(posting)) statuses.set(`Ingress/${keyOf(told)}`, told);
    this.#options.tell(statuses, notesOf(findings, objects));
  }

  #entryOf(key: string, outcome: PolicyOutcome, uid: string, reason: ProgrammedReason): Entry {
    const before = this.#entries.get(key);
    const unhealthy = outcome.backends.reduce((sum, each) => sum + this.#options.unhealthyCount(each), 0);
    if (before?.outcome === outcome && before.uid === uid && before.unhealthy === unhealthy) return before;
    const [namespace = '', name = ''] = key.split('/');
    const counted = { ...outcome, endpoints: withoutUnhealthy(outcome.endpoints, unhealthy) };
    const status = policyStatus(counted, reason, this.#options.controllerName);
    return { outcome, uid, unhealthy, told: { kind: POLICY_KIND, namespace, name, uid, status } };
  }

  #ingressStatuses({ translation, objects }: Posting): readonly ToldStatus[] {
    const addresses = this.#addresses(objects);
    if (addresses.length === 0) return [];
    const before = this.#ingresses.addresses === addresses ? this.#ingresses.told : undefined;
    const told = new Map<string, ToldStatus>();
    for (const key of translation.ingresses) {
      const metadata = objects.ingresses.get(key)?.metadata;
      const known = before?.get(key);
      const isSame = known !== undefined && known.uid === metadata?.uid;
      const status = isSame ? known : ingressStatus(metadata, addresses);
      if (status !== undefined) told.set(key, status);
    }
    this.#ingresses = { addresses, told };
    return [...told.values()];
  }

  /** None where Ingresses are not to be told. */
  #addresses(objects: ObjectSet): readonly LoadBalancerIngress[] {
    const { updateStatus, publishService } = this.#options;
    if (!updateStatus) return [];
    return this.#fixed.length > 0
      ? this.#fixed
      : (objects.services.get(publishService ?? '')?.loadBalancer ?? []);
  }
}

/** What Kubernetes calls ready and we do not. */
function withoutUnhealthy(counts: PolicyOutcome['endpoints'], unhealthy: number): PolicyOutcome['endpoints'] {
  return { ...counts, ready: Math.max(0, counts.ready - unhealthy), unhealthy: counts.unhealthy + unhealthy };
}

function ingressStatus(
  metadata: ObjectMeta | undefined,
  ingress: readonly LoadBalancerIngress[],
): ToldStatus | undefined {
  if (metadata?.uid === undefined) return undefined;
  const { uid, namespace, name } = metadata;
  return { kind: 'Ingress', namespace, name, uid, status: { loadBalancer: { ingress } } };
}

function fixedAddresses(texts: readonly string[]): readonly LoadBalancerIngress[] {
  return texts.map((text) => (/^[0-9.]+$|:/u.test(text) ? { ip: text } : { hostname: text }));
}

function policyStatus(
  outcome: PolicyOutcome,
  reason: ProgrammedReason,
  controllerName: string,
): ToldPolicyStatus {
  const { conditions, targets, hosts, endpoints } = outcome;
  const ancestors = targets.map((target) => ({
    group: INGRESS.group,
    kind: 'Ingress',
    name: target.name,
    controllerName,
    conditions: withProgrammed(target.conditions, outcome, reason),
  }));
  const told = ancestors.length === 0 ? {} : { ancestors };
  // Where another controller speaks for the policy, only what we say of our own targets is ours.
  if (conditions.length === 0) return told;
  const summary = hosts.join(', ').slice(0, MAX_SUMMARY_LENGTH);
  return { ...told, conditions: withProgrammed(conditions, outcome, reason), hosts, endpoints, summary };
}

function withProgrammed(
  conditions: readonly Condition[],
  { observedGeneration }: PolicyOutcome,
  served: ProgrammedReason,
): readonly Told[] {
  const isAccepted = conditions.some(({ type, status }) => type === 'Accepted' && status === 'True');
  const reason = isAccepted ? served : 'NotAccepted';
  const { status, meaning: message } = PROGRAMMED_REASONS[reason];
  const own = conditions.map((condition): Told => {
    const { type, status, reason, message } = condition;
    return { type, status, reason, message, observedGeneration };
  });
  return [...own, { type: 'Programmed', status, reason, message, observedGeneration }];
}

/** Findings about objects that the API server has; what speaks of files or of the options goes to the log alone. */
function notesOf(findings: readonly Finding[], objects: ObjectSet): readonly Note[] {
  return findings.flatMap(({ object, field, reason, message, remedy }): readonly Note[] => {
    const apiVersion = API_VERSIONS[object?.kind ?? ''];
    const uid = object === undefined ? undefined : uidOf(object, objects);
    if (object === undefined || apiVersion === undefined || uid === undefined) return [];
    const note = `${field === '' ? '' : `${field}: `}${message} (${remedy})`;
    return [
      { type: 'Warning', regarding: { apiVersion, ...object, uid }, reason, action: 'Translate', note },
    ];
  });
}

function uidOf(object: ObjectReference, objects: ObjectSet): string | undefined {
  const maps: Readonly<
    Record<string, ReadonlyMap<string, { readonly metadata: { readonly uid?: string } }>>
  > = {
    [POLICY_KIND]: objects.policies,
    Ingress: objects.ingresses,
    IngressClass: objects.ingressClasses,
  };
  return maps[object.kind]?.get(keyOf(object))?.metadata.uid;
}
