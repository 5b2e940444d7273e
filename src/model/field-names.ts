// Names of fields that every stage must agree on, lower case.

/** Concern one connection only, whichever way they come (RFC 9110 section 7.6.1, row X1). */
export const HOP_BY_HOP: readonly string[] = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-authorization',
  'proxy-authenticate',
  'proxy-authentication-info',
];

/** What ingress-nginx tells nodes of the certificate of a client: nobody but the proxy that asked for it knows. */
export const CERTIFICATE_FIELDS: readonly string[] = [
  'ssl-client-verify',
  'ssl-client-subject-dn',
  'ssl-client-issuer-dn',
  'ssl-client-cert',
];

/** What only a proxy may say of a client and its request (row X3). */
export const FORWARDING_FIELDS: readonly string[] = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-forwarded-prefix',
  'x-real-ip',
  'x-request-id',
];
