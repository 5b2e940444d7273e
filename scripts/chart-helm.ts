// Finds Helm and runs it: for the generator of deploy/ and for the chart's tests.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The program, or why there is none. */
export type FoundHelm =
  | { readonly kind: 'found'; readonly program: string }
  | { readonly kind: 'absent'; readonly reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** How Helm ended; `output` is standard output, `error` standard error. */
export type HelmResult = { readonly status: number; readonly output: string; readonly error: string };

const TIME_LIMIT_MS = 60_000;

/**
 * HELM_BIN where given, else beside the control plane of the cluster tests (KUBEBUILDER_ASSETS, or what
 * test/cluster/tools/build.ts keeps), else that of PATH. Never builds anything.
 */
export function findHelm(environment: Environment): FoundHelm {
  const given = environment['HELM_BIN'];
  if (given) {
    if (canRun(given)) return { kind: 'found', program: given };
    return { kind: 'absent', reason: `HELM_BIN is ${given}, which is no program` };
  }
  const program = places(environment)
    .map((folder) => join(folder, 'helm'))
    .find(canRun);
  if (program !== undefined) return { kind: 'found', program };
  return {
    kind: 'absent',
    reason: 'Helm is not there: set HELM_BIN, or build it with node test/cluster/tools/build.ts',
  };
}

function places(environment: Environment): readonly string[] {
  const cache = join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mattermost-ingress');
  const built = join(cache, 'cluster-tools');
  const assets = environment['KUBEBUILDER_ASSETS'];
  const path = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...(assets ? [assets] : []), ...foldersIn(built), ...path];
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs Helm to its end. Throws where it cannot start. */
export function runHelm(
  program: string,
  parameters: readonly string[],
  environment: Environment = {},
): HelmResult {
  const { status, error, stdout, stderr } = spawnSync(program, parameters, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
    timeout: TIME_LIMIT_MS,
  });
  if (status === null) throw new Error(`${program} did not end by itself`, { cause: error });
  return { status, output: stdout, error: stderr };
}
