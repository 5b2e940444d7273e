// Admission: the ordered rules of a site over one request. Positive and fail-closed: a condition holds only when
// what it asks for is there, once, and right; what cannot be read does not match.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IpAddress } from '../model/address.ts';
import type {
  Admission,
  AdmissionRule,
  CookieCondition,
  HeaderCondition,
  VerifySession,
} from '../model/configuration.ts';
import type { AdmissionVerdict, SessionAnswer } from '../model/decision.ts';
import { type RequestHead, singleField } from '../model/request.ts';
import { bearerToken, isMattermostId, isPlainValue, valuesOf } from './cookies.ts';
import { isWebSocketPath, meetsPath } from './path.ts';
import { isInRanges } from '../model/ranges.ts';

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

type Outcome = { readonly holds: boolean; readonly secretKey: string | undefined };

const HOLDS: Outcome = { holds: true, secretKey: undefined };
const FAILS: Outcome = { holds: false, secretKey: undefined };

/**
 * @param digestKey the process's key under which the accepted secrets were hashed
 * @returns where the session is to be known first, what the rule says of asking
 */
export function admit(
  admission: Admission,
  applicant: Applicant,
  digestKey: Uint8Array,
): AdmissionVerdict | VerifySession {
  const { mode } = admission;
  for (const rule of admission.rules) {
    const outcome = judgeRule(rule, applicant, digestKey);
    if (!outcome.holds) continue;
    if (rule.verifySession !== undefined) {
      if (applicant.session === undefined) return rule.verifySession;
      if (!isSignedIn(applicant.session, rule.verifySession)) continue;
    }
    return {
      rule: rule.name,
      action: rule.action,
      mode,
      secretKey: outcome.secretKey,
      shapeOnly: isShapeOnly(rule, applicant.session),
    };
  }
  return { rule: 'default', action: admission.defaultAction, mode, secretKey: undefined, shapeOnly: false };
}

function isSignedIn(session: SessionAnswer, { onError }: VerifySession): boolean {
  return session === 'valid' || (session === 'unknown' && onError === 'Allow');
}

/** Nothing but the form of a cookie or token speaks for the client: anybody can send that, so the 101 must prove it. */
function isShapeOnly(rule: AdmissionRule, session: SessionAnswer | undefined): boolean {
  if (rule.verifySession !== undefined && session === 'valid') return false;
  const hasShape = rule.cookies !== undefined || rule.bearerToken;
  // A header of any value is as easily sent as the cookie.
  const hasProof =
    rule.clientCertificate ||
    rule.sources !== undefined ||
    rule.headers?.some(({ type }) => type !== 'Present') === true;
  return rule.request === 'WebSocket' && hasShape && !hasProof;
}

/** Cheap conditions first; the secret last, so that its cost cannot be asked for without the rest. */
function judgeRule(rule: AdmissionRule, applicant: Applicant, digestKey: Uint8Array): Outcome {
  if (rule.never || !meetsRequest(rule, applicant) || !meetsProofs(rule, applicant)) return FAILS;
  let secretKey: string | undefined;
  for (const condition of rule.headers ?? []) {
    const outcome = judgeHeader(condition, applicant.head, digestKey);
    if (!outcome.holds) return FAILS;
    secretKey = outcome.secretKey ?? secretKey;
  }
  return secretKey === undefined ? HOLDS : { holds: true, secretKey };
}

function meetsRequest(rule: AdmissionRule, { head, sitePath }: Applicant): boolean {
  if (rule.methods !== undefined && !rule.methods.includes(head.method)) return false;
  if (rule.paths !== undefined && !rule.paths.some((condition) => meetsPath(head.path, condition)))
    return false;
  if (rule.request === undefined) return true;
  const isKnownPlace = rule.paths !== undefined || isWebSocketPath(head.path, sitePath);
  const isWebSocket = head.upgrade.kind === 'websocket' && isKnownPlace;
  return isWebSocket === (rule.request === 'WebSocket');
}

function meetsProofs(rule: AdmissionRule, { head, address, cookies, hasCertificate }: Applicant): boolean {
  if (rule.clientCertificate && hasCertificate !== true) return false;
  if (rule.sources !== undefined && !isInRanges(address, rule.sources)) return false;
  if (rule.cookies !== undefined && !rule.cookies.every((condition) => meetsCookie(condition, cookies)))
    return false;
  return !rule.bearerToken || isMattermostId(bearerToken(head) ?? '');
}

function meetsCookie(condition: CookieCondition, cookies: string): boolean {
  const values = valuesOf(cookies, condition.name);
  if (values === undefined || values.length === 0) return false;
  return values.every(condition.shape === 'Any' ? isPlainValue : isMattermostId);
}

function judgeHeader(condition: HeaderCondition, head: RequestHead, digestKey: Uint8Array): Outcome {
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
): Outcome {
  const digest = createHmac('sha256', digestKey).update(value, 'latin1').digest();
  let secretKey: string | undefined;
  for (const secret of condition.secrets) {
    if (timingSafeEqual(digest, Buffer.from(secret.digest, 'hex'))) secretKey = secret.key;
  }
  return secretKey === undefined ? FAILS : { holds: true, secretKey };
}
