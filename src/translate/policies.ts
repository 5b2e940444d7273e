// Pass 1: policies as received -> drafts, each with the hosts it claims or the Ingresses it governs. An invalid one keeps
// these and loses everything else, so that what it means is held closed and falls to nobody.
import { DEFAULTS } from '../api/defaults.ts';
import { isHostPattern, readHosts } from '../api/hosts.ts';
import { get, has, items } from '../api/json-access.ts';
import { keyOf, type RawPolicy } from '../api/objects.ts';
import { type MattermostIngressPolicy, POLICY_KIND, type RouteSpec } from '../api/policy.ts';
import { sitePath } from '../api/text-forms.ts';
import { checkPolicy } from '../api/validate.ts';
import type { SiteTls } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';
import type { Classes } from './classes.ts';
import {
  certificateDemand,
  type Claim,
  clientTls,
  type Place,
  placeOfRoute,
  routeTls,
  tlsOfText,
  tlsText,
} from './places.ts';
import type { Problem } from './problem.ts';

/** A policy on its way through the passes. */
export type PolicyDraft = {
  /** `namespace/name`. */
  readonly key: string;
  readonly reference: ObjectReference;
  readonly generation: number;
  /** Milliseconds since the epoch; infinite where the object does not say. */
  readonly createdMs: number;
  /** Where a policy with a route wants to serve; undefined for one that names its targets. */
  readonly claim: Claim | undefined;
  /** Names of the Ingresses that it governs. */
  readonly targets: readonly string[];
  /** Which Ingresses the policy means is not known: it could be any of its namespace. */
  readonly holdsIngresses: boolean;
  /** TLS settings of its hosts while the policy is invalid: what it had last, else what can be read of it. */
  readonly closedTls: SiteTls | undefined;
  /** As it was received. */
  readonly raw: RawPolicy;
  /** The site of its own; undefined for one that names its targets. */
  readonly place: Place | undefined;
  /** Undefined if the policy is invalid. */
  readonly policy: MattermostIngressPolicy | undefined;
  readonly problems: readonly Problem[];
};

/** What a policy had last. */
export type RememberedClaim = Pick<Claim, 'hosts' | 'path' | 'tls'> & { readonly targets: readonly string[] };

export type PolicySource = {
  readonly classes: Pick<Classes, 'ownsRoute'>;
  readonly remembered: ReadonlyMap<string, { readonly claim: RememberedClaim | undefined }>;
  /** The drafts of the last translation: a valid policy that has not changed gives the same one. */
  readonly before: readonly PolicyDraft[];
};

type Aged = { readonly key: string; readonly createdMs: number };

/** All policies but those of a foreign class, oldest first; of one age, and without, by namespace and name. */
export function readPolicies(
  policies: ReadonlyMap<string, RawPolicy>,
  source: PolicySource,
): readonly PolicyDraft[] {
  const own = [...policies.values()].filter((raw) => !isForeign(raw, source));
  const before = new Map(source.before.map((draft) => [draft.raw, draft]));
  const drafts = own.map((raw) => {
    const draft = before.get(raw);
    return draft?.policy === undefined
      ? readPolicy(raw, source.remembered.get(keyOf(raw.metadata))?.claim)
      : draft;
  });
  return drafts.toSorted(byAge);
}

/** A policy with targets goes by the class of each; so does one that does not say what it is. */
function isForeign(raw: RawPolicy, { classes, remembered }: PolicySource): boolean {
  const spec = get(raw, 'spec');
  if (!has(spec, 'route')) return false;
  const name = get(spec, 'ingressClassName');
  // A slip that added a route must not take the policy away from the Ingresses it governs.
  if (has(spec, 'targetRefs') && typeof name !== 'string') return false;
  // Nor must one that made its class unreadable hand its hosts to others.
  const isUnreadable = has(spec, 'ingressClassName') && typeof name !== 'string';
  if (isUnreadable && remembered.has(keyOf(raw.metadata))) return false;
  return !classes.ownsRoute(typeof name === 'string' ? name : undefined);
}

function readPolicy(raw: RawPolicy, remembered: RememberedClaim | undefined): PolicyDraft {
  const { namespace, name, generation, creationTimestamp } = raw.metadata;
  const { policy, issues } = checkPolicy(raw);
  const created = Date.parse(creationTimestamp ?? '');
  const draft = {
    key: keyOf(raw.metadata),
    reference: { kind: POLICY_KIND, namespace, name },
    generation: generation ?? 0,
    createdMs: Number.isNaN(created) ? Infinity : created,
    ...(policy === undefined ? salvage(raw, remembered) : meaningOf(policy)),
    raw,
    policy,
    problems: issues.map(
      ({ field, message, remedy }): Problem => ({
        severity: 'error',
        field,
        reason: 'Invalid',
        message,
        remedy,
      }),
    ),
  };
  return { ...draft, place: placeOfRoute(draft) };
}

type Meaning = Pick<PolicyDraft, 'claim' | 'targets' | 'holdsIngresses' | 'closedTls'>;

function meaningOf({ metadata, spec }: MattermostIngressPolicy): Meaning {
  const { route, targetRefs = [] } = spec;
  return {
    claim:
      route === undefined
        ? undefined
        : {
            ...claimOf(route, routeTls(metadata.namespace, spec)),
            ...certificateDemand(metadata.namespace, spec.client),
          },
    targets: targetRefs.map(({ name }) => name),
    holdsIngresses: false,
    closedTls: undefined,
  };
}

function claimOf({ hosts, path }: RouteSpec, tls: SiteTls | undefined): Claim {
  return {
    hosts,
    path: path ?? DEFAULTS.route.path,
    pathType: 'Prefix',
    tls: tlsText(tls),
    holdsWildcards: false,
    isFallback: false,
  };
}

/** What an invalid policy means: what can be read of it, and where something cannot, what it had last. */
function salvage(raw: RawPolicy, remembered: RememberedClaim | undefined): Meaning {
  const spec = get(raw, 'spec');
  const { names, isWhole } = salvageTargets(get(spec, 'targetRefs'));
  const namesTargetsOnly = isWhole && !has(spec, 'route');
  const claim = namesTargetsOnly ? undefined : salvageClaim(raw, remembered);
  const isKnown = isWhole || !(claim?.holdsWildcards ?? false);
  return {
    claim,
    targets: isWhole ? names : [...new Set([...names, ...(remembered?.targets ?? [])])],
    holdsIngresses: !isKnown,
    closedTls: tlsOfText(remembered?.tls) ?? salvageTls(raw),
  };
}

/** @returns whether each entry has a name, so that nothing the policy may have meant is lost */
function salvageTargets(written: unknown): { readonly names: readonly string[]; readonly isWhole: boolean } {
  const entries = items(written).map((entry) => get(entry, 'name'));
  const names = entries.filter((name) => typeof name === 'string');
  return { names, isWhole: names.length > 0 && names.length === entries.length };
}

function salvageTls(raw: RawPolicy): SiteTls | undefined {
  const secretName = get(get(get(get(raw, 'spec'), 'route'), 'tls'), 'secretName');
  if (typeof secretName !== 'string') return undefined;
  return {
    certificate: `${raw.metadata.namespace}/${secretName}`,
    ...clientTls(raw.metadata.namespace, undefined),
  };
}

function salvageClaim(raw: RawPolicy, remembered: RememberedClaim | undefined): Claim {
  const route = get(get(raw, 'spec'), 'route');
  const readable = readHosts(raw) ?? [];
  const isWhole = hasAllHosts(get(route, 'hosts'));
  // Where not even the hosts stand, a path that is absent need not be meant.
  const isAbsent = !isWhole && !has(route, 'path') && remembered !== undefined;
  const path = isAbsent ? remembered.path : (salvagePath(get(route, 'path')) ?? remembered?.path);
  const known = { path, pathType: 'Prefix', tls: remembered?.tls, isFallback: false } as const;
  if (isWhole) return { ...known, hosts: readable, holdsWildcards: false };
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

/** Oldest first; of one age, and without, by key. */
export function byAge(a: Aged, b: Aged): number {
  if (a.createdMs !== b.createdMs) return a.createdMs < b.createdMs ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
