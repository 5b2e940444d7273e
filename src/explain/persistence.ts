// Which node a request belongs to, by which key, and who might get it where chance decides: the choice is made by the
// code that makes it for requests, once for every outcome that chance may have.
import { type AffinityKeys, type Choice, chooseWithRoom, tokenToIssue } from '../decide/affinity.ts';
import type { LoadView } from '../decide/balance.ts';
import type { ServingBackend, ServingEndpoint } from '../decide/compiled.ts';
import { cookieLine, valuesOf } from '../decide/cookies.ts';
import type { Destination } from '../decide/decide.ts';
import { networkHex, textOfHex } from '../model/address.ts';
import type { IpAddress } from '../model/address.ts';
import type { FallbackKey, Persistence } from '../model/configuration.ts';
import type { RequestHead } from '../model/request.ts';
import type { ExplainedEndpoint, ExplainedEndpoints, ExplainedPersistence } from './explanation.ts';
import type { Knowledge } from './knowledge.ts';

/** Throws of the dice, at least; one for each endpoint at least. */
const MIN_THROWS = 32;
const MAX_THROWS = 1024;

export type Choices = {
  /** Of the first throw; the result is the same in each. */
  readonly choice: Choice | undefined;
  /** Whoever was chosen in any of them. */
  readonly possible: ReadonlySet<ServingEndpoint>;
  /** There is nobody because all are full. */
  readonly isFull: boolean;
};

export function chooseAll({ backend, keys }: Destination, loads: Knowledge['loads']): Choices {
  const count = backend.endpoints.length;
  const throws = Math.min(MAX_THROWS, Math.max(MIN_THROWS, count));
  const possible = new Set<ServingEndpoint>();
  let first: Choice | undefined;
  let isFull = false;
  for (let at = 0; at < throws; at++) {
    const seeker = seekerIn(backend, loads);
    const choice = chooseWithRoom(backend, keys, viewOf(loads, at, throws), seeker);
    first ??= choice;
    isFull ||= seeker.metFull;
    if (choice === undefined) break;
    possible.add(choice.endpoint);
    if (choice.result !== 'balanced') break;
  }
  return { choice: first, possible, isFull: isFull && first === undefined };
}

function viewOf(loads: Knowledge['loads'], at: number, throws: number): LoadView {
  return { ...loads, health: loads.health, random: () => at / throws, turn: () => at };
}

/** Takes a place as a request does, and leaves no trace. */
function seekerIn(
  { backend: { maxConnectionsPerEndpoint: most } }: ServingBackend,
  loads: Knowledge['loads'],
) {
  const seeker = {
    tried: new Set<ServingEndpoint>(),
    metFull: false,
    take: ({ slot }: ServingEndpoint) => most === 0 || loads.load(slot) + 1 <= most,
    passOver: (endpoint: ServingEndpoint) => {
      seeker.tried.add(endpoint);
      seeker.metFull = true;
    },
  };
  return seeker;
}

type Asked = { readonly head: RequestHead; readonly address: IpAddress };

export function explainPersistence(
  persistence: Persistence,
  { keys, backend }: Destination,
  asked: Asked,
  { choice, possible }: Choices,
): ExplainedPersistence {
  const { type, cookieName, fallback } = persistence;
  const others: readonly FallbackKey[] =
    type === 'Cookie' ? fallback : type === 'SourceAddress' ? ['SourceAddress'] : [];
  return {
    type,
    ...(type === 'Cookie' ? { cookieName } : {}),
    keys: [
      ...(type === 'Cookie'
        ? [{ key: `cookie ${cookieName}`, result: cookieResult(cookieName, keys, backend, asked.head) }]
        : []),
      ...others.map((key) => ({ key, result: fallbackResult(key, persistence, keys, asked.address) })),
    ],
    ...(choice === undefined ? {} : { result: choice.result }),
    ...setsCookie(persistence, keys, possible),
  };
}

/** By chance a request may come to the node of a cookie that holds no longer: that one needs no new cookie. */
function setsCookie(
  persistence: Persistence,
  keys: AffinityKeys,
  possible: Choices['possible'],
): Pick<ExplainedPersistence, 'setsCookie'> {
  const answers = new Set([...possible].map((each) => tokenToIssue(persistence, keys, each) !== undefined));
  return answers.size > 1 ? {} : { setsCookie: answers.has(true) };
}

function cookieResult(
  name: string,
  { endpoint, sentToken }: AffinityKeys,
  { byToken }: ServingBackend,
  head: RequestHead,
): string {
  if (endpoint !== undefined) return `names ${endpoint.endpoint.name}`;
  const leaving = sentToken === undefined ? undefined : byToken.get(sentToken);
  if (leaving !== undefined)
    return `names ${leaving.endpoint.name}, which is draining: WebSockets go elsewhere`;
  const count = valuesOf(cookieLine(head), name)?.length;
  return count === 0 ? 'not sent' : 'sent, but names no node of this Service';
}

function fallbackResult(
  key: FallbackKey,
  persistence: Persistence,
  { hashes }: AffinityKeys,
  address: IpAddress,
): string {
  if (key === 'UserIdentity')
    return hashes.some(({ result }) => result === 'user')
      ? 'the request says who the user is'
      : 'neither a cookie MMUSERID nor a bearer token in the form of Mattermost says who the user is';
  const { ipv4PrefixLength, ipv6PrefixLength } = persistence;
  const bits = address.hex.length === 8 ? ipv4PrefixLength : ipv6PrefixLength;
  return `${textOfHex(networkHex(address.hex, bits))}/${bits}`;
}

export function explainEndpoints(
  { backend, endpoints, usable }: ServingBackend,
  possible: ReadonlySet<ServingEndpoint>,
  { loads, endpoint: factsOf, isLive }: Knowledge,
): ExplainedEndpoints {
  const { namespace, name, port } = backend.service;
  const usableNow = new Set(usable.now(loads.health));
  const all = endpoints.map((each): ExplainedEndpoint => {
    const { endpoint, slot } = each;
    const { state, reason, inFlight, webSockets } = factsOf(slot);
    return {
      name: endpoint.name,
      address: endpoint.address,
      port: endpoint.port,
      state: endpoint.state === 'draining' ? 'draining' : state,
      ...(reason === undefined ? {} : { reason }),
      ...(inFlight === undefined ? {} : { inFlight }),
      ...(webSockets === undefined ? {} : { webSockets }),
      isUsable: usableNow.has(each),
      isChosen: possible.has(each),
    };
  });
  const service = `${namespace}/${name}:${port}`;
  return { service, loadBalancing: backend.loadBalancing, isLive, all };
}
