// Every annotation of ingress-nginx that we know of, and ours, with what becomes of it. annotations.ts goes by this table,
// and the reference of annotations is made of it; annotations-*.ts read those that are kept.
import { type AnnotationEntry, entries } from './entry.ts';
import { refusedAnnotations } from './refused.ts';

const tooMany = 'Beyond it 429, where ingress-nginx answers 503';
const newNodes = 'Which node a client gets is computed anew, once';
const newValues = `${newNodes}: the cookie gets a value of ours`;
const streams = 'Bodies pass as they come, in both directions';

/** By the part of the key behind nginx.ingress.kubernetes.io/. */
export const nginxAnnotations: readonly AnnotationEntry[] = [
  ...entries('kept', {
    'proxy-body-size': '`limits.requestBody`; `50m` is 50Mi, `0` no limit',
    'limit-rps': { text: '`limits.requestsPerSecond`', change: tooMany },
    'limit-burst-multiplier': '`limits.burst`: so many times `limit-rps`, 5 unless said',
    'limit-connections': { text: '`limits.connectionsPerSource`', change: tooMany },
    'limit-whitelist': '`limits.exemptCIDRs`',
    'limit-allowlist': 'As `limit-whitelist`, which it beats',
    'proxy-connect-timeout': '`backend.timeouts.connect`, at most 60s',
    'proxy-read-timeout':
      '`backend.timeouts.response`, and with `proxy-send-timeout` `websocket.idleTimeout`',
    'proxy-send-timeout': '`websocket.idleTimeout`: the larger of the two, at least 100s',
    'ssl-redirect': {
      text: 'Whether plain HTTP of a host with TLS is redirected with 308; `true` unless it says `false`',
      staysInIngress: true,
    },
    'force-ssl-redirect': {
      text: 'With `true` plain HTTP is redirected even where the host has no TLS here',
      staysInIngress: true,
    },
    affinity: { text: '`sessionPersistence.type: Cookie`, which is the default', change: newValues },
    'session-cookie-name': '`sessionPersistence.cookie.name`',
    'session-cookie-path': '`sessionPersistence.cookie.path`',
    'session-cookie-max-age':
      '`sessionPersistence.absoluteTimeout` with `cookie.lifetimeType: Permanent`; 0 for neither',
    'session-cookie-expires': 'As `session-cookie-max-age`, which beats it',
    'session-cookie-samesite': '`sessionPersistence.cookie.sameSite`',
    'upstream-hash-by': {
      text: '`sessionPersistence.type: SourceAddress` for `$remote_addr` and `$binary_remote_addr`',
      change: newNodes,
    },
    'allowlist-source-range': '`admission`: these networks, and nobody else',
    'whitelist-source-range': 'As `allowlist-source-range`, which beats it',
    'denylist-source-range': '`admission`: not these networks, before the list of those allowed',
    'auth-tls-secret': {
      text: '`client.clientCertificate.caRef`; a Secret of the namespace, with the authorities in `ca.crt`',
      change:
        'The authority that issued a certificate must stand in `ca.crt` itself; a host without TLS answers 503',
    },
    'auth-tls-verify-client': {
      text: '`client.clientCertificate.mode`: `Require` for `on` and unless said, `Optional` for `optional`; `off` asks for nothing',
      change: 'Without a certificate 403, where ingress-nginx answers 400; `optional_no_ca` closes the site',
    },
    'backend-protocol': '`backend.tls`; `HTTP` or `HTTPS`',
    'proxy-ssl-secret':
      '`backend.tls.clientCertificateRef`, and `caRef` with `proxy-ssl-verify: "on"`; a Secret of the namespace',
    'proxy-ssl-verify': '`backend.tls.mode: Verify`; without it the nodes are not verified',
    'proxy-ssl-name': '`backend.tls.serverName`',
    'proxy-ssl-protocols': '`backend.tls.minVersion`',
    'load-balance': '`backend.loadBalancing: RoundRobin` for `round_robin`; `ewma` is left to the default',
    'enable-access-log': '`accessLog.enabled`',
  }),
  ...entries('harmless', {
    'affinity-mode': 'The node of a client is computed so that few clients move when nodes come and go',
    'session-cookie-change-on-failure': 'A client whose node is gone always gets another one',
    'session-cookie-secure': 'The cookie is Secure over https',
    'session-cookie-hash': 'The value of the cookie is ours',
    'proxy-ssl-server-name': 'The name is always sent',
    'proxy-buffering': streams,
    'proxy-request-buffering': streams,
    'proxy-buffer-size': streams,
    'proxy-buffers-number': streams,
    'proxy-busy-buffers-size': streams,
    'proxy-max-temp-file-size': streams,
    'client-body-buffer-size': streams,
    'proxy-http-version': 'HTTP/1.1 is spoken to the nodes',
    'connection-proxy-header': 'Connections to the nodes are kept, and WebSockets upgraded, without it',
    'preserve-trailing-slash': 'A redirect to https keeps the path',
    'ssl-prefer-server-ciphers': 'The order of the server holds',
    'http2-push-preload': 'Browsers no longer take what is pushed',
    'enable-rewrite-log': 'Nothing is rewritten',
  }),
  ...refusedAnnotations,
];

/** By the part of the key behind mattermost-ingress.io/. */
export const ownAnnotations: readonly AnnotationEntry[] = entries('kept', {
  'require-policy':
    'With `true` the hosts answer 503 unless an accepted policy names the Ingress in `targetRefs`; for a controller without `--require-policy`',
  'ignore-annotations':
    'Annotations to pass over, by comma, with or without prefix: those that would close the site, or a warning one can live with',
});
