// Annotations that no table knows: misspelt ones of ingress-nginx, those of other controllers, and unknown ones of ours.
// Nothing of them has an effect; one whose name or text speaks of keeping somebody out closes the site.
import { nearestName } from '../../api/near-names.ts';
import { foreignAnnotations } from './foreign.ts';
import { type AnnotationReader, NGINX_PREFIX, OWN_PREFIX } from './reader.ts';
import { restrictsAccess } from './snippet.ts';
import { nginxAnnotations, ownAnnotations } from './table.ts';

/** Words of keeping somebody out, in the names that controllers use. */
const restrictingName =
  /auth|allow-?list|deny-?list|white-?list|black-?list|source-range|cidrs|satisfy|modsecurity|owasp|waf|jwt|oidc|policies|middlewares|plugins|tls\.?-?options|security-groups$|prefix-lists/u;
/** Raw configuration of nginx and HAProxy. */
const rawConfiguration = /snippets?$|^config-/u;
const refusingText = /deny|reject|tarpit|silent-drop|auth/iu;

const CLASS_KEY = 'kubernetes.io/ingress.class';

/** An annotation of ingress-nginx that is not in the table. */
export function judgeUnknown(reader: AnnotationReader, name: string, value: string): void {
  const key = `${NGINX_PREFIX}${name}`;
  const names = nginxAnnotations.map((entry) => entry.name);
  const near = nearestName(name, names);
  const remedy = near === undefined ? 'Remove it' : `Did you mean ${near}?`;
  if (keepsOut(name, value)) reader.restrict(key, { text: 'is unknown and may restrict access', remedy });
  else reader.unsupported(key, remedy, 'is unknown');
}

/** An annotation of ours that does not exist. */
export function judgeOwn(reader: AnnotationReader, name: string): void {
  const names = ownAnnotations.map((entry) => entry.name);
  const near = nearestName(name, names);
  const remedy = near === undefined ? `Remove it; known here: ${names.join(', ')}` : `Did you mean ${near}?`;
  reader.invalid(`${OWN_PREFIX}${name}`, { text: 'is unknown', remedy });
}

/** Whether an annotation may keep somebody out, by what it is called and says. */
export function mayKeepOut(key: string, value: string): boolean {
  return keepsOut(key.slice(key.indexOf('/') + 1), value);
}

/** An annotation that another ingress controller reads. */
export function judgeForeign(reader: AnnotationReader, key: string, value: string): void {
  const entry = foreignAnnotations.find((each) => each.key === key);
  if (key === CLASS_KEY || entry?.fate === 'harmless') return;
  if (mayKeepOut(key, value)) {
    const remedy = 'Say the same with spec.admission of a policy';
    reader.restrict(key, { text: 'is of another controller and may restrict access', remedy });
  } else {
    const instead =
      entry === undefined
        ? 'Remove it, or say the same with a policy'
        : 'Say the same with a policy; the command migrate writes it';
    reader.unsupported(key, instead, 'is of another controller and has no effect here');
  }
}

function keepsOut(name: string, value: string): boolean {
  if (rawConfiguration.test(name)) return restrictsAccess(value) || refusingText.test(value);
  return restrictingName.test(name);
}
