// The policy that shows everything of this version at once, in the words of its authors: comments and flow style as people write.

export const DESIGN_POLICY = `apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: chat, namespace: mattermost}
spec:
  route:
    hosts: [chat.example.com]
    path: /
    service: {name: mattermost, port: 8065}
    tls: {secretName: chat-tls, redirectHTTP: true}
  admission:
    mode: Enforce
    rules:
    - name: office-networks
      sourceCIDRs: [192.0.2.0/24, 2001:db8::/32]
      action: Allow
    - name: published-endpoints
      paths: [{type: Exact, value: /api/v4/notifications/ack}, {type: Pattern, value: "/oauth/*/complete"}]
      methods: [POST]
      action: Allow
    - name: managed-mobile-app
      headers:
      - {name: X-Mattermost-Preauth-Secret, secretRef: {name: preauth}}
      action: Allow
    - name: white-label-app
      headers:
      - {name: x-the-custom-header, type: Contains, values: [customvalue]}
      action: Allow
    - name: signed-in-websocket
      request: WebSocket
      cookies: [{name: MMAUTHTOKEN}, {name: MMUSERID}]
      verifySession: {cacheTTL: 60s, onError: Deny}
      action: Allow
    - name: android-calls
      request: WebSocket
      bearerToken: true
      action: Allow
    defaultAction: Deny
    deny: {status: 403, rejectReason: PreAuth}
  sessionPersistence:
    type: Cookie
    cookie: {name: MMSTICKY, path: /, lifetimeType: Session, sameSite: Lax}
    fallback: [UserIdentity, SourceAddress]
    sourceAddress: {ipv4PrefixLength: 32, ipv6PrefixLength: 64}
    drain: {mode: Fenced, timeout: 10m}
  websocket: {idleTimeout: 1h, maxPerSource: 0, maxDuration: 0s, onPolicyChange: Keep,
              reconnects: {perSecond: 100, maxSpread: 30s}}
  backend:
    loadBalancing: LeastConnections
    tls: {mode: Verify, caRef: {kind: Secret, name: ca}, serverName: mm.internal, clientCertificateRef: {name: proxy-cert}, minVersion: "1.2"}
    timeouts: {connect: 3s, response: 600s}
    slowStart: 30s
    healthCheck: {path: /api/v4/system/ping, interval: 5s, timeout: 2s, healthyThreshold: 2, unhealthyThreshold: 3, whenAllUnhealthy: Serve}
    outlierEjection: {consecutiveFailures: 5, baseTime: 30s, maxPercent: 50}
    retries: {attempts: 2}
    connectionReuse: {enabled: true, maxIdlePerEndpoint: 64, idleTimeout: 50s, maxRequests: 10000}
    maxConnectionsPerEndpoint: 0
  client:
    clientCertificate: {mode: Optional, caRef: {kind: ConfigMap, name: devices}}
    tls: {minVersion: "1.2", hsts: {maxAge: 4320h, includeSubDomains: false}}
    timeouts: {requestHead: 10s, requestBodyIdle: 60s, keepAlive: 75s}
  limits: {requestBody: 110Mi, requestsPerSecond: 0, burst: 0, connectionsPerSource: 0, exemptCIDRs: [192.0.2.0/24]}
  accessLog: {enabled: true}
`;
