// Persistence: the policy's wishes -> what decide/affinity.ts needs, and the cookie tokens of endpoints.
import { createHmac } from 'node:crypto';
import { DEFAULTS } from '../api/defaults.ts';
import type { SessionPersistence } from '../api/policy.ts';
import { parseDurationMs } from '../api/quantities.ts';
import type { FallbackKey, Persistence } from '../model/configuration.ts';

const TOKEN_BYTES = 16;

/** Compiles how clients are kept on a node; `sitePath` is where the cookie is valid unless the policy says so. */
export function compilePersistence(spec: SessionPersistence | undefined, sitePath: string): Persistence {
  const defaults = DEFAULTS.sessionPersistence;
  const type = spec?.type ?? defaults.type;
  return {
    type,
    cookieName: spec?.cookie?.name ?? defaults.cookie.name,
    cookieAttributes: cookieAttributes(spec, sitePath),
    fallback: fallbackKeys(type, spec),
    drain: drainOf(spec),
    ipv4PrefixLength: spec?.sourceAddress?.ipv4PrefixLength ?? defaults.sourceAddress.ipv4PrefixLength,
    ipv6PrefixLength: spec?.sourceAddress?.ipv6PrefixLength ?? defaults.sourceAddress.ipv6PrefixLength,
  };
}

/**
 * The cookie tokens of an endpoint, one for each sticky key, in the order of the keys: the first is issued, all are
 * recognised. Computed here so that a request costs one map lookup and no cryptography.
 */
export function stickyTokens(identity: string, stickyKeys: readonly Uint8Array[]): readonly string[] {
  return stickyKeys.map((key) =>
    createHmac('sha256', key).update(identity).digest().subarray(0, TOKEN_BYTES).toString('base64url'),
  );
}

/** RFC 6265bis section 4.1; the schema keeps separators out of the path. */
function cookieAttributes(spec: SessionPersistence | undefined, sitePath: string): string {
  const sameSite = spec?.cookie?.sameSite ?? DEFAULTS.sessionPersistence.cookie.sameSite;
  const lifetimeMs = parseDurationMs(spec?.absoluteTimeout ?? '');
  const maxAge = lifetimeMs === undefined ? '' : `; Max-Age=${Math.floor(lifetimeMs / 1000)}`;
  return `; Path=${spec?.cookie?.path ?? sitePath}${maxAge}; HttpOnly; SameSite=${sameSite}`;
}

function drainOf(spec: SessionPersistence | undefined): Persistence['drain'] {
  const { mode, timeout } = { ...DEFAULTS.sessionPersistence.drain, ...spec?.drain };
  const timeoutMs = parseDurationMs(timeout);
  if (timeoutMs === undefined)
    throw new Error(`A checked policy holds the duration ${JSON.stringify(timeout)}`);
  return { mode, timeoutMs };
}

/** The keys in their order; persistence by address is the same as a cookie that is never sent. */
function fallbackKeys(
  type: Persistence['type'],
  spec: SessionPersistence | undefined,
): readonly FallbackKey[] {
  switch (type) {
    case 'Cookie':
      return spec?.fallback ?? DEFAULTS.sessionPersistence.fallback;
    case 'SourceAddress':
      return ['SourceAddress'];
    case 'None':
      return [];
  }
}
