// Pass 4: a path that an Ingress without policy adds to a host with admission gets that admission. Otherwise whoever may
// create an Ingress in the namespace could open a back door into a closed host.
import { ANY_HOST } from '../model/configuration.ts';
import { wildcardOf } from './host-patterns.ts';
import { admissionText, escapes, restrictsInVain } from './path-expressions.ts';
import { judgesSecrets, type Place, type SiteSpec } from './places.ts';
import type { Problem } from './problem.ts';
import type { Grant } from './routes.ts';

/** A place as it is served, and what was found on the way. */
export type SettledPlace = { readonly place: Place; readonly problems: readonly Problem[] };

/** Settles every place; those that inherit nothing are handed through as they are. @param places oldest first */
export function inheritAdmission(
  places: readonly Place[],
  grants: ReadonlyMap<string, Grant>,
): readonly SettledPlace[] {
  const held = ({ key }: Place) => [...(grants.get(key)?.open ?? []), ...(grants.get(key)?.closed ?? [])];
  const governed = places.filter(({ policy, isAcme }) => policy !== undefined && !isAcme);
  const fallbacks = new FallbackHosts(governed.some(({ claim }) => claim.isFallback) ? places : []);
  const neighbours: Neighbours = {
    // Who has a path comes before who would have it.
    governed: byHost([
      ...governed.map((place) => [place, held(place)] as const),
      ...governed.map((place) => [place, fallbacks.lost(place, held(place))] as const),
    ]),
    restricting: byHost(places.filter(restrictsInVain).map((place) => [place, held(place)] as const)),
  };
  return places.map((place) => settle(place, neighbours));
}

type ByHost = ReadonlyMap<string, readonly Place[]>;

type Neighbours = {
  /** With a policy. */
  readonly governed: ByHost;
  /** By a path that is none. */
  readonly restricting: ByHost;
};

/** The places by each of the hosts that count for them. */
function byHost(hosts: Iterable<readonly [Place, readonly string[]]>): ByHost {
  const lists = new Map<string, Place[]>();
  for (const [place, names] of hosts) {
    for (const host of names) {
      const list = lists.get(host);
      if (list === undefined) lists.set(host, [place]);
      else list.push(place);
    }
  }
  return lists;
}

/** Hosts where a fallback would answer but for somebody younger, who gets the path and not what protected it. */
class FallbackHosts {
  readonly #oldest = new Map<string, Place>();

  constructor(places: readonly Place[]) {
    for (const place of places.filter(isRoot)) {
      for (const host of place.claim.hosts) {
        const key = `${place.reference.namespace} ${host}`;
        if (!this.#oldest.has(key)) this.#oldest.set(key, place);
      }
    }
  }

  lost(place: Place, held: readonly string[]): readonly string[] {
    const { claim, reference } = place;
    if (!claim.isFallback) return [];
    const isFirst = (host: string) => this.#oldest.get(`${reference.namespace} ${host}`) === place;
    return claim.hosts.filter((host) => !held.includes(host) && isFirst(host));
  }
}

function isRoot({ claim }: Place): boolean {
  return claim.path === '/' && claim.pathType === 'Prefix';
}

function settle(place: Place, { governed, restricting }: Neighbours): SettledPlace {
  const { content } = place;
  const unchanged = { place, problems: [] };
  if (place.policy !== undefined || place.isAcme || content.kind === 'closed') return unchanged;
  const source = protectorOf(place, governed);
  if (source === undefined) return withoutEscape(place, restricting);
  if (source.content.kind === 'closed') return close(place, 'policy-invalid', source);
  const covered = neighboursOf(place, governed).find((each) => covers(place, each, source));
  if (covered !== undefined && !governed.has(hostOf(place))) return close(place, 'shadowed', covered);
  const { spec } = content;
  if (spec.settings.admission !== undefined) return close(place, 'restriction-unsupported', source);
  const { admission } = source.content.spec.settings;
  if (admission === undefined) return unchanged;
  // An annotation that leaves plain HTTP alone did not know of the secrets.
  const isTooOpen = spec.plainHttp === 'serve' && judgesSecrets(admission);
  const heir: SiteSpec = {
    ...spec,
    settings: { ...spec.settings, admission },
    plainHttp: isTooOpen ? 'redirect-with-tls' : spec.plainHttp,
    inheritsAdmission: true,
  };
  return { place: { ...place, content: { kind: 'open', spec: heir } }, problems: [] };
}

/** Closed where it would serve what an annotation of a neighbour was to keep somebody from. */
function withoutEscape(place: Place, restricting: ByHost): SettledPlace {
  const source = restricting
    .get(hostOf(place))
    ?.find((each) => isSameNamespace(each.reference, place) && escapes(place, each));
  return source === undefined ? { place, problems: [] } : close(place, 'expression', source);
}

/** The place with a policy whose admission holds for this one too. */
function protectorOf(place: Place, governed: ByHost): Place | undefined {
  return nearest(neighboursOf(place, governed), place);
}

function neighboursOf(place: Place, governed: ByHost): readonly Place[] {
  const host = hostOf(place);
  // A wildcard that answered for the host until now protected it as well, and so did what answers for any host.
  const all = governed.get(host) ?? governed.get(wildcardOf(host) ?? '') ?? governed.get(ANY_HOST) ?? [];
  return all.filter(({ reference }) => isSameNamespace(reference, place));
}

/** An Ingress has a place for each host. */
function hostOf({ claim }: Place): string {
  return claim.hosts[0] ?? '';
}

/** Whether a path of the wildcard with another admission is gone behind this place. */
function covers(place: Place, lost: Place, source: Place): boolean {
  if (!contains(place.claim.path ?? '/', lost.claim.path ?? '/')) return false;
  return place.claim.pathType === 'Prefix' && admissionText(lost) !== admissionText(source);
}

function isSameNamespace({ namespace }: Place['reference'], place: Place): boolean {
  return namespace === place.reference.namespace;
}

/** The one that would have had the path, else the oldest. An exact path has none but itself. */
function nearest(neighbours: readonly Place[], { claim }: Place): Place | undefined {
  const path = claim.path ?? '/';
  const around = neighbours.filter(
    (each) => each.claim.pathType === 'Prefix' && contains(each.claim.path ?? '/', path),
  );
  const longest = around.toSorted((a, b) => (b.claim.path ?? '').length - (a.claim.path ?? '').length);
  return longest[0] ?? neighbours[0];
}

function contains(outer: string, inner: string): boolean {
  return outer === '/' || inner === outer || inner.startsWith(`${outer}/`);
}

function close(place: Place, cause: keyof typeof CAUSES, source: Place): SettledPlace {
  const { site, finding } = REASONS[cause];
  const tls = place.content.kind === 'open' ? place.content.spec.tls : place.content.tls;
  const settled: Place = { ...place, content: { kind: 'closed', reason: site, tls } };
  const { message, remedy, isAboutHost } = CAUSES[cause](titleOf(source), source.claim.path ?? '/');
  const problem: Problem = {
    severity: 'error',
    field: isAboutHost ? place.fields.hosts : 'metadata.annotations',
    reason: finding,
    message: `${message}; the path answers 503`,
    remedy,
  };
  return { place: settled, problems: [problem] };
}

function titleOf({ reference: { kind, namespace, name } }: Place): string {
  return `${kind === 'Ingress' ? kind : 'policy'} ${namespace}/${name}`;
}

const OWN_POLICY = 'give this Ingress a policy of its own';

/** For who asks the site, and for who looks after it. */
const REASONS = {
  'policy-invalid': { site: 'policy-invalid', finding: 'PolicyInvalid' },
  'restriction-unsupported': { site: 'restriction-unsupported', finding: 'UnsupportedRestriction' },
  shadowed: { site: 'host-conflicted', finding: 'Conflicted' },
  expression: { site: 'restriction-unsupported', finding: 'UnsupportedRestriction' },
} as const;

/** By what closes a path, what is said of it. */
const CAUSES = {
  'policy-invalid': (title: string) => ({
    message: `The host has the admission of ${title}, which is invalid`,
    remedy: `Mend ${title}, or ${OWN_POLICY}`,
    isAboutHost: true,
  }),
  'restriction-unsupported': (title: string) => ({
    message: `The host has the admission of ${title}, and a list of addresses in an annotation cannot be added to it`,
    remedy: 'Give this Ingress a policy of its own',
    isAboutHost: false,
  }),
  shadowed: (title: string, path: string) => ({
    message: `The host takes the place of one where ${title} says otherwise who may come to ${path}`,
    remedy: 'Give this Ingress a policy of its own',
    isAboutHost: true,
  }),
  expression: (title: string, path: string) => ({
    message: `${title} restricts who may come to ${path}, a regular expression, which matches nothing here, so that this path would serve it`,
    remedy: `Write the path of ${title} as the beginning of what it should match, or ${OWN_POLICY}`,
    isAboutHost: true,
  }),
} as const;
