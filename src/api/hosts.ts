// The hosts a policy means to have, read even where the policy is invalid, so that they can be held closed.
import { get } from './json-access.ts';
import { host } from './text-forms.ts';

const HOST = new RegExp(host.pattern, 'u');

/** Whether the text is a host that a policy may name: exact, or `*.` and the rest for exactly one label. */
export function isHostPattern(text: string): boolean {
  return (
    text.length <= host.maxLength && HOST.test(text) && (host.rules ?? []).every((rule) => rule.holds(text))
  );
}

/**
 * The hosts of any object, as far as they can be read: a list or a single text, upper case and blanks forgiven,
 * what is no host left out. Undefined where nothing is left. Never throws.
 */
export function readHosts(object: unknown): readonly string[] | undefined {
  const written = get(get(get(object, 'spec'), 'route'), 'hosts');
  const hosts = (Array.isArray(written) ? written : [written])
    .filter((value) => typeof value === 'string')
    .map((value) => value.trim().toLowerCase())
    .filter(isHostPattern);
  return hosts.length === 0 ? undefined : [...new Set(hosts)];
}
