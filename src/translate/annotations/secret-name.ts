// Names of Secrets in annotations. Another namespace's Secret would be a way around its access rights.
import { objectName } from '../../api/text-forms.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';

/** What is read on whose behalf. */
export type SecretUse = {
  /** Of the Ingress, whose Secrets alone may be used. */
  readonly namespace: string;
  /** What it means that the Secret cannot be used, as the end of a sentence. */
  readonly effect: string;
};

/** The name of a Secret beside the Ingress; undefined where there is none, and where it may not be used, which closes the site. */
export function readOwnSecret(
  reader: AnnotationReader,
  annotation: string,
  { namespace, effect }: SecretUse,
): string | undefined {
  const text = reader.get(annotation);
  if (text === undefined) return undefined;
  const [first = '', second, ...rest] = text.split('/');
  const [owner, name] = second === undefined ? [namespace, first] : [first, second];
  const isName =
    rest.length === 0 &&
    name.length <= objectName.maxLength &&
    new RegExp(objectName.pattern, 'u').test(name);
  if (isName && owner === namespace) return name;
  reader.restrict(`${NGINX_PREFIX}${annotation}`, {
    text: `${isName ? 'names a Secret of another namespace' : 'does not name a Secret'}, so that ${effect}`,
    remedy: 'Write NAMESPACE/NAME of a Secret in the namespace of the Ingress',
  });
  return undefined;
}
