// What holds where a policy says nothing: the only place of these values.
// They are not in the schema, since a stored object would keep the default of the release that stored it.

/** Values by the path of their field, spelled as a user would write them; items of lists are passed over. */
export const DEFAULTS = {
  route: { path: '/', tls: { redirectHTTP: true } },
  admission: {
    mode: 'Enforce',
    rules: {
      headers: { type: 'Exact' },
      cookies: { shape: 'MattermostID' },
      verifySession: { cacheTTL: '60s', onError: 'Deny' },
    },
    deny: { status: 403 },
    forwardSecretHeaders: false,
  },
  sessionPersistence: {
    type: 'Cookie',
    cookie: { name: 'MMSTICKY', lifetimeType: 'Session', sameSite: 'Lax' },
    fallback: ['UserIdentity', 'SourceAddress'],
    sourceAddress: { ipv4PrefixLength: 32, ipv6PrefixLength: 64 },
    drain: { mode: 'Fenced', timeout: '10m' },
  },
  websocket: {
    idleTimeout: '1h',
    maxDuration: '0s',
    maxPerSource: 0,
    onPolicyChange: 'Keep',
    reconnects: { perSecond: 100, maxSpread: '30s' },
  },
  backend: {
    loadBalancing: 'LeastConnections',
    tls: { minVersion: '1.2' },
    timeouts: { connect: '3s', response: '600s' },
    slowStart: '30s',
    healthCheck: {
      disabled: false,
      interval: '5s',
      timeout: '2s',
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      whenAllUnhealthy: 'Serve',
    },
    outlierEjection: { consecutiveFailures: 5, baseTime: '30s', maxPercent: 50 },
    retries: { attempts: 2 },
    connectionReuse: { enabled: true, maxIdlePerEndpoint: 64, idleTimeout: '50s', maxRequests: 10_000 },
    maxConnectionsPerEndpoint: 0,
  },
  client: { tls: { minVersion: '1.2', hsts: { maxAge: '4320h', includeSubDomains: false } } },
  limits: { requestBody: '110Mi', requestsPerSecond: 0, connectionsPerSource: 0 },
  accessLog: { enabled: true },
} as const;

/** Defaults that follow from other fields, in words; paths as in DEFAULTS. */
export const DERIVED_DEFAULTS: Readonly<Record<string, string>> = {
  'admission.deny.rejectReason': 'PreAuth when a rule has a secretRef, otherwise None',
  'sessionPersistence.cookie.path': 'the value of route.path',
  'client.timeouts.requestHead': 'the value of --request-head-timeout',
  'client.timeouts.requestBodyIdle': 'the value of --request-body-idle-timeout',
  'client.timeouts.keepAlive': 'the value of --keep-alive-timeout',
  'limits.burst': 'five times requestsPerSecond',
  'backend.sourceAddresses': 'whichever address the system chooses',
  'backend.healthCheck.path': '/api/v4/system/ping below the path of the site',
  'backend.tls.serverName': '<service name>.<namespace>.svc',
};

/** The default of the field at a path such as `admission.rules.headers.type`; undefined where there is none. */
export function defaultOf(path: readonly string[]): unknown {
  let at: unknown = DEFAULTS;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name))
      return undefined;
    at = Object.entries(at).find(([key]) => key === name)?.[1];
  }
  return typeof at === 'object' && !Array.isArray(at) ? undefined : at;
}
