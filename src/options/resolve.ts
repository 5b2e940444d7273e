// Flags and environment into one frozen Options. All mistakes are listed at once; nobody mends one to meet the next.
import { messageOf } from '../model/error-message.ts';
import { environmentName, misspeltVariables } from './environment.ts';
import type { Flag } from './flag.ts';
import { flagTable, type MachineFacts, reservedDescriptors } from './flags.ts';
import type { Options } from './options.ts';

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
  const flags = Object.entries<Flag<unknown>>(flagTable(machine));
  for (const [name, { flag: flagName, fallback, read }] of flags) {
    const variable = environmentName(flagName);
    const value = given[name] ?? environment[variable] ?? fallback;
    try {
      values[name] = read(value);
    } catch (error) {
      const place = given[name] === undefined && variable in environment ? variable : `--${flagName}`;
      const message = messageOf(error);
      errors.push(`${place} ${JSON.stringify(value)}: ${message}`);
    }
  }
  const flagNames = flags.map(([, { flag: flagName }]) => flagName);
  errors.push(...misspeltVariables(environment, flagNames));
  const options = values as Options;
  errors.push(...contradictions(options), ...excesses(options, machine));
  if (errors.length > 0) return { kind: 'errors', errors };
  return { kind: 'options', options: Object.freeze(options) };
}

/** Options that could not be read are absent here. */
function contradictions(options: Partial<Options>): readonly string[] {
  const { manifests, kubeconfig, watchNamespaces = [], secretsMode } = options;
  const inFolder = manifests !== undefined;
  const isNamespaced = watchNamespaces.length > 0;
  const both = (a: unknown, b: unknown) => a !== undefined && b !== undefined;
  const rows: readonly (readonly [boolean, string])[] = [
    [
      both(manifests, kubeconfig),
      '--manifests and --kubeconfig exclude each other: objects come from one place',
    ],
    [
      inFolder && isNamespaced,
      '--watch-namespaces is for an API server: --manifests reads all of its folder',
    ],
    [
      secretsMode === 'namespaces' && !isNamespaced,
      '--secrets-mode namespaces needs --watch-namespaces: it reads the Secrets of these',
    ],
    [
      both(options.stickyKeyFile, options.stickyKeySecret),
      '--sticky-key-file and --sticky-key-secret exclude each other',
    ],
    [
      both(options.ticketKeyFile, options.ticketKeySecret),
      '--ticket-key-file and --ticket-key-secret exclude each other',
    ],
    [
      inFolder && (options.stickyKeySecret ?? options.ticketKeySecret) !== undefined,
      'Key Secrets are for an API server: with --manifests use --sticky-key-file and --ticket-key-file',
    ],
    [
      both(options.publishService, options.publishAddresses?.[0]),
      '--publish-service and --publish-address exclude each other',
    ],
  ];
  return rows.filter(([isWrong]) => isWrong).map(([, message]) => message);
}

/** Without descriptors connections are lost unseen, and health checks with them: better not to start. */
function excesses(
  { maxConnections = 0, maxBackendConnections = 0 }: Partial<Options>,
  machine: MachineFacts,
): readonly string[] {
  const needed = maxConnections + maxBackendConnections + reservedDescriptors(machine);
  if (needed <= machine.descriptors) return [];
  const both = `--max-connections ${maxConnections} and --max-backend-connections ${maxBackendConnections}`;
  return [
    `${both} take ${needed} descriptors with those of the process itself; it may open ${machine.descriptors}: lower one, or raise the limit (ulimit -n)`,
  ];
}
