// The annotations of one Ingress while they are read: values by short name, and what is wrong with them.
// Made by annotations.ts; annotations-*.ts ask it theme by theme. Messages never hold values.
import type { IngressReason } from '../../api/status.ts';
import type { Problem } from '../problem.ts';

/** Prefix of ingress-nginx; its annotations go by the rest of their key. */
export const NGINX_PREFIX = 'nginx.ingress.kubernetes.io/';
/** Prefix of our own annotations. */
export const OWN_PREFIX = 'mattermost-ingress.io/';
/** Lists annotations that are passed over as if they were not there. */
export const IGNORE_KEY = `${OWN_PREFIX}ignore-annotations`;

/** What is wrong with an annotation, as the end of a sentence that begins with its key, and what to do. */
export type Complaint = { readonly text: string; readonly remedy: string };

export class AnnotationReader {
  readonly #values: ReadonlyMap<string, string>;
  readonly #problems: Problem[] = [];
  readonly #restrictions: Problem[] = [];

  /** @param values by whole key, without those that are to be passed over */
  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** Warnings: the site serves, but not as this annotation says. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Errors that close the site. */
  get restrictions(): readonly Problem[] {
    return this.#restrictions;
  }

  /** The value of an annotation of ingress-nginx without white space around it. @param name without prefix */
  get(name: string): string | undefined {
    return this.#values.get(`${NGINX_PREFIX}${name}`)?.trim();
  }

  /** The value is not one we can use. */
  invalid(key: string, { text, remedy }: Complaint): void {
    this.#problems.push(problemOf('AnnotationInvalid', key, `Annotation ${key} ${text}`, remedy));
  }

  /** The annotation has no effect. @param instead what does the same here */
  unsupported(key: string, instead: string, text = 'has no effect here'): void {
    this.#problems.push(problemOf('AnnotationUnsupported', key, `Annotation ${key} ${text}`, instead));
  }

  /** The annotation keeps somebody out, and we cannot tell whom. */
  restrict(key: string, { text, remedy }: Complaint): void {
    const message = `Annotation ${key} ${text}; the hosts of the Ingress answer 503 until it is removed or named in ${IGNORE_KEY}`;
    const problem = problemOf('UnsupportedRestriction', key, message, remedy);
    this.#restrictions.push({ ...problem, severity: 'error' });
  }
}

function problemOf(reason: IngressReason, key: string, message: string, remedy: string): Problem {
  const field = `metadata.annotations[${JSON.stringify(key)}]`;
  return { severity: 'warning', field, reason, message, remedy };
}
