// Annotations of ingress-nginx that have no effect here, each with what does the same, and those that close the site.
// Part of annotations-table.ts.
import { type AnnotationEntry, entries, switches } from './entry.ts';

const admission = 'spec.admission of a policy';
const session = 'spec.sessionPersistence of a policy';
const noPacing = 'Answers go as fast as the client reads them';
const noGlobalLimit = 'Each replica counts for itself; write limit-rps, or limits of a policy';
const useAdmission = `Say the same with ${admission}`;
const noAuthentication = 'Mattermost signs its users in itself; who may reach it belongs into spec.admission';
const noFirewall = 'There is no web application firewall here; use spec.admission, or one in front';
const noRewrites = 'Requests go on with the path and host they came with; set SiteURL of Mattermost instead';
const noRedirects = 'Only plain HTTP is redirected here; redirect other hosts with a server of their own';
const noCors = 'Set AllowCorsFrom in the ServiceSettings of Mattermost';
const noTraces = 'Use the metrics, and the request ids of the access log';
const noCanary = 'Traffic is not split; the oldest Ingress of a host and path has all of it';
const noSnippets =
  'Use spec.admission of a policy for who may come in; WebSockets, uploads and images need nothing';
const noTuning = 'Nodes are looked up and balanced by spec.backend of a policy';

export const refusedAnnotations: readonly AnnotationEntry[] = [
  ...entries('unsupported', {
    'session-cookie-domain': `The cookie belongs to the host that set it; see ${session}`,
    'affinity-canary-behavior': noCanary,
    'upstream-hash-by-subset-size': `Use ${session}`,
    'limit-rate-after': noPacing,
    'proxy-next-upstream': 'A request is tried at another node only while none has received it',
    'proxy-next-upstream-tries': 'A request is tried at another node only while none has received it',
    'proxy-next-upstream-timeout': 'A request is tried at another node only while none has received it',
    'proxy-ssl-ciphers': 'Use backend.tls.minVersion of a policy',
    'proxy-ssl-verify-depth': 'A chain of any length is followed to backend.tls.caRef',
    'auth-tls-verify-depth':
      'The authority that issued a certificate must stand in the Secret itself, at any depth',
    'auth-tls-error-page': 'Who shows no certificate gets 403 with a page from here',
    'ssl-ciphers': 'Use client.tls.minVersion of a policy',
    'server-alias': 'Add a rule for the other host to the Ingress',
    'rewrite-target': noRewrites,
    'app-root': noRewrites,
    'upstream-vhost': noRewrites,
    'x-forwarded-prefix': noRewrites,
    'proxy-cookie-domain': noRewrites,
    'proxy-cookie-path': noRewrites,
    'proxy-redirect-from': noRewrites,
    'proxy-redirect-to': noRewrites,
    'permanent-redirect': noRedirects,
    'permanent-redirect-code': noRedirects,
    'temporal-redirect': noRedirects,
    'temporal-redirect-code': noRedirects,
    'custom-headers': 'Headers are not added here; let Mattermost set them',
    'custom-http-errors': 'Answers of Mattermost pass as they are',
    'default-backend': 'Use spec.defaultBackend of an Ingress',
    'cors-allow-origin': noCors,
    'cors-allow-methods': noCors,
    'cors-allow-headers': noCors,
    'cors-allow-credentials': noCors,
    'cors-expose-headers': noCors,
    'cors-max-age': noCors,
    'canary-weight': noCanary,
    'canary-weight-total': noCanary,
    'canary-by-header': noCanary,
    'canary-by-header-value': noCanary,
    'canary-by-header-pattern': noCanary,
    'canary-by-cookie': noCanary,
    'mirror-target': 'Requests go to one place only',
    'mirror-host': 'Requests go to one place only',
    'mirror-request-body': 'Requests go to one place only',
    'global-rate-limit': noGlobalLimit,
    'global-rate-limit-window': noGlobalLimit,
    'global-rate-limit-key': noGlobalLimit,
    'global-rate-limit-ignored-cidrs': noGlobalLimit,
    'modsecurity-transaction-id': noFirewall,
  }),
  ...switches('unsupported', {
    'session-cookie-conditional-samesite-none': 'SameSite is the same for every browser',
    'limit-rpm': 'Write limit-rps, or limits.requestsPerSecond of a policy',
    'limit-rate': noPacing,
    'upstream-hash-by-subset': `Use ${session}`,
    'service-upstream': noTuning,
    'secure-backends': 'Write backend-protocol: HTTPS',
    'ssl-passthrough': 'TLS of clients ends here; use backend-protocol: HTTPS towards the nodes',
    'use-regex': 'Paths are compared as they are written, by whole elements',
    'from-to-www-redirect': noRedirects,
    'relative-redirects': noRedirects,
    'disable-proxy-intercept-errors': 'Answers of Mattermost pass as they are',
    'enable-cors': noCors,
    canary: noCanary,
    'enable-opentelemetry': noTraces,
    'opentelemetry-trust-incoming-span': noTraces,
    'opentelemetry-operation-name': noTraces,
    'enable-opentracing': noTraces,
    'enable-influxdb': noTraces,
  }),
  ...entries('restriction', {
    satisfy: useAdmission,
    'auth-type': noAuthentication,
    'auth-secret': noAuthentication,
    'auth-secret-type': noAuthentication,
    'auth-realm': noAuthentication,
    'auth-url': noAuthentication,
    'auth-method': noAuthentication,
    'auth-signin': noAuthentication,
    'auth-signin-redirect-param': noAuthentication,
    'auth-response-headers': noAuthentication,
    'auth-request-redirect': noAuthentication,
    'auth-proxy-set-headers': noAuthentication,
    'auth-cache-key': noAuthentication,
    'auth-cache-duration': noAuthentication,
    'auth-keepalive': noAuthentication,
    'auth-keepalive-requests': noAuthentication,
    'auth-keepalive-share-vars': noAuthentication,
    'auth-keepalive-timeout': noAuthentication,
    'auth-always-set-cookie': noAuthentication,
    'auth-snippet': noAuthentication,
    'auth-tls-match-cn':
      'Names in certificates are not compared: have an authority of its own issue them, and name its Secret in auth-tls-secret',
    'modsecurity-snippet': noFirewall,
  }),
  ...switches('restriction', {
    'enable-global-auth': noAuthentication,
    'auth-tls-pass-certificate-to-upstream':
      'Nodes are told nothing of certificates: who may come in is decided here, by auth-tls-verify-client',
    'enable-modsecurity': noFirewall,
    'enable-owasp-core-rules': noFirewall,
    'enable-owasp-modsecurity-crs': noFirewall,
    'lua-resty-waf': noFirewall,
  }),
  ...entries('snippet', {
    'configuration-snippet': noSnippets,
    'server-snippet': noSnippets,
    'stream-snippet': noSnippets,
  }),
];
