// READ FIRST (control). Objects -> Configuration, findings and conditions: the passes in their order.
// Pure and total: whatever users write, it returns; a throw is a fault of ours and keeps the last configuration.
// A pass whose inputs are the same as last time is not run again, so that a change costs what it touches.
import type { ObjectSet } from '../api/objects.ts';
import type { AddressRanges, Configuration } from '../model/configuration.ts';
import type { Finding } from '../model/finding.ts';
import { CertificateShelf } from './certificates.ts';
import { type ClassSettings, DEFAULT_CLASS, DEFAULT_CONTROLLER, readClasses } from './classes.ts';
import { assemble, defaultCertificateFindings, findingsOf, slicesByService, wantsOf } from './assembly.ts';
import { inheritAdmission } from './inheritance.ts';
import { readIngresses } from './ingresses.ts';
import { keptHosts } from './kept-hosts.ts';
import { byClaim, grantHosts, hasSameGrant, type HostSettings, ownersOf } from './routes.ts';
import { ownerChanges, ownerFinding } from './owners.ts';
import { outcomesOf, type PolicyOutcome, spokenFor } from './outcomes.ts';
import { readPolicies } from './policies.ts';
import { compilePlaces } from './results.ts';
import { keepEqual, stage } from './stage.ts';
import { EMPTY_MEMORY, remember, type TranslateMemory, type TranslatePasses } from './memory.ts';

/** What the operator of the controller decides, not its users. The same values all the time, but for the two last. */
export type TranslateSettings = Partial<ClassSettings> &
  Partial<HostSettings> & {
    /** --require-policy. */
    readonly requirePolicy?: boolean;
    /** Keys of the cookie tokens: the first signs, all are recognised. */
    readonly stickyKeys: readonly Uint8Array[];
    /** Random key of this process: SecretValue.digest is HMAC-SHA256 under it, of the value's latin1 bytes. */
    readonly secretDigestKey: Uint8Array;
    /** --default-tls-secret, `namespace/name`: served whether or not a policy names it. */
    readonly defaultTlsSecret?: string | undefined;
    /** --legacy-https-port is open; without it no client can use TLS 1.1, whatever a policy says. */
    readonly hasLegacyListener?: boolean;
    /** The TLS of this Node can ask for certificates host by host; without it none is ever believed. */
    readonly canAskForCertificates?: boolean;
    /** --publish-service, where neither a PROXY header nor a trusted proxy tells the client's address. */
    readonly addressHidingService?: string | undefined;
    /** --deny-endpoint-cidrs. */
    readonly deniedEndpoints: AddressRanges;
    /** Of this process; the same list while they are the same. Undefined: not known. */
    readonly ownAddresses?: readonly string[] | undefined;
    readonly nowMs: number;
  };

export type Translation = {
  readonly configuration: Configuration;
  /** Of all objects that are ours, oldest policy first. */
  readonly findings: readonly Finding[];
  /** By key of the policy: those that are ours to judge. */
  readonly policies: ReadonlyMap<string, PolicyOutcome>;
  /** Keys of the Ingresses that are served here. */
  readonly ingresses: readonly string[];
  /** Keys of what is referred to, there or not. */
  readonly wants: { readonly secrets: ReadonlySet<string>; readonly configMaps: ReadonlySet<string> };
  /** For the next translation. */
  readonly memory: TranslateMemory;
};

export { EMPTY_MEMORY };
export type { PolicyOutcome, TranslateMemory };

/** Translates the full set. The result does not depend on the order in which the maps were filled. */
export function translate(
  objects: ObjectSet,
  settings: TranslateSettings,
  memory: TranslateMemory,
): Translation {
  const early = settlePlaces(objects, settings, memory);
  const { policies, ingresses, classes } = early;
  // 5. Sites with admission, persistence and backend. What refers to something missing gets less, never more.
  const { results, certificates, ...late } = compileAll(early, objects, settings, memory);
  // 6. Configuration: only what some site can reach.
  const fallback = certificates.get(settings.defaultTlsSecret ?? '').good?.certificate;
  const configuration = assemble(results, fallback, early.kept.result);
  // 7. Findings and conditions, last: they tell of all passes.
  const drafts = new Map(ingresses.result.map((draft) => [draft.key, draft]));
  const outcomes = outcomesOf(policies.result, {
    drafts,
    ingresses: objects.ingresses,
    results,
    ownsUnnamed: classes.result.ownsRoute(undefined),
    previous: memory.outcomes,
    nowMs: settings.nowMs,
  });
  const changes = ownerChanges(memory, early.owners.result, settings.nowMs);
  return {
    configuration,
    findings: [
      ...classes.result.findings,
      ...changes.map(ownerFinding),
      ...findingsOf(policies.result, ingresses.result, results),
      ...defaultCertificateFindings(settings.defaultTlsSecret, certificates),
    ],
    policies: spokenFor(outcomes),
    ingresses: [...drafts.keys()],
    wants: wantsOf(results, certificates),
    // 8. Memory for the next translation. Of what is gone nothing is kept.
    memory: remember(
      { ...early, ...late },
      { results, outcomes, ownerChanges: changes },
      certificates,
      memory,
    ),
  };
}

/** The passes that look at nothing but policies, Ingresses and classes. */
function settlePlaces(objects: ObjectSet, settings: TranslateSettings, memory: TranslateMemory) {
  const { passes: last } = memory;
  const { controllerName = DEFAULT_CONTROLLER, ingressClass = DEFAULT_CLASS, takeOverClass } = settings;
  const classes = stage(last.classes, [objects.ingressClasses], () =>
    readClasses(objects.ingressClasses, { controllerName, ingressClass, takeOverClass }),
  );
  // 1. Validate. Invalid policies stay in the flow: what they mean must still be claimed, to be held closed.
  const policies = stage(last.policies, [objects.policies, classes.result], (before = []) =>
    readPolicies(objects.policies, { classes: classes.result, remembered: memory.policies, before }),
  );
  // 2. Ingresses under their policies, so that an invalid policy closes what it governs.
  const ingresses = stage(
    last.ingresses,
    [objects.ingresses, policies.result, classes.result],
    (before = []) =>
      readIngresses(objects.ingresses, policies.result, {
        classes: classes.result,
        requirePolicy: settings.requirePolicy ?? false,
        before,
      }),
  );
  const places = stage(last.places, [policies.result, ingresses.result], () => {
    const routes = policies.result.map(({ place }) => place).filter((place) => place !== undefined);
    return [...routes, ...ingresses.result.flatMap((draft) => draft.places)].toSorted(byClaim);
  });
  // 3. Hosts, by age. After validation of all, since an old invalid policy shuts out a young valid one.
  const { hostNamespaces = [], defaultBackendNamespace } = settings;
  const grants = stage(last.grants, [places.result], (before) =>
    keepEqual(before, grantHosts(places.result, { hostNamespaces, defaultBackendNamespace }), hasSameGrant),
  );
  const owners = stage(last.owners, [places.result], () =>
    ownersOf(places.result, { hostNamespaces, defaultBackendNamespace }),
  );
  const kept = stage(last.kept, [owners.result], (before = []) =>
    keptHosts(owners.result, hostNamespaces, before),
  );
  // 4. Admission spreads over a host. After the grants: a path that lost its host protects nobody.
  const settled = stage(last.settled, [places.result, grants.result], () =>
    inheritAdmission(places.result, grants.result),
  );
  return { classes, policies, ingresses, places, grants, owners, kept, settled };
}

/** Every place is compiled, or taken as it was where all that it looked up is the same. */
function compileAll(
  { settled, grants }: Pick<TranslatePasses, 'settled' | 'grants'>,
  objects: ObjectSet,
  settings: TranslateSettings,
  memory: TranslateMemory,
) {
  const { services, secrets, configMaps, endpointSlices } = objects;
  const { nowMs } = settings;
  const constants = constantsOf(objects, settings, memory);
  const slices = stage(memory.passes.slices, [endpointSlices], (last) =>
    slicesByService(endpointSlices, last),
  );
  const certificates = new CertificateShelf({ secrets, remembered: memory.certificates, nowMs });
  const results = compilePlaces(settled.result, grants.result, {
    lookups: { services, secrets, configMaps, slices: slices.result, certificates },
    constants: constants.result,
    before: constants === memory.passes.constants ? memory.results : new Map(),
  });
  return { results, certificates, constants, slices };
}

/** What every place is compiled with; another value means compiling all anew. */
function constantsOf(objects: ObjectSet, settings: TranslateSettings, memory: TranslateMemory) {
  const { secretDigestKey: digestKey, stickyKeys, deniedEndpoints, hasLegacyListener = true } = settings;
  const { ownAddresses, canAskForCertificates = true } = settings;
  const hiding = objects.services.get(settings.addressHidingService ?? '');
  const isClientAddressDoubtful = hiding?.externalTrafficPolicy === 'Cluster';
  const inputs = [digestKey, stickyKeys, deniedEndpoints, hasLegacyListener, isClientAddressDoubtful];
  return stage(
    memory.passes.constants,
    [...inputs, ownAddresses, canAskForCertificates],
    (): TranslatePasses['constants']['result'] => ({
      digestKey,
      endpointSettings: { stickyKeys, deniedEndpoints },
      hasLegacyListener,
      canAskForCertificates,
      isClientAddressDoubtful,
      ownAddresses,
    }),
  );
}
