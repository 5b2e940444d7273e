// Pass 4: a path that an Ingress without policy adds to a host with admission gets that admission. Otherwise whoever may
// create an Ingress in the namespace could open a back door into a closed host.
import { wildcardOf } from './host-patterns.ts';
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
  const governed = governedByHost(places, grants);
  return places.map((place) => settle(place, governed));
}

/** By host, the places with a policy that got it; oldest first. */
function governedByHost(
  places: readonly Place[],
  grants: ReadonlyMap<string, Grant>,
): ReadonlyMap<string, readonly Place[]> {
  const byHost = new Map<string, Place[]>();
  for (const place of places) {
    if (place.policy === undefined || place.isAcme) continue;
    const grant = grants.get(place.key);
    for (const host of [...(grant?.open ?? []), ...(grant?.closed ?? [])]) {
      const list = byHost.get(host);
      if (list === undefined) byHost.set(host, [place]);
      else list.push(place);
    }
  }
  return byHost;
}

function settle(place: Place, governed: ReadonlyMap<string, readonly Place[]>): SettledPlace {
  const { content } = place;
  const unchanged = { place, problems: [] };
  if (place.policy !== undefined || place.isAcme || content.kind === 'closed') return unchanged;
  const source = protectorOf(place, governed);
  if (source === undefined) return unchanged;
  if (source.content.kind === 'closed') return close(place, 'policy-invalid', source);
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

/** The place with a policy whose admission holds for this one too. */
function protectorOf(place: Place, governed: ReadonlyMap<string, readonly Place[]>): Place | undefined {
  const [host = ''] = place.claim.hosts;
  // A wildcard that answered for the host until now protected it as well.
  const all = governed.get(host) ?? governed.get(wildcardOf(host) ?? '') ?? [];
  const neighbours = all.filter(({ reference }) => isSameNamespace(reference, place));
  return nearest(neighbours, place);
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

function close(
  place: Place,
  reason: 'policy-invalid' | 'restriction-unsupported',
  source: Place,
): SettledPlace {
  const { kind, namespace, name } = source.reference;
  const title = `${kind === 'Ingress' ? kind : 'policy'} ${namespace}/${name}`;
  const tls = place.content.kind === 'open' ? place.content.spec.tls : place.content.tls;
  const settled: Place = { ...place, content: { kind: 'closed', reason, tls } };
  const problem: Problem =
    reason === 'policy-invalid'
      ? {
          severity: 'error',
          field: place.fields.hosts,
          reason: 'PolicyInvalid',
          message: `The host has the admission of ${title}, which is invalid; the path answers 503`,
          remedy: `Mend ${title}, or give this Ingress a policy of its own`,
        }
      : {
          severity: 'error',
          field: 'metadata.annotations',
          reason: 'UnsupportedRestriction',
          message: `The host has the admission of ${title}, and a list of addresses in an annotation cannot be added to it; the path answers 503`,
          remedy: 'Give this Ingress a policy of its own',
        };
  return { place: settled, problems: [problem] };
}
