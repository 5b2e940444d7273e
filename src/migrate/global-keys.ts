// Keys of the ConfigMap of ingress-nginx that no field of a policy stands for. Part of global-settings.ts.

/** Keys by name that become options of the controller, or that nobody will miss. */
export const GLOBAL_KEYS: readonly (readonly [
  pattern: RegExp,
  kind: 'lost' | 'harmless' | 'carried',
  text: string,
])[] = [
  [
    /^(?:use-forwarded-headers|proxy-real-ip-cidr|forwarded-for-.*|compute-full-forwarded-for|enable-real-ip)$/u,
    'lost',
    'An option of the controller: --trusted-proxies with the networks of what stands in front',
  ],
  [
    /^use-proxy-protocol$/u,
    'lost',
    'An option of the controller: --proxy-protocol-from with the networks of the load balancer',
  ],
  [/^worker-shutdown-timeout$/u, 'lost', 'An option of the controller: --drain-timeout'],
  [/^worker-processes$/u, 'lost', 'An option of the controller: --workers'],
  [/^hsts-preload$/u, 'lost', 'The word preload is not written; browsers hold to maxAge'],
  [
    /^(?:add-headers|proxy-set-headers|hide-headers)$/u,
    'lost',
    'Headers are not added or hidden here; let Mattermost set them',
  ],
  [/^block-cidrs$/u, 'carried', 'The first rule of admission: not these networks'],
  [/^block-/u, 'lost', 'A refusal hangs on nothing that a client can leave out; see spec.admission'],
  [/snippet$/u, 'lost', 'Snippets never run; spec.admission says who may come in'],
  [/^http-redirect-code$/u, 'lost', 'A redirect to https is 308'],
  [
    /^(?:(?:use-)?(?:gzip|brotli)|enable-brotli|brotli-|gzip-|worker-|max-worker-|keep-alive-requests|enable-multi|http2-|use-http2|http3)/u,
    'harmless',
    'Tuning of nginx',
  ],
  [
    /^(?:large-client-header|client-header-buffer|variables-hash|map-hash|server-name-hash|proxy-headers-hash|lua-|reuse-port|bind-address|disable-ipv6|server-tokens|proxy-stream|upstream-keepalive-time$|default-type|nginx-status)/u,
    'harmless',
    'Tuning of nginx',
  ],
  [
    /^(?:log-format|access-log|error-log|skip-access-log|http-access-log|stream-access-log|generate-request-id)/u,
    'harmless',
    'Log lines are JSON and carry a request id',
  ],
  [
    /^ssl-(?:session|buffer|dh-param|ecdh|early|reject)|^enable-ocsp$/u,
    'harmless',
    'TLS is set up by the controller',
  ],
  [
    /^(?:allow-snippet|annotations-risk|annotation-value|strict-validate|allow-cross-namespace|global-allowed|limit-\w+-status-code|retry-non-idempotent|enable-underscores|ignore-invalid)/u,
    'harmless',
    'Guards the configuration of nginx, of which there is none here',
  ],
];
