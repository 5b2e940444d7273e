// kubectl and helm as a person uses them, on whatever cluster they reach.
import { execFile } from 'node:child_process';
import { yamlOf } from '../support/manifest-builders.ts';

export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

const COMMAND_TIMEOUT_MS = 170_000;

export type Ended = { readonly out: string; readonly error: string };

/** Runs a command to its end. Rejects with all it said where it fails. */
function execute(file: string, args: readonly string[], input?: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { timeout: COMMAND_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(file, args, options, (error, out, said) => {
      if (error === null) resolve({ out, error: said });
      else reject(new Error(`${file} ${args.join(' ')}\n${said.trim()}\n${out.trim()}`, { cause: error }));
    });
    child.stdin?.end(input ?? '');
  });
}

/**
 * @param line words, separated by blanks
 * @param more words that may hold blanks
 * @returns standard output
 */
export async function kubectl(line: string, ...more: readonly string[]): Promise<string> {
  return (await execute('kubectl', [...line.split(' '), ...more])).out;
}

/** @returns standard output and what was warned of */
export function helm(...args: readonly string[]): Promise<Ended> {
  return execute('helm', args);
}

/** As the docs say: unknown fields and nulls are refused. @returns what kubectl warned of */
export async function apply(...objects: readonly KubeObject[]): Promise<string> {
  const args = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
  return (await execute('kubectl', args, yamlOf(...objects))).error;
}

/** Objects of a kind in a namespace. @param selection further arguments, such as `--selector=app=x` */
export async function list(
  kind: string,
  namespace: string,
  ...selection: readonly string[]
): Promise<readonly KubeObject[]> {
  const text = await kubectl(`get ${kind} --namespace ${namespace} --output json`, ...selection);
  return (JSON.parse(text) as { readonly items: readonly KubeObject[] }).items;
}

/** One value of one object, as kubectl prints it; empty where it is absent. @param path such as `.status.phase` */
export async function valueOf(namespace: string, object: string, path: string): Promise<string> {
  return (await kubectl(`get ${object} --namespace ${namespace}`, `--output=jsonpath={${path}}`)).trim();
}

/** What exists, as `KIND/NAME`: of a namespace, or of the cluster; without what comes and goes by itself. */
export async function namesOf(namespace: string | undefined): Promise<readonly string[]> {
  const isNamespaced = namespace !== undefined;
  const query = `api-resources --verbs=list --namespaced=${isNamespaced} --output=name`;
  const kinds = (await kubectl(query)).trim().split('\n');
  const passing = /^(?:events(?:\..*)?|componentstatuses|ipaddresses\..*|.*\.metrics\.k8s\.io)$/;
  const lasting = kinds.filter((kind) => !passing.test(kind)).join(',');
  const where = isNamespaced ? [`--namespace=${namespace}`] : [];
  const text = await kubectl(`get ${lasting} --output=name --ignore-not-found`, ...where);
  return text.split('\n').filter((line) => line !== '');
}
