// `migrate`: Ingresses of other controllers -> policies that say the same, on standard output; what was done on the other.
import process from 'node:process';
import type { Command } from 'commander';
import { DEFAULTS } from '../api/defaults.ts';
import { counted } from '../explain/wording.ts';
import { type MigrationInput, readInput } from '../migrate/input.ts';
import { migrate } from '../migrate/migration.ts';
import { countNotes, printSections } from '../migrate/printed.ts';
import type { Section } from '../migrate/section.ts';
import { className, namespace } from '../options/readers.ts';
import { classNameOf } from '../translate/classes.ts';
import type { JsonValue } from '../translate/objects/json-value.ts';
import { type CommandDefinition, giveUp } from './command.ts';
import { readDocuments } from './input/input-documents.ts';
import { readBy } from './flag-option.ts';
import { migrateF5Command } from './migrate-f5.ts';
import { createProgress } from './terminal.ts';
import { VERSION } from './version.ts';

const NEXT_STEP =
  'Name YAML files with Ingresses, folders of them, or - for standard input; or a cluster by --kubeconfig, --context or --namespace.';

type MigrateOptions = {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly ingressClass?: string;
  readonly configMap?: string;
};

export const migrateCommand: CommandDefinition = {
  name: 'migrate',
  description: 'write the policies that say what Ingresses of other controllers say',
  examples: [
    'mattermost-ingress migrate ingress.yaml > policies.yaml',
    'kubectl get ingress,service -n mattermost -o yaml | mattermost-ingress migrate -',
    'mattermost-ingress migrate --namespace mattermost --ingress-class nginx   only reads',
  ],
  exitCodes: {
    0: 'everything was carried over, or is not needed',
    1: 'something has no counterpart here: the comments say what, and what to do',
    2: 'there was nothing to read, or it was called wrongly',
  },
  notes: [
    'Read are the annotations of ingress-nginx, those about affinity of HAProxy Ingress, NGINX and Traefik, and the',
    'ConfigMap of ingress-nginx where it is among the input. Each policy names its Ingress, which stays.',
    'Check what comes out: mattermost-ingress check --allow-missing --take-over-class nginx policies.yaml ingress.yaml',
  ],
  subcommands: [migrateF5Command],
  configure: (command: Command) => {
    command
      .enablePositionalOptions()
      .argument('[files...]', 'YAML files, folders of them, or - for standard input')
      .option('--kubeconfig <FILE>', 'read the Ingresses and Services of this cluster; nothing is written')
      .option('--context <NAME>', 'context of the kubeconfig; the current one unless said')
      .option('--namespace <NAME>', 'read this namespace alone; all unless said', readBy(namespace))
      .option(
        '--config-map <NAMESPACE/NAME>',
        'of the cluster: the settings of ingress-nginx, such as ingress-nginx/ingress-nginx-controller',
      )
      .option('--ingress-class <NAME>', 'only Ingresses of this class', readBy(className))
      .action((files: readonly string[], options: MigrateOptions) => run(files, options));
  },
};

async function run(files: readonly string[], options: MigrateOptions): Promise<void> {
  try {
    const input = ofClass(readInput(await readAll(files, options)), options.ingressClass);
    if (input.ingresses.length + input.broken.length === 0) {
      const which = options.ingressClass === undefined ? '' : ` of class ${options.ingressClass}`;
      throw new Error(`There is no Ingress${which} in what was read. ${NEXT_STEP}`);
    }
    const sections = migrate(input);
    process.stdout.write(printSections(preface(), sections));
    process.stderr.write(summary(input, sections));
    process.exitCode = countNotes(sections).lost > 0 ? 1 : 0;
  } catch (error) {
    giveUp(error);
  }
}

async function readAll(files: readonly string[], options: MigrateOptions): Promise<readonly JsonValue[]> {
  const { kubeconfig, context, namespace, configMap } = options;
  const wantsCluster = (kubeconfig ?? context ?? namespace ?? configMap) !== undefined;
  if (files.length > 0 && wantsCluster) throw new Error('Files and a cluster at once: name one of the two.');
  if (files.length === 0 && !wantsCluster) throw new Error(`There is nothing to migrate. ${NEXT_STEP}`);
  const progress = createProgress(process.stderr, () => performance.now());
  try {
    if (files.length > 0) return await readDocuments(files, progress);
    const { readClusterDocuments } = await import('./input/cluster-documents.ts');
    const choice = { kubeconfig, context, namespace, configMap };
    return await readClusterDocuments(choice, (text) => progress.show(text));
  } finally {
    progress.end();
  }
}

function ofClass(input: MigrationInput, name: string | undefined): MigrationInput {
  if (name === undefined) return input;
  const ingresses = input.ingresses.filter(
    ({ ingress, annotations }) => classNameOf({ ...ingress, annotations }) === name,
  );
  return { ...input, ingresses };
}

function preface(): readonly string[] {
  const { limits, backend } = DEFAULTS;
  return [
    `Written by mattermost-ingress migrate, version ${VERSION}.`,
    'Each policy governs the Ingress that it names in targetRefs; where both say something, the policy holds. The Ingress keeps its hosts, paths, certificates and Services, and must be of class mattermost, or of a class that the controller takes over (--take-over-class).',
    `What no annotation says, and is not as with ingress-nginx: clients are kept on a node by a cookie; bodies of requests may have ${limits.requestBody}, not 1m; a node may be silent for ${backend.timeouts.response}, not 60s; Strict-Transport-Security is sent only where client.tls.hsts of a policy says so.`,
  ];
}

function summary(input: MigrationInput, sections: readonly Section[]): string {
  const { lost, changed, carried, stays, harmless } = countNotes(sections);
  const policies = sections.filter(({ policy }) => policy !== undefined).length;
  const ingresses = input.ingresses.length + input.broken.length;
  const closed = sections.filter(({ isClosed }) => isClosed === true).length;
  const lines = [
    `${counted(ingresses, 'Ingress', 'Ingresses')}, ${counted(policies, 'policy', 'policies')}: ${carried} carried over, ${changed} not quite the same, ${stays} left in the Ingress, ${harmless} not needed, ${lost} without counterpart.`,
    ...(closed === 0 ? [] : [`${closed} CLOSED until you say who may come in; see the comments.`]),
  ];
  return `${lines.join('\n')}\n`;
}
