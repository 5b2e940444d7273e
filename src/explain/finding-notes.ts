// Mistakes of objects may be the very reason for what a request meets: they are told below the explanation.
import type { Finding } from '../model/finding.ts';
import type { ExplainedSite, Explanation } from './explanation.ts';

const SHOWN_FINDINGS = 3;

/** Those that are nearest to the site of the request come first. */
export function withFindings(explanation: Explanation, findings: readonly Finding[]): Explanation {
  const { site, notes } = explanation;
  const errors = findings
    .filter(({ severity }) => severity === 'error')
    .toSorted((a, b) => distance(a, site) - distance(b, site));
  const left = errors.length - SHOWN_FINDINGS;
  return {
    ...explanation,
    notes: [
      ...notes,
      ...errors.slice(0, SHOWN_FINDINGS).map(findingNote),
      ...(left > 0
        ? [`${left} more ${left === 1 ? 'mistake' : 'mistakes'}: check and the dashboard name all of them`]
        : []),
    ],
  };
}

/** The object itself, its neighbours such as the policy of an Ingress, the others. */
function distance({ object }: Finding, site: ExplainedSite | undefined): 0 | 1 | 2 {
  if (object === undefined || object.namespace !== site?.namespace) return 2;
  return object.name === site.name ? 0 : 1;
}

function findingNote({ object, field, reason, message }: Finding): string {
  const subject =
    object === undefined ? '' : ` of ${object.kind} ${object.namespace}/${object.name} ${field}`;
  return `Mistake${subject.trimEnd()} [${reason}]: ${message}`;
}
