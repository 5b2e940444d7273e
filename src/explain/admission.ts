// The rules of a site over one request: each with all its conditions, and the one that decides.
import { isSignedIn } from '../decide/admission.ts';
import type { Applicant } from '../decide/conditions.ts';
import type { Admission, AdmissionRule } from '../model/configuration.ts';
import type { AdmissionVerdict } from '../model/decision.ts';
import type { ExplainedAdmission, ExplainedCondition, ExplainedRule } from './explanation.ts';
import { explainConditions } from './rule-conditions.ts';

/** @param verdict what admission said; the rules are looked at again only to say why */
export function explainAdmission(
  admission: Admission,
  verdict: AdmissionVerdict,
  applicant: Applicant,
  digestKey: Uint8Array,
): Omit<ExplainedAdmission, 'session'> {
  const { mode, defaultAction } = admission;
  const matchedAt = admission.rules.findIndex(({ name }) => name === verdict.rule);
  const rules = admission.rules.map((rule, at): ExplainedRule => {
    const conditions = [...explainConditions(rule, applicant, digestKey), ...explainSession(rule, applicant)];
    const isReached = matchedAt === -1 || at < matchedAt;
    const result = at === matchedAt ? 'matched' : isReached ? 'not-matched' : 'not-reached';
    return { name: rule.name, action: rule.action, result, conditions };
  });
  return {
    mode,
    rules,
    defaultAction,
    rule: verdict.rule,
    action: verdict.action,
    ...(verdict.secretKeys === undefined ? {} : { secretKeys: verdict.secretKeys }),
    needs101: verdict.shapeOnly && mode === 'Enforce',
  };
}

function explainSession(
  { verifySession }: AdmissionRule,
  { session }: Applicant,
): readonly ExplainedCondition[] {
  if (verifySession === undefined) return [];
  if (session === undefined)
    return [{ field: 'verifySession', holds: false, why: 'Mattermost is not asked for this request' }];
  const holds = isSignedIn(session, verifySession);
  const onError = session === 'unknown' ? `, and onError is ${verifySession.onError}` : '';
  return [{ field: 'verifySession', holds, why: `Mattermost is taken to say: ${session}${onError}` }];
}
