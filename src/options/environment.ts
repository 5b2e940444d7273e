// The environment as a place for options: which variable stands for which flag, and names that were meant to be one.
import { nearestName } from '../api/near-names.ts';

const PREFIX = 'MATTERMOST_INGRESS_';

/** Kubernetes describes every Service of the namespace to a pod; one named mattermost-ingress has our prefix. */
const OF_A_SERVICE = /_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_[A-Z0-9_]+)?$/u;

/** The environment variable that stands for a flag. */
export function environmentName(flagName: string): string {
  return PREFIX + flagName.toUpperCase().replaceAll('-', '_');
}

/** Complaints about variables that look like an option and are none: what is not read protects nobody. */
export function misspeltVariables(
  environment: Readonly<Record<string, string | undefined>>,
  flagNames: readonly string[],
): readonly string[] {
  const known = flagNames.map((name) => environmentName(name).slice(PREFIX.length));
  return Object.keys(environment).flatMap((name) => {
    const rest = name.slice(PREFIX.length);
    if (!name.startsWith(PREFIX) || known.includes(rest) || OF_A_SERVICE.test(name)) return [];
    const near = nearestName(rest, known);
    return near === undefined
      ? []
      : [`${name} in the environment is no option. Did you mean ${PREFIX}${near}?`];
  });
}
