// Annotations for the tests of this folder: those of ingress-nginx by short name, and what is said of them in short lines.
import { type IngressSettings, readAnnotations } from './annotations.ts';
import type { Problem } from '../problem.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';

/** The settings of an Ingress in namespace mattermost; names without slash are ingress-nginx's. */
export function settingsOf(values: Readonly<Record<string, string>>): IngressSettings {
  const whole = Object.entries(values).map(([name, value]) => [
    name.includes('/') ? name : `${PREFIX}${name}`,
    value,
  ]);
  return readAnnotations(Object.fromEntries(whole), 'mattermost');
}

/** Reason and short name of each annotation that something is wrong with, restrictions first. */
export function saidOf({ restrictions, problems }: IngressSettings): readonly string[] {
  return [...restrictions, ...problems].map((problem) => `${problem.reason} ${nameOf(problem)}`);
}

function nameOf({ field }: Problem): string {
  const key = /^metadata\.annotations\[(?<key>".*")\]$/u.exec(field)?.groups?.['key'];
  if (key === undefined) throw new Error(`Not the field of an annotation: ${field}`);
  return String(JSON.parse(key)).replace(PREFIX, '');
}
