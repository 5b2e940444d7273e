// The conditions of admission rules, each for itself. Positive and fail-closed: a condition holds only when what it asks
// for is there, once, and right; what cannot be read does not hold.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IpAddress } from '../model/address.ts';
import type { AdmissionRule, CookieCondition, HeaderCondition } from '../model/configuration.ts';
import type { SessionAnswer } from '../model/decision.ts';
import { isInRanges } from '../model/ranges.ts';
import { type RequestHead, singleField } from '../model/request.ts';
import { bearerToken, isMattermostId, isPlainValue, valuesOf } from './cookies.ts';
import { isWebSocketPath, meetsPath } from './path.ts';

/** What the rules are held against. */
export type Applicant = {
  readonly head: RequestHead;
  readonly address: IpAddress;
  /** The line of cookies, empty where there is none. */
  readonly cookies: string;
  /** Path of the site, for the place of its WebSocket. */
  readonly sitePath: string;
  readonly hasCertificate?: boolean;
  /** What Mattermost said of the client's session; undefined where it was not asked. */
  readonly session?: SessionAnswer | undefined;
};

/** `secretKey`: data key of the Secret whose value came. */
type HeaderOutcome = { readonly holds: boolean; readonly secretKey: string | undefined };

const HOLDS: HeaderOutcome = { holds: true, secretKey: undefined };
const FAILS: HeaderOutcome = { holds: false, secretKey: undefined };

// A rule that says nothing of the matter is met by everybody.

export function meetsMethods({ methods }: AdmissionRule, { head }: Applicant): boolean {
  return methods === undefined || methods.includes(head.method);
}

export function meetsPaths({ paths }: AdmissionRule, { head }: Applicant): boolean {
  return paths === undefined || paths.some((condition) => meetsPath(head.path, condition));
}

export function meetsRequest({ request, paths }: AdmissionRule, { head, sitePath }: Applicant): boolean {
  if (request === undefined) return true;
  const isKnownPlace = paths !== undefined || isWebSocketPath(head.path, sitePath);
  const isWebSocket = head.upgrade.kind === 'websocket' && isKnownPlace;
  return isWebSocket === (request === 'WebSocket');
}

export function meetsCertificate(rule: AdmissionRule, { hasCertificate }: Applicant): boolean {
  return !rule.clientCertificate || hasCertificate === true;
}

export function meetsSources({ sources }: AdmissionRule, { address }: Applicant): boolean {
  return sources === undefined || isInRanges(address, sources);
}

export function meetsBearerToken(rule: AdmissionRule, { head }: Applicant): boolean {
  return !rule.bearerToken || isMattermostId(bearerToken(head) ?? '');
}

export function meetsCookie(condition: CookieCondition, { cookies }: Applicant): boolean {
  const values = valuesOf(cookies, condition.name);
  if (values === undefined || values.length === 0) return false;
  return values.every(condition.shape === 'Any' ? isPlainValue : isMattermostId);
}

export function judgeHeader(
  condition: HeaderCondition,
  { head }: Applicant,
  digestKey: Uint8Array,
): HeaderOutcome {
  const value = singleField(head, condition.name);
  // A field nominated by Connection speaks of this hop, not of the app behind it.
  if (value === undefined || value === '' || head.nominated.includes(condition.name)) return FAILS;
  switch (condition.type) {
    case 'Present':
      return HOLDS;
    case 'Secret':
      return judgeSecret(condition, value, digestKey);
    default:
      return condition.values.some((wanted) => meetsText(condition.type, value, wanted)) ? HOLDS : FAILS;
  }
}

function meetsText(type: 'Exact' | 'Prefix' | 'Contains', value: string, wanted: string): boolean {
  if (type === 'Exact') return value === wanted;
  return type === 'Prefix' ? value.startsWith(wanted) : value.includes(wanted);
}

/** Row A2: digests of equal length, all of them compared, whichever matches. */
function judgeSecret(
  condition: HeaderCondition & { type: 'Secret' },
  value: string,
  digestKey: Uint8Array,
): HeaderOutcome {
  const digest = createHmac('sha256', digestKey).update(value, 'latin1').digest();
  let secretKey: string | undefined;
  for (const secret of condition.secrets) {
    if (timingSafeEqual(digest, Buffer.from(secret.digest, 'hex'))) secretKey = secret.key;
  }
  return secretKey === undefined ? FAILS : { holds: true, secretKey };
}
