// Pass 1: policies as received -> drafts, each with the hosts it claims. An invalid one keeps its claim and loses
// everything else, so that its hosts are held closed and fall to nobody.
import { DEFAULTS } from '../api/defaults.ts';
import { isHostPattern, readHosts } from '../api/hosts.ts';
import { get } from '../api/json-access.ts';
import { keyOf, type RawPolicy } from '../api/objects.ts';
import { type MattermostIngressPolicy, POLICY_KIND } from '../api/policy.ts';
import { sitePath } from '../api/text-forms.ts';
import { checkPolicy } from '../api/validate.ts';
import type { SiteTls } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';
import type { Problem } from './problem.ts';

/** Where a policy wants to serve. */
export type Claim = {
  readonly hosts: readonly string[];
  /** Undefined where an invalid policy does not say: it could be any path of its hosts. */
  readonly path: string | undefined;
  /** All that a host can have only once, since it is settled before a path is known, as text to compare; undefined where not known. */
  readonly tls: string | undefined;
  /** Which hosts the policy means is not known, and it could be any that a wildcard of its namespace answers for. */
  readonly holdsWildcards: boolean;
};

const NO_TLS = 'none';

/** A policy on its way through the passes. */
export type PolicyDraft = {
  /** `namespace/name`. */
  readonly key: string;
  readonly reference: ObjectReference;
  readonly generation: number;
  /** Milliseconds since the epoch; infinite where the object does not say. */
  readonly createdMs: number;
  readonly claim: Claim;
  /** TLS settings of its hosts while the policy is invalid: what it had last, else what can be read of it. */
  readonly closedTls: SiteTls | undefined;
  /** Undefined if the policy is invalid. */
  readonly policy: MattermostIngressPolicy | undefined;
  readonly problems: readonly Problem[];
};

/** What a policy had last. */
export type RememberedClaim = Omit<Claim, 'holdsWildcards'>;

/** All policies, oldest first; those of one age, and those without, by namespace and name. */
export function readPolicies(
  policies: ReadonlyMap<string, RawPolicy>,
  remembered: ReadonlyMap<string, RememberedClaim>,
): readonly PolicyDraft[] {
  const drafts = [...policies.values()].map((raw) => readPolicy(raw, remembered.get(keyOf(raw.metadata))));
  return drafts.toSorted(byAge);
}

function readPolicy(raw: RawPolicy, remembered: RememberedClaim | undefined): PolicyDraft {
  const { namespace, name, generation, creationTimestamp } = raw.metadata;
  const { policy, issues } = checkPolicy(raw);
  const created = Date.parse(creationTimestamp ?? '');
  return {
    key: keyOf(raw.metadata),
    reference: { kind: POLICY_KIND, namespace, name },
    generation: generation ?? 0,
    createdMs: Number.isNaN(created) ? Infinity : created,
    claim: policy === undefined ? salvageClaim(raw, remembered) : claimOf(policy),
    closedTls: policy === undefined ? (rememberedTls(remembered) ?? salvageTls(raw)) : undefined,
    policy,
    problems: issues.map(({ field, message, remedy }) => ({
      severity: 'error',
      field,
      reason: 'Invalid',
      message,
      remedy,
    })),
  };
}

function claimOf(policy: MattermostIngressPolicy): Claim {
  const { hosts, path } = policy.spec.route;
  const siteTls = siteTlsOf(policy);
  return {
    hosts,
    path: path ?? DEFAULTS.route.path,
    tls: siteTls === undefined ? NO_TLS : JSON.stringify(siteTls),
    holdsWildcards: false,
  };
}

/** TLS towards the clients of a policy; undefined where it is served on plain HTTP. */
export function siteTlsOf({ metadata, spec }: MattermostIngressPolicy): SiteTls | undefined {
  const { tls } = spec.route;
  if (tls === undefined) return undefined;
  return {
    certificate: `${metadata.namespace}/${tls.secretName}`,
    redirectHttp: tls.redirectHTTP ?? DEFAULTS.route.tls.redirectHTTP,
    minVersion: spec.client?.tls?.minVersion ?? DEFAULTS.client.tls.minVersion,
  };
}

function rememberedTls(remembered: RememberedClaim | undefined): SiteTls | undefined {
  const text = remembered?.tls;
  return text === undefined || text === NO_TLS ? undefined : (JSON.parse(text) as SiteTls);
}

function salvageTls(raw: RawPolicy): SiteTls | undefined {
  const secretName = get(get(get(get(raw, 'spec'), 'route'), 'tls'), 'secretName');
  if (typeof secretName !== 'string') return undefined;
  const { redirectHTTP: redirectHttp } = DEFAULTS.route.tls;
  const { minVersion } = DEFAULTS.client.tls;
  return { certificate: `${raw.metadata.namespace}/${secretName}`, redirectHttp, minVersion };
}

/** What an invalid policy claims: what can be read of it, and where something cannot, what it had last. */
function salvageClaim(raw: RawPolicy, remembered: RememberedClaim | undefined): Claim {
  const route = get(get(raw, 'spec'), 'route');
  const readable = readHosts(raw) ?? [];
  const path = salvagePath(get(route, 'path')) ?? remembered?.path;
  const known = { path, tls: remembered?.tls };
  if (hasAllHosts(get(route, 'hosts'))) return { ...known, hosts: readable, holdsWildcards: false };
  const hosts = [...new Set([...readable, ...(remembered?.hosts ?? [])])];
  return { ...known, hosts, holdsWildcards: remembered === undefined };
}

function salvagePath(written: unknown): string | undefined {
  if (written === undefined) return DEFAULTS.route.path;
  if (typeof written !== 'string') return undefined;
  const trimmed = written === '/' ? written : written.replace(/\/$/u, '');
  return new RegExp(sitePath.pattern, 'u').test(trimmed) ? trimmed : undefined;
}

/** Whether each entry is a host, so that nothing the policy may have meant is lost. */
function hasAllHosts(written: unknown): boolean {
  if (!Array.isArray(written) || written.length === 0) return false;
  return written.every((host) => typeof host === 'string' && isHostPattern(host.trim().toLowerCase()));
}

function byAge(a: PolicyDraft, b: PolicyDraft): number {
  if (a.createdMs !== b.createdMs) return a.createdMs < b.createdMs ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
