// Pass 2: who serves which host and path. First the namespace that owns a host, then the policies of that namespace
// among themselves; where doubt remains a path is held closed, never handed to another policy.
import { isWildcard, wildcardOf } from './host-patterns.ts';
import type { PolicyDraft } from './policies.ts';
import type { Problem } from './problem.ts';

/** --host-namespace: only policies of that namespace get the host, however old others are. */
export type HostPin = { readonly host: string; readonly namespace: string };

/** What a policy gets of the hosts it claims. */
export type Grant = {
  /** Served as the policy says. */
  readonly open: readonly string[];
  /** Answered with 503 at the policy's path. */
  readonly closed: readonly string[];
  /** Why it did not get a host, or not open. */
  readonly problems: readonly Problem[];
};

type Verdict = { readonly access: 'open' | 'closed' | 'lost'; readonly problem: Problem | undefined };

const OPEN: Verdict = { access: 'open', problem: undefined };
const CLOSED: Verdict = { access: 'closed', problem: undefined };
const LOST: Verdict = { access: 'lost', problem: undefined };

/**
 * Grants hosts to policies.
 * @param drafts oldest first: whoever stands before another in this list wins
 * @returns a grant for the key of each draft
 */
export function grantHosts(
  drafts: readonly PolicyDraft[],
  pins: readonly HostPin[],
): ReadonlyMap<string, Grant> {
  const verdicts = new Map<string, Map<string, Verdict>>(drafts.map((draft) => [draft.key, new Map()]));
  const holders = wildcardHolders(drafts);
  for (const [host, claimants] of claimsByHost(drafts)) {
    const owner = findOwner(host, claimants, pins);
    const inside = claimants.filter((draft) => draft.reference.namespace === owner.namespace);
    const holder = isWildcard(host) ? holders.get(owner.namespace) : undefined;
    const settled = settleHost(host, inside, holder);
    for (const draft of claimants) {
      const verdict = settled.get(draft.key) ?? {
        access: 'lost',
        problem: ownedElsewhere(draft, host, owner),
      };
      verdicts.get(draft.key)?.set(host, verdict);
    }
  }
  return new Map(drafts.map((draft) => [draft.key, toGrant(draft, verdicts.get(draft.key) ?? new Map())]));
}

function claimsByHost(drafts: readonly PolicyDraft[]): ReadonlyMap<string, readonly PolicyDraft[]> {
  const claims = new Map<string, PolicyDraft[]>();
  for (const draft of drafts) {
    for (const host of draft.claim.hosts) {
      const before = claims.get(host);
      if (before === undefined) claims.set(host, [draft]);
      else before.push(draft);
    }
  }
  return claims;
}

type Owner = { readonly namespace: string; readonly reason: 'pinned' | 'older' };

/** A wildcard's owner has no say over the exact hosts below it, unless a pin names the wildcard. */
function findOwner(host: string, claimants: readonly PolicyDraft[], pins: readonly HostPin[]): Owner {
  const wildcard = wildcardOf(host);
  const pin = pins.find((each) => each.host === host) ?? pins.find((each) => each.host === wildcard);
  if (pin !== undefined) return { namespace: pin.namespace, reason: 'pinned' };
  return { namespace: claimants[0]?.reference.namespace ?? '', reason: 'older' };
}

/** By namespace, a policy that could mean any host a wildcard answers for. */
function wildcardHolders(drafts: readonly PolicyDraft[]): ReadonlyMap<string, PolicyDraft> {
  const holders = drafts.filter((draft) => draft.claim.holdsWildcards);
  return new Map(holders.map((draft) => [draft.reference.namespace, draft]));
}

/** Settles one host among the policies of its namespace, oldest first. */
function settleHost(
  host: string,
  drafts: readonly PolicyDraft[],
  holder: PolicyDraft | undefined,
): ReadonlyMap<string, Verdict> {
  // A policy that could mean any path of the host leaves none of them certain.
  const shade = holder ?? drafts.find((draft) => draft.claim.path === undefined);
  const taken = new Map<string, PolicyDraft>();
  const verdicts = new Map<string, Verdict>();
  let first: PolicyDraft | undefined;
  for (const draft of drafts) {
    const path = draft.claim.path ?? '/';
    const older = taken.get(path);
    const verdict = judge({ host, draft, older, shade, first });
    if (older === undefined) taken.set(path, draft);
    if (verdict.access !== 'lost' && draft.claim.tls !== undefined) first ??= draft;
    verdicts.set(draft.key, verdict);
  }
  return verdicts;
}

type Contest = {
  readonly host: string;
  readonly draft: PolicyDraft;
  /** The older policy that has the same host and path. */
  readonly older: PolicyDraft | undefined;
  /** The invalid policy that might mean any of this host's requests. */
  readonly shade: PolicyDraft | undefined;
  /** The oldest policy of the host whose TLS settings are known: they hold for all. */
  readonly first: PolicyDraft | undefined;
};

function judge({ host, draft, older, shade, first }: Contest): Verdict {
  const path = draft.claim.path ?? '/';
  if (draft.policy === undefined) return older === undefined ? CLOSED : LOST;
  if (older !== undefined) {
    const message = `Host ${host} with path ${path} belongs to the older policy ${older.key}`;
    const remedy = 'Remove one of the two policies, or give them different hosts or paths';
    return { access: 'lost', problem: conflict(draft, host, message, remedy) };
  }
  if (shade !== undefined) {
    const message = `Host ${host} answers 503: the invalid policy ${shade.key} may mean it, and does not say clearly`;
    return {
      access: 'closed',
      problem: conflict(draft, host, message, `Mend or delete policy ${shade.key}`),
    };
  }
  if (first === undefined || first.claim.tls === draft.claim.tls) return OPEN;
  // Handed to the older policy the path would lose its admission, under the older one's TLS its secrecy.
  const message = `Host ${host} has the TLS settings of the older policy ${first.key}, which differ; path ${path} answers 503 there`;
  const remedy = `Write route.tls and client.tls as in policy ${first.key}, or use another host`;
  return { access: 'closed', problem: conflict(draft, host, message, remedy) };
}

function conflict(draft: PolicyDraft, host: string, message: string, remedy: string): Problem {
  return { severity: 'error', field: fieldOf(draft, host), reason: 'Conflicted', message, remedy };
}

function ownedElsewhere(draft: PolicyDraft, host: string, owner: Owner): Problem {
  const cause = owner.reason === 'pinned' ? 'by --host-namespace' : 'whose policy is older';
  return {
    severity: 'error',
    field: fieldOf(draft, host),
    reason: 'HostOwnedElsewhere',
    message: `Host ${host} belongs to namespace ${owner.namespace}, ${cause}`,
    remedy: 'Choose another host, or have who runs this controller settle the owner with --host-namespace',
  };
}

/** A claim that was salvaged or remembered has no places in the list. */
function fieldOf(draft: PolicyDraft, host: string): string {
  const field = 'spec.route.hosts';
  return draft.policy === undefined ? field : `${field}[${draft.claim.hosts.indexOf(host)}]`;
}

function toGrant(draft: PolicyDraft, verdicts: ReadonlyMap<string, Verdict>): Grant {
  const hostsWith = (access: Verdict['access']) =>
    draft.claim.hosts.filter((host) => verdicts.get(host)?.access === access);
  const problems = draft.claim.hosts.map((host) => verdicts.get(host)?.problem);
  return {
    open: hostsWith('open'),
    closed: hostsWith('closed'),
    problems: problems.filter((problem) => problem !== undefined),
  };
}
