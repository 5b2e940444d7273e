// `check`: manifests through the translator without serving them, for people before they apply and for their CI.
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { ObjectSet } from '../api/objects.ts';
import { counted, printableJson, printableParts } from '../explain/wording.ts';
import { type Assembly, assemble } from '../manifests/assembly.ts';
import type { ManifestFile } from '../manifests/manifest-file.ts';
import { messageOf } from '../model/error-message.ts';
import { type Finding, type FindingReason, locateFinding, type ObjectReference } from '../model/finding.ts';
import { NO_ADDRESSES } from '../translate/address-ranges.ts';
import { DEFAULT_CLASS } from '../translate/classes.ts';
import { EMPTY_MEMORY, type Translation, translate } from '../translate/translate.ts';
import { className } from '../options/readers.ts';
import { findLeftOut, type LeftOut, leftOutInWords } from './check/left-out.ts';
import { type CommandDefinition, giveUp } from './command.ts';
import { readBy } from './flag-option.ts';
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

type CheckOptions = {
  readonly json?: boolean;
  readonly allowMissing?: boolean;
  readonly ingressClass?: string;
  readonly takeOverClass?: string;
};

export const checkCommand: CommandDefinition = {
  name: 'check',
  description: 'say what is wrong with manifests',
  examples: [
    'mattermost-ingress check ./manifests',
    'mattermost-ingress check --allow-missing policy.yaml',
    'kubectl get mmip -A -o yaml | mattermost-ingress check --allow-missing -',
    'mattermost-ingress check --allow-missing --take-over-class nginx policies.yaml ingresses.yaml',
  ],
  exitCodes: {
    0: 'no errors; warnings are fine',
    1: 'errors',
    2: 'a file cannot be read, or it was called wrongly',
  },
  notes: [
    'What names the class of another controller is left out: a line says so, and the exit code does not change.',
  ],
  configure: (command) => {
    command
      .argument('<files...>', 'YAML files, folders of them, or - for standard input')
      .option('--json', 'print one JSON object instead of text')
      .option('--allow-missing', 'Ingresses, Secrets, ConfigMaps, Services and endpoints may live elsewhere')
      .option('--ingress-class <NAME>', 'as given to run: IngressClass that is ours', readBy(className))
      .option(
        '--take-over-class <NAME>',
        'as given to run: class of ingress-nginx to serve as well',
        readBy(className),
      )
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
    giveUp(`Cannot read what is to be checked: ${messageOf(error)}`, NEXT_STEP);
    return;
  }
  progress.show(`checking ${counted(files.length, 'file')}`);
  const assembly = assemble(files);
  const translation = translated(assembly.objects, options);
  const findings = findingsOf(assembly, translation).filter(
    ({ reason }) => options.allowMissing !== true || !MISSING.has(reason),
  );
  progress.end();
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const summary = {
    errors,
    warnings: findings.length - errors,
    policies: assembly.objects.policies.size,
    ingresses: assembly.objects.ingresses.size,
    leftOut: findLeftOut(assembly.objects, translation),
    files: files.length,
  };
  const output =
    options.json === true
      ? printableJson({ ...summary, findings })
      : inWords(printableParts(findings), summary) + leftOutInWords(summary.leftOut, knownClasses(options));
  process.stdout.write(output);
  process.exitCode = errors > 0 ? 1 : 0;
}

function translated(objects: ObjectSet, { ingressClass, takeOverClass }: CheckOptions): Translation {
  const settings = {
    ...(ingressClass === undefined ? {} : { ingressClass }),
    ...(takeOverClass === undefined ? {} : { takeOverClass }),
    hostNamespaces: [],
    deniedEndpoints: NO_ADDRESSES,
    // Tokens and digests go nowhere from here.
    stickyKeys: [randomBytes(32)],
    secretDigestKey: randomBytes(32),
    nowMs: Date.now(),
  };
  return translate(objects, settings, EMPTY_MEMORY);
}

function knownClasses({ ingressClass = DEFAULT_CLASS, takeOverClass }: CheckOptions): readonly string[] {
  return takeOverClass === undefined ? [ingressClass] : [ingressClass, takeOverClass];
}

/** What reading found, then what translating found, each with its place in the files. */
function findingsOf(assembly: Assembly, { findings }: Translation): readonly Finding[] {
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
  readonly leftOut: readonly LeftOut[];
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
