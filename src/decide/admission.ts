// Admission: the ordered rules of a site over one request; the first whose conditions all hold decides.
import type { Admission, AdmissionRule, VerifySession } from '../model/configuration.ts';
import type { AdmissionVerdict, SessionAnswer } from '../model/decision.ts';
import {
  type Applicant,
  judgeHeader,
  meetsBearerToken,
  meetsCertificate,
  meetsCookie,
  meetsMethods,
  meetsPaths,
  meetsRequest,
  meetsSources,
} from './conditions.ts';

/** `secretKeys`: of each header that asks for a secret, in their order; undefined where none does. */
type RuleOutcome = { readonly holds: boolean; readonly secretKeys: readonly string[] | undefined };

const HOLDS: RuleOutcome = { holds: true, secretKeys: undefined };
const FAILS: RuleOutcome = { holds: false, secretKeys: undefined };

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
      secretKeys: outcome.secretKeys,
      shapeOnly: isShapeOnly(rule, applicant.session),
    };
  }
  return { rule: 'default', action: admission.defaultAction, mode, secretKeys: undefined, shapeOnly: false };
}

export function isSignedIn(session: SessionAnswer, { onError }: VerifySession): boolean {
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
function judgeRule(rule: AdmissionRule, applicant: Applicant, digestKey: Uint8Array): RuleOutcome {
  if (rule.never || !isWanted(rule, applicant) || !isProven(rule, applicant)) return FAILS;
  let secretKeys: string[] | undefined;
  for (const condition of rule.headers ?? []) {
    const { holds, secretKey } = judgeHeader(condition, applicant, digestKey);
    if (!holds) return FAILS;
    if (secretKey !== undefined) (secretKeys ??= []).push(secretKey);
  }
  return secretKeys === undefined ? HOLDS : { holds: true, secretKeys };
}

function isWanted(rule: AdmissionRule, applicant: Applicant): boolean {
  return meetsMethods(rule, applicant) && meetsPaths(rule, applicant) && meetsRequest(rule, applicant);
}

function isProven(rule: AdmissionRule, applicant: Applicant): boolean {
  if (!meetsCertificate(rule, applicant) || !meetsSources(rule, applicant)) return false;
  if (rule.cookies !== undefined && !rule.cookies.every((condition) => meetsCookie(condition, applicant)))
    return false;
  return meetsBearerToken(rule, applicant);
}
