// Pass 3: who serves which host and path. First the namespace that owns a host, then the places of that namespace
// among themselves; where doubt remains a path is held closed, never handed to another object.
import { INGRESS_REASONS } from '../api/status.ts';
import { ANY_HOST } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';
import { isWildcard, wildcardOf } from './host-patterns.ts';
import { type Claim, type Place, tlsDifferences, tlsOfText } from './places.ts';
import type { Problem } from './problem.ts';
import { hasSameItems } from './stage.ts';

/** --host-namespace: only objects of that namespace get the host, however old others are. */
export type HostPin = { readonly host: string; readonly namespace: string };

export type HostSettings = {
  readonly hostNamespaces: readonly HostPin[];
  /** --default-backend-namespace: the only one that may answer for any host. */
  readonly defaultBackendNamespace: string | undefined;
};

/** What a place gets of the hosts it claims. */
export type Grant = {
  /** Served as its object says. */
  readonly open: readonly string[];
  /** Answered with 503 at the path of the place. */
  readonly closed: readonly string[];
  /** Why it did not get a host, or not open. */
  readonly problems: readonly Problem[];
};

/** Oldest first; of one age, and without, by name, a policy before an Ingress of that name. */
export function byClaim(a: Place, b: Place): number {
  if (a.createdMs !== b.createdMs) return a.createdMs < b.createdMs ? -1 : 1;
  const [left, right] = [nameText(a), nameText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function nameText({ key, reference: { kind, namespace, name } }: Place): string {
  return `${namespace}/${name} ${kind === 'Ingress' ? 1 : 0} ${key}`;
}

/** Equal, as far as that can be told at a glance. */
export function hasSameGrant(a: Grant, b: Grant): boolean {
  const isClean = a.problems.length === 0 && b.problems.length === 0;
  return isClean && hasSameItems(a.open, b.open) && hasSameItems(a.closed, b.closed);
}

type Verdict = { readonly access: 'open' | 'closed' | 'lost'; readonly problem: Problem | undefined };

const OPEN: Verdict = { access: 'open', problem: undefined };
const CLOSED: Verdict = { access: 'closed', problem: undefined };
const LOST: Verdict = { access: 'lost', problem: undefined };

/**
 * Grants hosts to places.
 * @param places oldest first: whoever stands before another in this list wins
 * @returns a grant for the key of each place
 */
export function grantHosts(places: readonly Place[], settings: HostSettings): ReadonlyMap<string, Grant> {
  const verdicts = new Map<string, Map<string, Verdict>>(places.map((place) => [place.key, new Map()]));
  const holders = wildcardHolders(places);
  for (const [host, claimants] of claimsByHost(places)) {
    const owner = findOwner(host, claimants, settings);
    const inside = claimants.filter((place) => place.reference.namespace === owner.namespace);
    const holder = isWildcard(host) || host === ANY_HOST ? holders.get(owner.namespace) : undefined;
    const settled = settleHost(host, inside, holder);
    for (const place of claimants) {
      const verdict = settled.get(place.key) ?? { access: 'lost', problem: refused(place, host, owner) };
      verdicts.get(place.key)?.set(host, verdict);
    }
  }
  return new Map(places.map((place) => [place.key, toGrant(place, verdicts.get(place.key) ?? new Map())]));
}

/** By host, the oldest object of the namespace that owns it; hosts that nobody of their owner claims are left out. */
export function ownersOf(
  places: readonly Place[],
  settings: HostSettings,
): ReadonlyMap<string, ObjectReference> {
  const owners = new Map<string, ObjectReference>();
  for (const [host, claimants] of claimsByHost(places)) {
    const { namespace } = findOwner(host, claimants, settings);
    const oldest = claimants.find(({ reference }) => reference.namespace === namespace);
    if (oldest !== undefined) owners.set(host, oldest.reference);
  }
  return owners;
}

function claimsByHost(places: readonly Place[]): ReadonlyMap<string, readonly Place[]> {
  const claims = new Map<string, Place[]>();
  for (const place of places) {
    for (const host of place.claim.hosts) {
      const before = claims.get(host);
      if (before === undefined) claims.set(host, [place]);
      else before.push(place);
    }
  }
  return claims;
}

type Owner = { readonly namespace: string | undefined; readonly reason: 'pinned' | 'older' };

/** A wildcard's owner has no say over the exact hosts below it, unless a pin names the wildcard. */
function findOwner(host: string, claimants: readonly Place[], settings: HostSettings): Owner {
  const { hostNamespaces: pins, defaultBackendNamespace } = settings;
  if (host === ANY_HOST) return { namespace: defaultBackendNamespace, reason: 'pinned' };
  const wildcard = wildcardOf(host);
  const pin = pins.find((each) => each.host === host) ?? pins.find((each) => each.host === wildcard);
  if (pin !== undefined) return { namespace: pin.namespace, reason: 'pinned' };
  return { namespace: claimants[0]?.reference.namespace ?? '', reason: 'older' };
}

/** By namespace, a policy that could mean any host a wildcard answers for. */
function wildcardHolders(places: readonly Place[]): ReadonlyMap<string | undefined, Place> {
  const holders = places.filter((place) => place.claim.holdsWildcards);
  return new Map(holders.map((place) => [place.reference.namespace, place]));
}

/** Settles one host among the places of its namespace, oldest first. */
function settleHost(
  host: string,
  places: readonly Place[],
  holder: Place | undefined,
): ReadonlyMap<string, Verdict> {
  // A policy that could mean any path of the host leaves none of them certain.
  const shade = holder ?? places.find((place) => place.claim.path === undefined);
  const inOrder = [
    ...places.filter(({ claim }) => !claim.isFallback),
    ...places.filter(({ claim }) => claim.isFallback),
  ];
  const taken = new Map<string, Place>();
  const verdicts = new Map<string, Verdict>();
  let first: Place | undefined;
  for (const place of inOrder) {
    const path = pathText(place);
    const older = taken.get(path);
    const verdict = judge({ host, place, older, shade, first });
    if (older === undefined) taken.set(path, place);
    if (verdict.access !== 'lost' && place.claim.tls !== undefined) first ??= place;
    verdicts.set(place.key, verdict);
  }
  const unmet = withoutCertificates({ host, inOrder, verdicts, hostTls: first?.claim.tls });
  return new Map([...verdicts, ...unmet]);
}

type Settled = {
  readonly host: string;
  readonly inOrder: readonly Place[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Of the host, known last: it may be that of a younger place. */
  readonly hostTls: string | undefined;
};

/** Verdicts on those that would be served without a certificate that is demanded. */
function withoutCertificates({ host, inOrder, verdicts, hostTls }: Settled): ReadonlyMap<string, Verdict> {
  const demanding = inOrder.find(({ claim }) => claim.demands?.isForHost === true);
  const unmet = new Map<string, Verdict>();
  for (const place of inOrder) {
    if (verdicts.get(place.key)?.access !== 'open' || place.isAcme) continue;
    if (!isMet(place.claim, hostTls)) unmet.set(place.key, unasked(host, place));
    else if (demanding !== undefined && isLeftOpen(place, hostTls))
      unmet.set(place.key, unaskedFor(host, place, demanding));
  }
  return unmet;
}

/** A policy says itself what it demands; an Ingress alone trusted in the annotation of another. */
function isLeftOpen({ policy }: Place, hostTls: string | undefined): boolean {
  return policy === undefined && tlsOfText(hostTls)?.clientCertificate?.mode !== 'Require';
}

function unaskedFor(host: string, place: Place, demanding: Place): Verdict {
  const { path = '/' } = place.claim;
  const message = `${nameOf(demanding)} demands certificates of all clients of host ${host}, whose TLS asks for none; path ${path} answers 503`;
  const remedy =
    'Write the same auth-tls annotations, and the same TLS, or give this Ingress a policy of its own';
  return { access: 'closed', problem: conflict(place, host, message, remedy) };
}

/** Whether the handshake asks for what the place demands. */
function isMet({ demands }: Claim, hostTls: string | undefined): boolean {
  if (demands === undefined) return true;
  const asked = tlsOfText(hostTls)?.clientCertificate;
  return asked?.mode === 'Require' && asked.source === demands.source;
}

/** Served without them the site would be open to all. */
function unasked(host: string, place: Place): Verdict {
  const { path = '/' } = place.claim;
  const message = `Clients of host ${host} must show a certificate, and its TLS asks for none, or it has no TLS here; path ${path} answers 503`;
  const remedy = 'Give the host TLS, and everything that serves it the same client.clientCertificate';
  return { access: 'closed', problem: conflict(place, host, message, remedy) };
}

type Contest = {
  readonly host: string;
  readonly place: Place;
  /** The older one that has the same host and path. */
  readonly older: Place | undefined;
  /** The invalid policy that might mean any of this host's requests. */
  readonly shade: Place | undefined;
  /** The oldest place of the host whose TLS settings are known: they hold for all. */
  readonly first: Place | undefined;
};

function judge({ host, place, older, shade, first }: Contest): Verdict {
  const { path = '/', tls, isFallback } = place.claim;
  if (older !== undefined) return isFallback ? LOST : lostTo(older, place, host);
  if (place.content.kind === 'closed') return CLOSED;
  if (place.isAcme) return OPEN;
  if (shade !== undefined) {
    const message = `Host ${host} answers 503: the invalid ${nameOf(shade)} may mean it, and does not say clearly`;
    const problem = conflict(place, host, message, `Mend or delete ${nameOf(shade)}`);
    return { access: 'closed', problem };
  }
  if (first === undefined || tls === undefined || first.claim.tls === tls) return OPEN;
  const what = tlsDifferences(tls, first.claim.tls);
  // Handed to the older one the path would lose its admission, under the older one's TLS its secrecy.
  const message = `Host ${host} has the TLS settings of the older ${nameOf(first)}, which differ (${what}); path ${path} answers 503 there`;
  const remedy = 'Write them the same in both objects, or use another host';
  return { access: 'closed', problem: conflict(place, host, message, remedy) };
}

function lostTo(older: Place, place: Place, host: string): Verdict {
  // An invalid policy has worse to mend.
  if (place.content.kind === 'closed' && place.reference.kind !== 'Ingress') return LOST;
  const { path = '/' } = place.claim;
  const message = `Host ${host} with path ${path} belongs to the older ${nameOf(older)}`;
  const remedy = 'Remove one of the two, or give them different hosts or paths';
  return { access: 'lost', problem: conflict(place, host, message, remedy) };
}

/** Exact and by segment the same path is two paths. */
function pathText({ claim: { path = '/', pathType } }: Place): string {
  return `${pathType} ${path}`;
}

function nameOf({ reference: { kind, namespace, name } }: Place): string {
  return `${kind === 'Ingress' ? kind : 'policy'} ${namespace}/${name}`;
}

function conflict(place: Place, host: string, message: string, remedy: string): Problem {
  return { severity: 'error', field: fieldOf(place, host), reason: 'Conflicted', message, remedy };
}

function refused(place: Place, host: string, owner: Owner): Problem | undefined {
  if (host === ANY_HOST) {
    // A fallback has served what it could by the hosts that its Ingress names.
    const { meaning: message, remedy } = INGRESS_REASONS.AnyHostForbidden;
    const field = place.fields.hosts;
    return { severity: 'warning', field, reason: 'AnyHostForbidden', message, remedy };
  }
  const cause = owner.reason === 'pinned' ? 'by --host-namespace' : 'whose object is older';
  return {
    severity: 'error',
    field: fieldOf(place, host),
    reason: 'HostOwnedElsewhere',
    message: `Host ${host} belongs to namespace ${owner.namespace ?? ''}, ${cause}`,
    remedy: 'Choose another host, or have who runs this controller settle the owner with --host-namespace',
  };
}

/** A claim that was salvaged or remembered has no places in the list. */
function fieldOf(place: Place, host: string): string {
  const { hosts: field } = place.fields;
  const isList = place.reference.kind !== 'Ingress' && place.content.kind === 'open';
  return isList ? `${field}[${place.claim.hosts.indexOf(host)}]` : field;
}

function toGrant(place: Place, verdicts: ReadonlyMap<string, Verdict>): Grant {
  const hostsWith = (access: Verdict['access']) =>
    place.claim.hosts.filter((host) => verdicts.get(host)?.access === access);
  const problems = place.claim.hosts.map((host) => verdicts.get(host)?.problem);
  return {
    open: hostsWith('open'),
    closed: hostsWith('closed'),
    problems: problems.filter((problem) => problem !== undefined),
  };
}
