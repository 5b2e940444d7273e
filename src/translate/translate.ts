// READ FIRST (control). Objects -> Configuration, findings and conditions: the passes in their order.
// Pure and total: whatever users write, it returns; a throw is a fault of ours and keeps the last configuration.
import { type EndpointSlice, keyOf, type ObjectSet } from '../api/objects.ts';
import type { Condition, EndpointCounts } from '../api/status.ts';
import type { AddressRanges, Backend, Certificate, Configuration, Site } from '../model/configuration.ts';
import type { Finding } from '../model/finding.ts';
import { type CertificateReading, type GoodCertificate, readCertificates } from './certificates.ts';
import { conditionsOf } from './conditions.ts';
import { type PolicyDraft, type RememberedClaim, readPolicies } from './policies.ts';
import { findingOf } from './problem.ts';
import { type Grant, grantHosts, type HostPin } from './routes.ts';
import { compileSites, type PolicySites } from './sites.ts';

/** What the operator of the controller decides, not its users. */
export type TranslateSettings = {
  /** --host-namespace; hosts may be wildcards. */
  readonly hostNamespaces: readonly HostPin[];
  /** --deny-endpoint-cidrs. */
  readonly deniedEndpoints: AddressRanges;
  /** Keys of the cookie tokens: the first signs, all are recognised. */
  readonly stickyKeys: readonly Uint8Array[];
  /** Random key of this process: SecretValue.digest is HMAC-SHA256 under it, of the value's latin1 bytes. */
  readonly secretDigestKey: Uint8Array;
  /** --default-tls-secret, `namespace/name`: served whether or not a policy names it. */
  readonly defaultTlsSecret?: string | undefined;
  /** --legacy-https-port is open; without it no client can use TLS 1.1, whatever a policy says. */
  readonly hasLegacyListener?: boolean;
  readonly nowMs: number;
};

/** What one translation must know of those before it; everything else follows from the objects. */
export type TranslateMemory = {
  /** By key of the policy. */
  readonly policies: ReadonlyMap<string, PolicyMemory>;
  /** By key of the Secret. */
  readonly certificates: ReadonlyMap<string, GoodCertificate>;
};

export type PolicyMemory = {
  /** Undefined while it was never known which hosts the policy means. */
  readonly claim: RememberedClaim | undefined;
  /** Keys of the TLS Secrets it referred to when it was last valid. */
  readonly certificateKeys: readonly string[];
  readonly conditions: readonly Condition[];
};

export const EMPTY_MEMORY: TranslateMemory = { policies: new Map(), certificates: new Map() };

export type Translation = {
  readonly configuration: Configuration;
  /** Of all policies, oldest policy first. */
  readonly findings: readonly Finding[];
  /** By key of the policy. */
  readonly policies: ReadonlyMap<string, PolicyOutcome>;
  /** For the next translation. */
  readonly memory: TranslateMemory;
};

/** What is told about a policy in its status. */
export type PolicyOutcome = {
  /** Accepted and ResolvedRefs; Programmed is known only when the workers have answered. */
  readonly conditions: readonly Condition[];
  /** Hosts that are served for this policy. */
  readonly hosts: readonly string[];
  readonly endpoints: EndpointCounts;
  readonly observedGeneration: number;
};

/** Translates the full set. The result does not depend on the order in which the maps were filled. */
export function translate(
  objects: ObjectSet,
  settings: TranslateSettings,
  memory: TranslateMemory,
): Translation {
  // 1. Validate. Invalid policies stay in the flow: their hosts must still be claimed, to be held closed.
  const drafts = readPolicies(objects.policies, rememberedClaims(memory));
  // 2. Hosts, by age. After validation of all, since an old invalid policy shuts out a young valid one.
  const grants = grantHosts(drafts, settings.hostNamespaces);
  // 3. Certificates, each Secret once. Before the sites, which only name them.
  const keys = [...certificateKeys(drafts, memory), ...defaultCertificateKeys(settings)];
  const certificates = readCertificates(keys, objects.secrets, memory.certificates);
  // 4. Sites with admission, persistence and backend. What refers to something missing gets less, never more.
  const slices = slicesByService(objects.endpointSlices);
  const { secretDigestKey: digestKey, nowMs, hasLegacyListener = true } = settings;
  const source = {
    ...objects,
    slices,
    certificates,
    endpointSettings: settings,
    digestKey,
    nowMs,
    hasLegacyListener,
  };
  const results = drafts.map((draft): Result => {
    const grant = grants.get(draft.key) ?? { open: [], closed: [], problems: [] };
    return { draft, grant, made: compileSites(draft, grant, source) };
  });
  // 5. Configuration: only what some site can reach.
  const fallback = certificates.get(settings.defaultTlsSecret ?? '');
  const configuration = assemble(results, fallback?.good?.certificate);
  // 6. Findings and conditions, last: they tell of all passes.
  const outcomes = new Map(results.map((result) => [result.draft.key, outcomeOf(result, memory, nowMs)]));
  return {
    configuration,
    findings: [
      ...results.flatMap(findingsOf),
      ...defaultCertificateFindings(settings.defaultTlsSecret, fallback),
    ],
    policies: outcomes,
    // 7. Memory for the next translation. Of what is gone nothing is kept.
    memory: {
      policies: new Map(results.map(({ draft }) => [draft.key, remember(draft, outcomes, memory)])),
      certificates: goodOnes(certificates),
    },
  };
}

type Result = { readonly draft: PolicyDraft; readonly grant: Grant; readonly made: PolicySites };

function rememberedClaims(memory: TranslateMemory): ReadonlyMap<string, RememberedClaim> {
  const claims = new Map<string, RememberedClaim>();
  for (const [key, { claim }] of memory.policies) if (claim !== undefined) claims.set(key, claim);
  return claims;
}

function certificateKeys(drafts: readonly PolicyDraft[], memory: TranslateMemory): readonly string[] {
  return drafts.flatMap((draft) => certificateKeysOf(draft, memory));
}

/** Those of an invalid policy are kept too, so that its last good certificate is there when it is mended. */
function certificateKeysOf(draft: PolicyDraft, memory: TranslateMemory): readonly string[] {
  const { key, policy, closedTls } = draft;
  if (policy === undefined) {
    const remembered = memory.policies.get(key)?.certificateKeys ?? [];
    return [...new Set([...remembered, ...(closedTls === undefined ? [] : [closedTls.certificate])])];
  }
  const { route, backend } = policy.spec;
  const names = [route.tls?.secretName, backend?.tls?.clientCertificateRef?.name];
  return names
    .filter((name) => name !== undefined)
    .map((name) => keyOf({ namespace: policy.metadata.namespace, name }));
}

function slicesByService(
  slices: ReadonlyMap<string, EndpointSlice>,
): ReadonlyMap<string, readonly EndpointSlice[]> {
  const grouped = Map.groupBy(slices.values(), ({ metadata, serviceName }) =>
    keyOf({ namespace: metadata.namespace, name: serviceName }),
  );
  for (const group of grouped.values())
    group.sort((a, b) => (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1));
  return grouped;
}

function assemble(results: readonly Result[], fallback: Certificate | undefined): Configuration {
  const sites = new Map<string, Site>();
  const backends = new Map<string, Backend>();
  const certificates = new Map<string, Certificate>();
  for (const { grant, made } of results) {
    for (const site of made.sites) sites.set(site.key, site);
    if (made.sites.length === 0) continue;
    if (made.certificate !== undefined) certificates.set(made.certificate.key, made.certificate);
    if (grant.open.length === 0 || made.compiled === undefined) continue;
    backends.set(made.compiled.backend.key, made.compiled.backend);
  }
  if (fallback !== undefined) certificates.set(fallback.key, fallback);
  return { sites, backends, certificates };
}

function goodOnes(
  certificates: ReadonlyMap<string, CertificateReading>,
): ReadonlyMap<string, GoodCertificate> {
  return new Map([...certificates].flatMap(([key, { good }]) => (good === undefined ? [] : [[key, good]])));
}

function defaultCertificateKeys({ defaultTlsSecret }: TranslateSettings): readonly string[] {
  return defaultTlsSecret === undefined ? [] : [defaultTlsSecret];
}

/** --default-tls-secret is the operator's, not a policy's: its finding names the Secret itself. */
function defaultCertificateFindings(
  key: string | undefined,
  reading: CertificateReading | undefined,
): readonly Finding[] {
  if (key === undefined || reading?.fault === undefined) return [];
  const [namespace = '', name = ''] = key.split('/');
  return [
    { severity: 'error', object: { kind: 'Secret', namespace, name }, field: 'data', ...reading.fault },
  ];
}

function findingsOf({ draft, grant, made }: Result): readonly Finding[] {
  const problems = [...draft.problems, ...grant.problems, ...made.problems];
  return problems.map((problem) => findingOf(draft.reference, problem));
}

function outcomeOf({ draft, grant, made }: Result, memory: TranslateMemory, nowMs: number): PolicyOutcome {
  const previous = memory.policies.get(draft.key)?.conditions ?? [];
  const endpoints = made.compiled?.backend.endpoints ?? [];
  const ready = endpoints.filter(({ state }) => state === 'ready').length;
  return {
    conditions: conditionsOf({ draft, grant, problems: made.problems }, previous, nowMs),
    hosts: grant.open,
    endpoints: {
      ready,
      draining: endpoints.length - ready,
      unhealthy: made.compiled?.unreadyCount ?? 0,
    },
    observedGeneration: draft.generation,
  };
}

function remember(
  draft: PolicyDraft,
  outcomes: ReadonlyMap<string, PolicyOutcome>,
  memory: TranslateMemory,
): PolicyMemory {
  const { hosts, path, tls, holdsWildcards } = draft.claim;
  return {
    claim: holdsWildcards ? undefined : { hosts, path, tls },
    certificateKeys: certificateKeysOf(draft, memory),
    conditions: outcomes.get(draft.key)?.conditions ?? [],
  };
}
