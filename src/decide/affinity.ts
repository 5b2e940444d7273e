// Persistence: from what a request carries to the endpoint it belongs to, computed the same way everywhere.
import { type IpAddress, networkHex } from '../model/address.ts';
import type { Persistence } from '../model/configuration.ts';
import type { AffinityResult } from '../model/decision.ts';
import type { HealthView } from '../model/health-board.ts';
import type { RequestHead } from '../model/request.ts';
import { balance, type LoadView } from './balance.ts';
import type { ServingBackend, ServingEndpoint } from './compiled.ts';
import { bearerToken, isMattermostId, valuesOf } from './cookies.ts';
import { combine, hashText } from './hash.ts';

/** What persistence may go by, in the order it is tried; read once a request, used again for each attempt. */
export type AffinityKeys = {
  /** The endpoint that our cookie names, as far as this request may go there. */
  readonly endpoint: ServingEndpoint | undefined;
  readonly hashes: readonly { readonly result: 'user' | 'source'; readonly hash: number }[];
  /** The token that names an endpoint of this backend, to see whether the client needs another. */
  readonly sentToken: string | undefined;
  /** For how long a draining endpoint is still right for who holds its cookie. */
  readonly fenceMs: number;
};

/** Of a request, what persistence reads. */
type Known = {
  readonly head: RequestHead;
  readonly address: IpAddress;
  /** The line of cookies, empty where there is none. */
  readonly cookies: string;
};

export type Choice = { readonly endpoint: ServingEndpoint; readonly result: AffinityResult };

/** Slack over the mean before an address's endpoint counts as overloaded: an office is one address. */
const MEAN_FACTOR = 1.25;
const MEAN_SLACK = 8;

export function readAffinityKeys(
  persistence: Persistence,
  known: Known,
  backend: ServingBackend,
): AffinityKeys {
  const sent = persistence.type === 'Cookie' ? sentCookie(persistence, known.cookies, backend) : undefined;
  // A tunnel to an endpoint that is going away would be cut off soon.
  const isLeaving = sent?.endpoint.endpoint.state === 'draining' && known.head.upgrade.kind === 'websocket';
  return new RequestKeys(persistence, known, {
    endpoint: isLeaving ? undefined : sent?.endpoint,
    token: sent?.token,
  });
}

/** The keys behind the cookie are only hashed for who asks: nearly every request brings its cookie. */
class RequestKeys implements AffinityKeys {
  readonly endpoint: ServingEndpoint | undefined;
  readonly sentToken: string | undefined;
  readonly fenceMs: number;
  readonly #persistence: Persistence;
  readonly #known: Known;

  constructor(
    persistence: Persistence,
    known: Known,
    sent: { readonly endpoint: ServingEndpoint | undefined; readonly token: string | undefined },
  ) {
    this.#persistence = persistence;
    this.#known = known;
    this.endpoint = sent.endpoint;
    this.sentToken = sent.token;
    this.fenceMs = persistence.drain.mode === 'Fenced' ? persistence.drain.timeoutMs : 0;
  }

  get hashes(): AffinityKeys['hashes'] {
    const { head, address, cookies } = this.#known;
    const hashes: { result: 'user' | 'source'; hash: number }[] = [];
    for (const key of fallbackKeys(this.#persistence)) {
      if (key === 'UserIdentity') {
        const user = userIdentity(head, cookies);
        if (user !== undefined) hashes.push({ result: 'user', hash: hashText(user) });
      } else hashes.push({ result: 'source', hash: sourceHash(this.#persistence, address) });
    }
    return hashes;
  }
}

function fallbackKeys(persistence: Persistence): Persistence['fallback'] {
  if (persistence.type === 'Cookie') return persistence.fallback;
  return persistence.type === 'SourceAddress' ? ['SourceAddress'] : [];
}

/** Of up to four copies the first that names an endpoint of this backend. */
function sentCookie(
  persistence: Persistence,
  cookies: string,
  backend: ServingBackend,
): { token: string; endpoint: ServingEndpoint } | undefined {
  for (const token of valuesOf(cookies, persistence.cookieName) ?? []) {
    const endpoint = backend.byToken.get(token);
    if (endpoint !== undefined) return { token, endpoint };
  }
  return undefined;
}

/** The user where the client says who it is: stable over sessions and over clients that keep no cookies of ours. */
function userIdentity(head: RequestHead, cookies: string): string | undefined {
  const user = valuesOf(cookies, 'MMUSERID')?.find(isMattermostId);
  return user ?? bearerToken(head);
}

function sourceHash(persistence: Persistence, address: IpAddress): number {
  const bits = address.hex.length === 8 ? persistence.ipv4PrefixLength : persistence.ipv6PrefixLength;
  return hashText(networkHex(address.hex, bits));
}

/**
 * The endpoint for a request, leaving out those that were tried already.
 * Usable endpoints serve everybody; a draining one the holders of its cookie; one that fails nobody.
 */
export function chooseEndpoint(
  backend: ServingBackend,
  keys: AffinityKeys,
  view: LoadView,
  tried: ReadonlySet<ServingEndpoint>,
): Choice | undefined {
  const { health } = view;
  const home = keys.endpoint;
  if (home !== undefined && !tried.has(home) && backend.usable.has(home, health)) {
    if (home.endpoint.state === 'ready') return { endpoint: home, result: 'cookie' };
    if (health.drainingMs(home.slot, view.nowMs()) < keys.fenceMs)
      return { endpoint: home, result: 'cookie-draining' };
  }
  const usable = tried.size === 0 ? backend.usable.now(health) : backend.usable.without(tried, health);
  if (usable.length === 0) return undefined;
  for (const { result, hash } of keys.hashes) {
    const candidates = result === 'source' ? withRoom(usable, view) : usable;
    const endpoint = rendezvous(candidates, hash);
    if (endpoint !== undefined) return { endpoint, result };
  }
  const endpoint = balance(backend.backend, usable, view);
  return endpoint === undefined ? undefined : { endpoint, result: 'balanced' };
}

/** The endpoint this key belongs to among these: the one with the highest weight under it, whichever others there are. */
function rendezvous(endpoints: readonly ServingEndpoint[], hash: number): ServingEndpoint | undefined {
  let best: ServingEndpoint | undefined;
  let bestWeight = -1;
  for (const candidate of endpoints) {
    const weight = combine(candidate.seed, hash);
    const isTie = weight === bestWeight && candidate.endpoint.identity < (best?.endpoint.identity ?? '');
    if (weight <= bestWeight && !isTie) continue;
    best = candidate;
    bestWeight = weight;
  }
  return best;
}

/** Those that are not overloaded; never none of them, since one is at most at the mean. */
function withRoom(endpoints: readonly ServingEndpoint[], view: LoadView): readonly ServingEndpoint[] {
  let sum = 0;
  for (const { slot } of endpoints) sum += view.load(slot);
  const room = (sum / endpoints.length) * MEAN_FACTOR + MEAN_SLACK;
  return endpoints.filter(({ slot }) => view.load(slot) <= room);
}

/** The token a response must set so that the client comes back here; undefined when it has it already. */
export function tokenToIssue(
  persistence: Persistence,
  keys: AffinityKeys,
  chosen: ServingEndpoint,
): string | undefined {
  if (persistence.type !== 'Cookie') return undefined;
  const token = chosen.endpoint.tokens[0];
  return token === keys.sentToken ? undefined : token;
}

/** Somebody who looks for an endpoint, and takes a place there before anybody else can. */
export type Seeker = {
  /** Those that failed, and those that had no room. */
  readonly tried: ReadonlySet<ServingEndpoint>;
  /** One that was asked had no room. */
  readonly metFull: boolean;
  /** False where there is no room left. */
  take(endpoint: ServingEndpoint): boolean;
  /** It had no room: it counts as tried. */
  passOver(endpoint: ServingEndpoint): void;
};

/** The next endpoint that has room. */
export function chooseWithRoom(
  backend: ServingBackend,
  keys: AffinityKeys,
  view: LoadView,
  seeker: Seeker,
): Choice | undefined {
  for (;;) {
    const choice = chooseEndpoint(backend, keys, view, seeker.tried);
    if (choice === undefined) return undefined;
    // Better no answer now than one that fails, where the healthy ones have only too much to do.
    if (seeker.metFull && isWorse(choice.endpoint, seeker.tried, view.health)) return undefined;
    if (seeker.take(choice.endpoint)) return choice;
    seeker.passOver(choice.endpoint);
  }
}

/** Not healthy itself, after one that is. */
function isWorse(one: ServingEndpoint, tried: ReadonlySet<ServingEndpoint>, health: HealthView): boolean {
  return !health.takesUsers(one.slot) && [...tried].some(({ slot }) => health.takesUsers(slot));
}
