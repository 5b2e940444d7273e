// Flags and environment into one frozen Options. All mistakes are listed at once; nobody mends one to meet the next.
import { type Flag, flagTable, type MachineFacts } from './flags.ts';
import type { Options } from './options.ts';

/** The environment variable that stands for a flag. */
export function environmentName(flagName: string): string {
  return `MATTERMOST_INGRESS_${flagName.toUpperCase().replaceAll('-', '_')}`;
}

export type Resolved =
  | { readonly kind: 'options'; readonly options: Options }
  | { readonly kind: 'errors'; readonly errors: readonly string[] };

/** @param given texts of the flags by option name; a flag beats the environment */
export function resolveOptions(
  given: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
  machine: MachineFacts,
): Resolved {
  const errors: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { flag: flagName, fallback, read }] of Object.entries<Flag<unknown>>(
    flagTable(machine),
  )) {
    const value = given[name] ?? environment[environmentName(flagName)] ?? fallback;
    try {
      values[name] = read(value);
    } catch (error) {
      errors.push(
        `--${flagName} ${JSON.stringify(value)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  const options = values as Options;
  errors.push(...contradictions(options));
  if (errors.length > 0) return { kind: 'errors', errors };
  return { kind: 'options', options: Object.freeze(options) };
}

/** Objects come from one place. Options that could not be read are absent here. */
function contradictions({
  manifests,
  kubeconfig,
  watchNamespaces = [],
}: Partial<Options>): readonly string[] {
  if (manifests === undefined) return [];
  const kubeconfigError = '--manifests and --kubeconfig exclude each other: objects come from one place';
  const namespacesError = '--watch-namespaces is for an API server: --manifests reads all of its folder';
  return [
    ...(kubeconfig === undefined ? [] : [kubeconfigError]),
    ...(watchNamespaces.length === 0 ? [] : [namespacesError]),
  ];
}
