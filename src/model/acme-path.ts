// Where a certificate authority looks for the proof that somebody controls a host; for translate/ and decide/.

const ACME_PATH = /^\/\.well-known\/acme-challenge\/[A-Za-z0-9_-]+$/u;

/** `/.well-known/acme-challenge/` and one segment of base64url letters (RFC 8555 section 8.3). */
export function isAcmePath(path: string): boolean {
  return ACME_PATH.test(path);
}
