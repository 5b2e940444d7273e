// Configuration: what translate/ makes of the objects and the data plane serves.
// Plain data, so that it crosses threads by structured clone; entries are compared by digest and replaced whole.
import type { ObjectReference } from './finding.ts';

/** The host pattern of sites that answer for any host. */
export const ANY_HOST = '*';

/** Everything the data plane serves, by key. */
export type Configuration = {
  readonly sites: ReadonlyMap<string, Site>;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly certificates: ReadonlyMap<string, Certificate>;
};

/** One installation of Mattermost as clients see it: some hosts, one path below them, and all that is decided there. */
export type Site = {
  /** Kind, namespace and name of the object it comes from, and a path where that object gives several. */
  readonly key: string;
  readonly owner: ObjectReference;
  /** Lower case; `*.example.com` stands for exactly one label, `*` for any host that nobody else has. */
  readonly hosts: readonly string[];
  /** Absolute; where matched by segment without a trailing slash, except `/` itself. */
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  readonly service: SiteService;
};

/** A site either serves, or is held at 503 until its object is mended: closed, never open. */
export type SiteService = OpenSite | ClosedSite;

export type ClosedSite = {
  readonly kind: 'closed';
  readonly reason: ClosedReason;
  /** Its last settings: a phone that meets a wrong certificate stops trying, one that meets a 503 comes back. */
  readonly tls: SiteTls | undefined;
};
/**
 * An invalid policy, a policy that is demanded and missing, objects of one host that contradict each other, an
 * annotation that restricts and is not understood, a host that is kept for a namespace without an object for it.
 */
export type ClosedReason =
  | 'policy-invalid'
  | 'policy-missing'
  | 'host-conflicted'
  | 'restriction-unsupported'
  | 'host-unclaimed';

/** What a plain request gets: `refuse` finds no site, `redirect-with-tls` redirects where the host has TLS. */
export type PlainHttp = 'serve' | 'redirect' | 'redirect-with-tls' | 'refuse';

export type OpenSite = {
  readonly kind: 'open';
  /** Key of a backend; one that is missing from the configuration has no endpoints. */
  readonly backend: string;
  /** Undefined: what the host has by another site, if any. */
  readonly tls: SiteTls | undefined;
  readonly plainHttp: PlainHttp;
  readonly admission: Admission;
  readonly persistence: Persistence;
  readonly requestBodyMaxBytes: number;
  /** Undefined where no source is limited. */
  readonly limits: SourceLimits | undefined;
  /** Undefined: as the listener waits. */
  readonly clientTimeouts: ClientTimeouts | undefined;
  readonly webSocketIdleTimeoutMs: number;
  readonly webSockets: WebSocketCloses;
  readonly accessLog: boolean;
};

/** When WebSockets that are open are closed by us, and at what pace. */
export type WebSocketCloses = {
  /** 0: however long they want. */
  readonly maxDurationMs: number;
  readonly onPolicyChange: 'Keep' | 'Recheck';
  /** Pace of every mass close, over all workers; all are closed within `maxSpreadMs`, at whatever pace. */
  readonly reconnects: { readonly perSecond: number; readonly maxSpreadMs: number };
};

/** How long clients are waited for; what is undefined is the listener's to say. */
export type ClientTimeouts = {
  readonly requestHeadMs: number | undefined;
  readonly requestBodyIdleMs: number | undefined;
  readonly keepAliveMs: number | undefined;
};

/** Limits by source; 0 for none. */
export type SourceLimits = {
  readonly requestsPerSecond: number;
  /** Requests that may come at once beyond the first. */
  readonly burst: number;
  readonly connections: number;
  readonly webSockets: number;
  /** Undefined: nobody is exempt. */
  readonly exempt: AddressRanges | undefined;
};

export type TlsVersion = '1.1' | '1.2' | '1.3';

export type SiteTls = {
  /** Key of a certificate; one that is missing from the configuration is answered with the default certificate. */
  readonly certificate: string;
  readonly minVersion: TlsVersion;
  /** Value of Strict-Transport-Security; undefined sends none of ours. */
  readonly hsts: string | undefined;
  /** Undefined asks clients for none. */
  readonly clientCertificate: ClientCertificate | undefined;
};

export type ClientCertificate = {
  readonly mode: 'Optional' | 'Require';
  /** The object that the authorities come from. */
  readonly source: string;
  /** PEM bundle; undefined believes no certificate. */
  readonly authorities: string | undefined;
};

/** What a rule may do with a request. */
export type AdmissionAction = 'Allow' | 'Deny' | 'Reset';

export type Admission = {
  readonly mode: 'Enforce' | 'Observe';
  /** First match wins. */
  readonly rules: readonly AdmissionRule[];
  readonly defaultAction: AdmissionAction;
  readonly denyStatus: 403 | 404 | 429;
  readonly rejectReason: 'PreAuth' | 'None';
  /** Lower-case names of headers that are removed before forwarding because a secret is sent in them. */
  readonly secretHeaders: readonly string[];
};

/** All conditions that are present must hold. A rule none of whose proofs is usable is `never`. */
export type AdmissionRule = {
  readonly name: string;
  readonly action: AdmissionAction;
  /** Something the rule needs is missing (a Secret, a key): it matches nothing. */
  readonly never: boolean;
  readonly sources: AddressRanges | undefined;
  readonly paths: readonly PathCondition[] | undefined;
  readonly methods: readonly string[] | undefined;
  readonly headers: readonly HeaderCondition[] | undefined;
  readonly request: 'WebSocket' | 'HTTP' | undefined;
  readonly cookies: readonly CookieCondition[] | undefined;
  readonly bearerToken: boolean;
  readonly clientCertificate: boolean;
  /** Undefined: their shape is believed. */
  readonly verifySession: VerifySession | undefined;
};

/** Mattermost itself is asked whether the credentials are those of a session. */
export type VerifySession = {
  readonly cacheTtlMs: number;
  /** What it means that there is no answer. */
  readonly onError: 'Allow' | 'Deny';
};

/**
 * CIDRs as sorted, merged ranges per family, in the hexadecimal form of model/address.ts:
 * even places hold the first address of a range, odd places the last.
 */
export type AddressRanges = { readonly v4: readonly string[]; readonly v6: readonly string[] };

export type PathCondition =
  | { readonly type: 'Exact'; readonly value: string }
  | { readonly type: 'Prefix'; readonly value: string }
  /** Segments between slashes; `*` stands for one segment of [A-Za-z0-9_-]+. */
  | { readonly type: 'Pattern'; readonly segments: readonly string[] };

/** Names are lower case. */
export type HeaderCondition =
  | { readonly name: string; readonly type: 'Present' }
  | {
      readonly name: string;
      readonly type: 'Exact' | 'Prefix' | 'Contains';
      readonly values: readonly string[];
    }
  | { readonly name: string; readonly type: 'Secret'; readonly secrets: readonly SecretValue[] };

/**
 * One accepted value of a secret header. The value itself stays on the main thread:
 * `digest` is its HMAC-SHA256 in hexadecimal under a key of this process (row A2).
 */
export type SecretValue = { readonly key: string; readonly digest: string };

export type CookieCondition = { readonly name: string; readonly shape: 'MattermostId' | 'Any' };

export type FallbackKey = 'UserIdentity' | 'SourceAddress';

export type Persistence = {
  readonly type: 'Cookie' | 'SourceAddress' | 'None';
  readonly cookieName: string;
  /** Everything of the Set-Cookie line behind `name=token`, except `Secure`, which depends on the request. */
  readonly cookieAttributes: string;
  /** Keys tried in this order when no valid cookie came. */
  readonly fallback: readonly FallbackKey[];
  /** For how long a draining endpoint still serves those whose cookie names it. */
  readonly drain: { readonly mode: 'Fenced' | 'Immediate'; readonly timeoutMs: number };
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
};

/** A Service port with the settings it is reached by, and its endpoints. */
export type Backend = {
  readonly key: string;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: string };
  readonly loadBalancing: 'LeastConnections' | 'RoundRobin' | 'Random';
  readonly tls: BackendTls | undefined;
  readonly connectTimeoutMs: number;
  /** Silence allowed before the response head and between body bytes. */
  readonly responseTimeoutMs: number;
  /** Attempts after the first one. */
  readonly retryAttempts: number;
  /** Undefined: each request gets a connection of its own. */
  readonly connectionReuse: ConnectionReuse | undefined;
  /** Requests and tunnels an endpoint may have at a time, over all workers; 0 is no limit. */
  readonly maxConnectionsPerEndpoint: number;
  /** Where connections come from: own addresses in these networks; undefined leaves it to the system. */
  readonly sourceAddresses: AddressRanges | undefined;
  readonly health: BackendHealth;
  readonly endpoints: readonly Endpoint[];
};

/** How it is found out whether endpoints serve, and what follows. */
export type BackendHealth = {
  /** Undefined: nobody asks them. */
  readonly check: HealthCheck | undefined;
  readonly ejection: OutlierEjection;
  readonly whenAllUnhealthy: 'Serve' | 'Refuse';
  /** In which an endpoint that has come or come back grows to its full share. */
  readonly slowStartMs: number;
};

/** One GET at a time to each endpoint. */
export type HealthCheck = {
  readonly path: string;
  /** The path is Mattermost's ping: its answer says how it is. Other paths are judged by their status alone. */
  readonly isPing: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
};

/** An endpoint that fails requests in a row gets none for a while. */
export type OutlierEjection = {
  readonly consecutiveFailures: number;
  readonly baseTimeMs: number;
  /** Of the endpoints that may be ejected at a time; 0 ejects none. */
  readonly maxPercent: number;
};

/** How long connections to endpoints are kept for further requests, by each worker. */
export type ConnectionReuse = {
  readonly maxIdlePerEndpoint: number;
  readonly idleTimeoutMs: number;
  readonly maxRequests: number;
};

/** TLS towards the endpoints; undefined on the backend means plain HTTP. */
export type BackendTls = {
  readonly verify: boolean;
  /** PEM bundle; undefined means the system's authorities. */
  readonly ca: string | undefined;
  /** Name sent as SNI and verified. */
  readonly serverName: string;
  readonly clientCertificate: { readonly chain: string; readonly key: string } | undefined;
  readonly minVersion: TlsVersion;
};

export type Endpoint = {
  /** Pod UID and port where known, else address and port: what persistence and slots hang on. */
  readonly identity: string;
  readonly address: string;
  readonly port: number;
  /** Draining endpoints take no new users, only those whose cookie names them. */
  readonly state: 'ready' | 'draining';
  /** Cookie tokens of this endpoint, one for each sticky key; the first one is issued, all are recognised. */
  readonly tokens: readonly string[];
  /** Name for people: the pod's name where known, else address:port. */
  readonly name: string;
};

export type Certificate = {
  readonly key: string;
  /** PEM, leaf first. */
  readonly chain: string;
  readonly privateKey: string;
  /** End of validity of the leaf, milliseconds since the epoch. */
  readonly notAfterMs: number;
};
