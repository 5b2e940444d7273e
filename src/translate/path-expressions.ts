// Paths of Ingresses that are regular expressions, which match nothing here. Where one was to keep somebody out, what it
// was to match must not be served by a neighbour that keeps nobody out. Called by inheritance.ts.
import type { AdmissionSpec } from '../api/policy.ts';
import type { Place } from './places.ts';

const EXPRESSION = /[()[\]{}*+?^$|\\]/u;

/** Whether a path of an Ingress was meant as a regular expression. */
export function isExpression(path: string): boolean {
  return EXPRESSION.test(path);
}

/** A place whose restriction annotations wrote for what a regular expression matches, and which nobody gets to. */
export function restrictsInVain({ claim: { path = '/' }, content, policy, isAcme }: Place): boolean {
  if (isAcme || !isExpression(path)) return false;
  if (content.kind === 'closed') return content.reason === 'restriction-unsupported';
  return policy === undefined && canRefuse(content.spec.settings.admission);
}

/** Whether requests that the expression was to match may come to the place, under another admission. */
export function escapes(place: Place, restricting: Place): boolean {
  if (place.content.kind === 'closed' || place.policy !== undefined || place.isAcme) return false;
  const [path, stem] = [place.claim.path ?? '/', stemOf(restricting.claim.path ?? '/')];
  const meets = stem.startsWith(path.toLowerCase()) || path.toLowerCase().startsWith(stem);
  return meets && admissionText(place) !== admissionText(restricting);
}

function canRefuse(admission: AdmissionSpec | undefined): boolean {
  if (admission === undefined) return false;
  return (
    admission.defaultAction !== 'Allow' || (admission.rules ?? []).some(({ action }) => action !== 'Allow')
  );
}

/** Who may come in, to compare. */
export function admissionText({ content }: Place): string | undefined {
  return content.kind === 'closed' ? 'closed' : JSON.stringify(content.spec.settings.admission);
}

/** What every match begins with, in lower case: ingress-nginx tells no case apart then. */
function stemOf(path: string): string {
  // A choice that is not in parentheses is one between whole paths.
  if (path.replaceAll(/\([^()]*\)/gu, '').includes('|')) return '/';
  const at = path.search(/[()[\]{}*+?^$|\\.]/u);
  const isRepeated = /[{*?]/u.test(path.charAt(at));
  return path.slice(0, isRepeated ? at - 1 : at).toLowerCase();
}
