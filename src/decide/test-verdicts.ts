// Verdicts of admission for the tests of this folder.
import type { Admission } from '../model/configuration.ts';
import type { AdmissionVerdict } from '../model/decision.ts';
import { admit } from './admission.ts';
import type { Applicant } from './conditions.ts';
import { DIGEST_KEY } from './test-objects.ts';

/** What admission says where it need not ask anybody. */
export function judged(
  given: Admission,
  applicant: Applicant,
  digestKey: Uint8Array = DIGEST_KEY,
): AdmissionVerdict {
  const verdict = admit(given, applicant, digestKey);
  if ('cacheTtlMs' in verdict) throw new Error('The session is to be known first');
  return verdict;
}
