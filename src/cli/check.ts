// `check`: manifests through the translator without serving them, for people before they apply and for their CI.
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { type Assembly, assemble } from '../manifests/assembly.ts';
import type { ManifestFile } from '../manifests/manifest-file.ts';
import { type Finding, type FindingReason, locateFinding, type ObjectReference } from '../model/finding.ts';
import { NO_ADDRESSES } from '../translate/address-ranges.ts';
import { EMPTY_MEMORY, translate } from '../translate/translate.ts';
import type { CommandDefinition } from './command.ts';
import { readManifestPaths } from './input/manifest-paths.ts';
import { createProgress, painter } from './terminal.ts';

/** Findings that speak of objects which need not be among the files that are checked. */
const MISSING: ReadonlySet<FindingReason> = new Set<FindingReason>([
  'SecretNotFound',
  'ConfigMapNotFound',
  'ServiceNotFound',
  'TargetNotFound',
  'NoEndpoints',
]);

const COLOURS = { error: 'red', warning: 'yellow' } as const;

const NEXT_STEP = 'Name YAML files, folders of them, or - for standard input.';

type CheckOptions = { readonly json?: boolean; readonly allowMissing?: boolean };

export const checkCommand: CommandDefinition = {
  name: 'check',
  description: 'say what is wrong with manifests',
  examples: [
    'mattermost-ingress check ./manifests',
    'mattermost-ingress check --allow-missing policy.yaml',
    'kubectl get mmip -A -o yaml | mattermost-ingress check --allow-missing -',
  ],
  exitCodes: {
    0: 'no errors; warnings are fine',
    1: 'errors',
    2: 'a file cannot be read, or it was called wrongly',
  },
  configure: (command) => {
    command
      .argument('<files...>', 'YAML files, folders of them, or - for standard input')
      .option('--json', 'print one JSON object instead of text')
      .option('--allow-missing', 'Ingresses, Secrets, ConfigMaps, Services and endpoints may live elsewhere')
      .action((files: readonly string[], options: CheckOptions) => check(files, options));
  },
};

async function check(paths: readonly string[], options: CheckOptions): Promise<void> {
  let files: readonly ManifestFile[];
  const progress = createProgress(process.stderr, () => performance.now());
  try {
    files = await readManifestPaths(paths, progress);
  } catch (error) {
    progress.end();
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Cannot read what is to be checked: ${message}\n${NEXT_STEP}\n`);
    process.exitCode = 2;
    return;
  }
  progress.show(`checking ${counted(files.length, 'file')}`);
  const assembly = assemble(files);
  const findings = findingsOf(assembly).filter(
    ({ reason }) => options.allowMissing !== true || !MISSING.has(reason),
  );
  progress.end();
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const summary = {
    errors,
    warnings: findings.length - errors,
    policies: assembly.objects.policies.size,
    ingresses: assembly.objects.ingresses.size,
    files: files.length,
  };
  const output =
    options.json === true ? `${JSON.stringify({ ...summary, findings })}\n` : inWords(findings, summary);
  process.stdout.write(output);
  process.exitCode = errors > 0 ? 1 : 0;
}

/** What reading found, then what translating found, each with its place in the files. */
function findingsOf(assembly: Assembly): readonly Finding[] {
  const settings = {
    hostNamespaces: [],
    deniedEndpoints: NO_ADDRESSES,
    // Tokens and digests go nowhere from here.
    stickyKeys: [randomBytes(32)],
    secretDigestKey: randomBytes(32),
    nowMs: Date.now(),
  };
  const { findings } = translate(assembly.objects, settings, EMPTY_MEMORY);
  return [
    ...assembly.findings,
    ...findings.map((finding) => locateFinding(finding, (object, field) => assembly.locate(object, field))),
  ];
}

type Summary = {
  readonly errors: number;
  readonly warnings: number;
  readonly policies: number;
  readonly ingresses: number;
  readonly files: number;
};

function inWords(findings: readonly Finding[], summary: Summary): string {
  const { errors, warnings, policies, ingresses, files } = summary;
  const paint = painter(process.stdout, process.env);
  const lines = findings.map((finding) =>
    describe(finding, paint(COLOURS[finding.severity], finding.severity)),
  );
  const also = ingresses === 0 ? '' : ` and ${counted(ingresses, 'Ingress', 'Ingresses')}`;
  return `${lines.join('')}${counted(errors, 'error')}, ${counted(warnings, 'warning')} in ${counted(policies, 'policy', 'policies')}${also} of ${counted(files, 'file')}\n`;
}

/** @param severity in its colour */
function describe({ object, location, field, reason, message, remedy }: Finding, severity: string): string {
  const place = location === undefined ? '' : `${location.file}:${location.line}: `;
  const subject = object === undefined ? '' : `${object.kind} ${nameOf(object)} `;
  return `${place}${severity}: ${subject}${field === '' ? '' : `${field} `}[${reason}]\n    ${message}\n    ${remedy}\n`;
}

/** Objects of the cluster have no namespace. */
function nameOf({ namespace, name }: ObjectReference): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
