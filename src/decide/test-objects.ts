// Requests, sites and endpoints for the tests of this folder: small, valid, and changed by what a test is about.
import { createHmac } from 'node:crypto';
import { type IpAddress, parseAddress } from '../model/address.ts';
import type {
  AddressRanges,
  Admission,
  AdmissionRule,
  Backend,
  Endpoint,
  HeaderCondition,
  OpenSite,
  Persistence,
  Site,
} from '../model/configuration.ts';
import { HealthBoard, healthBoardBytes } from '../model/health-board.ts';
import { type Client, noCharges, type RequestHead } from '../model/request.ts';
import type { LoadView } from './balance.ts';
import { decide, type DecideSettings } from './decide.ts';
import { NO_GATE } from './limits.ts';
import {
  compileBackend,
  compileHosts,
  DEFAULT_TLS_POLICY,
  type Serving,
  type ServingBackend,
} from './compiled.ts';

export const HOST = 'chat.example.com';
export const DIGEST_KEY = Buffer.from('digest key of a test');
export const NOBODY: AddressRanges = { v4: [], v6: [] };

/** A request as the parser makes it: `GET /path?query` and field lines `Name: value`; Host where none is given. */
export function request(
  line: string,
  lines: readonly string[] = [],
  more: Partial<RequestHead> = {},
): RequestHead {
  const [method = '', target = ''] = line.split(' ');
  const hasHost = lines.some((each) => /^host:/i.test(each));
  const pairs = (hasHost ? lines : [`Host: ${HOST}`, ...lines]).map((each) => {
    const colon = each.indexOf(':');
    return [each.slice(0, colon), each.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')] as const;
  });
  const named = (name: string) =>
    pairs.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  const host = named('host')[0] ?? '';
  return {
    method,
    target,
    path: target.split('?')[0] ?? '',
    host,
    hostname: host.toLowerCase().replace(/:[0-9]+$/, ''),
    version: '1.1',
    fields: pairs.flat(),
    names: pairs.map(([name]) => name.toLowerCase()),
    nominated: named('connection').flatMap((value) => value.toLowerCase().split(/ *, */)),
    framing: { kind: 'none' },
    upgrade: { kind: 'none' },
    expectContinue: false,
    close: false,
    headBytes: 100,
    ...more,
  };
}

/** A valid WebSocket handshake at a path. */
export function webSocket(path: string, lines: readonly string[] = []): RequestHead {
  const key = 'AAAAAAAAAAAAAAAAAAAAAA==';
  const handshake = ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${key}`];
  return request(`GET ${path}`, [...handshake, 'Sec-WebSocket-Version: 13', ...lines], {
    upgrade: { kind: 'websocket', key, protocols: [], extensions: undefined },
  });
}

/** An address that a test states; throws where it is none. */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

/** Ranges from `first-last` texts, which must be sorted and apart. */
export function ranges(...texts: readonly string[]): AddressRanges {
  const ends = texts.flatMap((text) => text.split('-')).map((text) => address(text).hex);
  return { v4: ends.filter((hex) => hex.length === 8), v6: ends.filter((hex) => hex.length === 32) };
}

export function client(more: Partial<Client> = {}): Client {
  return {
    peer: address('203.0.113.9'),
    peerPort: 50_000,
    localPort: 8080,
    tls: undefined,
    trusted: false,
    charges: noCharges(),
    ...more,
  };
}

/** A rule without conditions that allows; `more` says what a test is about. */
export function rule(name: string, more: Partial<AdmissionRule> = {}): AdmissionRule {
  return {
    name,
    action: 'Allow',
    never: false,
    sources: undefined,
    paths: undefined,
    methods: undefined,
    headers: undefined,
    request: undefined,
    cookies: undefined,
    bearerToken: false,
    clientCertificate: false,
    verifySession: undefined,
    ...more,
  };
}

/** Rules with Deny for the rest. */
export function admission(rules: readonly AdmissionRule[], more: Partial<Admission> = {}): Admission {
  return {
    mode: 'Enforce',
    rules,
    defaultAction: 'Deny',
    denyStatus: 403,
    rejectReason: 'None',
    secretHeaders: [],
    ...more,
  };
}

export const OPEN_TO_ALL = admission([], { defaultAction: 'Allow' });

/** A secret header with these keys and values, as translate/ digests them. */
export function secretHeader(name: string, values: Readonly<Record<string, string>>): HeaderCondition {
  const secrets = Object.entries(values).map(([key, value]) => ({
    key,
    digest: createHmac('sha256', DIGEST_KEY).update(value, 'latin1').digest('hex'),
  }));
  return { name, type: 'Secret', secrets };
}

export const COOKIE: Persistence = {
  type: 'Cookie',
  cookieName: 'MMSTICKY',
  cookieAttributes: '; Path=/; HttpOnly; SameSite=Lax',
  fallback: ['UserIdentity', 'SourceAddress'],
  drain: { mode: 'Fenced', timeoutMs: 600_000 },
  ipv4PrefixLength: 32,
  ipv6PrefixLength: 64,
};

export function webSocketCloses(more: Partial<OpenSite['webSockets']> = {}): OpenSite['webSockets'] {
  const reconnects = { perSecond: 100, maxSpreadMs: 30_000 };
  return { maxDurationMs: 0, onPolicyChange: 'Keep', reconnects, ...more };
}

export function openSite(more: Partial<OpenSite> = {}): OpenSite {
  return {
    kind: 'open',
    backend: 'chat/mattermost',
    tls: undefined,
    plainHttp: more.tls === undefined ? 'serve' : 'redirect',
    admission: OPEN_TO_ALL,
    persistence: COOKIE,
    requestBodyMaxBytes: 1000,
    limits: undefined,
    clientTimeouts: undefined,
    webSocketIdleTimeoutMs: 3_600_000,
    webSockets: webSocketCloses(),
    accessLog: true,
    ...more,
  };
}

/** A site for `host/path`, named by it. */
export function site(place: string, service: Site['service'] = openSite()): Site {
  const slash = place.indexOf('/');
  const hosts = [slash === -1 ? place : place.slice(0, slash)];
  const path = slash === -1 ? '/' : place.slice(slash);
  const owner = { kind: 'MattermostIngressPolicy', namespace: 'chat', name: place };
  return { key: place, owner, hosts, path, pathType: 'Prefix', service };
}

export const CLOSED: Site['service'] = { kind: 'closed', reason: 'policy-invalid', tls: undefined };

/** An endpoint with two tokens, as two sticky keys give. */
export function endpoint(identity: string, more: Partial<Endpoint> = {}): Endpoint {
  const tokens = [`${identity}-new`, `${identity}-old`];
  return { identity, address: '10.0.0.1', port: 8065, state: 'ready', tokens, name: identity, ...more };
}

export const HEALTH: Backend['health'] = {
  check: undefined,
  ejection: { consecutiveFailures: 5, baseTimeMs: 30_000, maxPercent: 50 },
  whenAllUnhealthy: 'Serve',
  slowStartMs: 30_000,
};

export function backend(endpoints: readonly Endpoint[], more: Partial<Backend> = {}): Backend {
  return {
    key: 'chat/mattermost',
    service: { namespace: 'chat', name: 'mattermost', port: '8065' },
    loadBalancing: 'LeastConnections',
    tls: undefined,
    connectTimeoutMs: 3000,
    responseTimeoutMs: 600_000,
    retryAttempts: 2,
    connectionReuse: { maxIdlePerEndpoint: 64, idleTimeoutMs: 50_000, maxRequests: 10_000 },
    maxConnectionsPerEndpoint: 0,
    sourceAddresses: undefined,
    health: HEALTH,
    endpoints,
    ...more,
  };
}

/** What a worker serves: these sites, and one backend whose endpoints have the slots 0, 1, 2 ... */
export function serving(
  sites: readonly Site[],
  endpoints: readonly Endpoint[] = [endpoint('node-1')],
): Serving {
  const compiled = servingBackend(endpoints);
  return {
    generation: 1,
    hosts: compileHosts(sites),
    backends: new Map([[compiled.backend.key, compiled]]),
    certificates: new Map(),
  };
}

/** A client over TLS whose handshake was made for that policy. */
export function tlsClient(
  policy: string = DEFAULT_TLS_POLICY,
  more: Partial<Client['tls'] & object> = {},
): Client {
  return client({
    localPort: 8443,
    tls: { serverName: HOST, version: '1.3', policy, hasCertificate: false, ...more },
  });
}

/** Loads by slot, chance that always says the same, and turns that count up. */
export function loadView(
  loads: readonly number[] = [],
  chance = 0,
  health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(loads.length))),
): LoadView {
  const turns = new Map<string, number>();
  return {
    load: (slot) => loads[slot] ?? 0,
    random: () => chance,
    health,
    nowMs: () => 0,
    turn: (key) => {
      const turn = turns.get(key) ?? 0;
      turns.set(key, turn + 1);
      return turn;
    },
  };
}

/** Endpoints with the slots 0, 1, 2 ..., compiled. */
export function servingBackend(endpoints: readonly Endpoint[], more: Partial<Backend> = {}): ServingBackend {
  return compileBackend({ backend: backend(endpoints, more), slots: endpoints.map((_, at) => at) });
}

export const SETTINGS: DecideSettings = {
  trustedProxies: ranges('10.0.0.0-10.255.255.255'),
  secretDigestKey: DIGEST_KEY,
  redirectHttpsPort: 443,
  sources: NO_GATE,
};

/** A decision in a few words: where it leads, or why not. */
export function outcomeOf(
  given: Serving,
  head: RequestHead,
  from: Client = client(),
  settings: DecideSettings = SETTINGS,
): string {
  const decision = decide(given, head, from, settings);
  switch (decision.kind) {
    case 'reject':
      return decision.reason;
    case 'redirect':
      return `redirect ${decision.location}`;
    case 'forward':
      return `forward ${decision.target.site.site.key}`;
    case 'reset':
      return 'reset';
    case 'verify':
      return 'verify';
  }
}
