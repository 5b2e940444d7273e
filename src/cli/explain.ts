// `explain`: what would become of a request, and why, against manifests, a cluster, or a running controller.
import process from 'node:process';
import type { Command } from 'commander';
import { explain } from '../explain/explain.ts';
import { type DescribedRequest, hostnamesOf } from '../explain/described-request.ts';
import type { Explanation } from '../explain/explanation.ts';
import { withFindings } from '../explain/finding-notes.ts';
import { explanationText } from '../explain/text.ts';
import { printableJson, type Tone } from '../explain/wording.ts';
import { type CommandDefinition, giveUp } from './command.ts';
import { withLeftOut } from './explain/left-out.ts';
import { addExplainOptions, type ExplainOptions, sharedOptionsOf } from './explain/options.ts';
import { readRequest } from './explain/request.ts';
import { painter, type Style } from './terminal.ts';

const STYLES: Readonly<Record<Tone, Style>> = { title: 'bold', good: 'green', bad: 'red', quiet: 'dim' };

export const explainCommand: CommandDefinition = {
  name: 'explain',
  description: 'say what would become of a request, and why',
  examples: [
    'mattermost-ingress explain GET https://chat.example.com/ --from 203.0.113.7 --manifests ./manifests',
    "mattermost-ingress explain wss://chat.example.com/api/v4/websocket -b 'MMAUTHTOKEN=...' --from 203.0.113.7 --admin http://127.0.0.1:10254",
    'pbpaste | mattermost-ingress explain --file - --from 203.0.113.7 --kubeconfig ~/.kube/config',
  ],
  notes: ['Nothing is sent to a node. Values of headers, cookies and queries are never printed.'],
  exitCodes: {
    0: 'the request would reach a node',
    1: 'it would not: refused, redirected, reset, or no node is there',
    2: 'it cannot be explained: called wrongly, or something cannot be read',
  },
  configure: (command: Command) => {
    command.argument('[words...]', '[METHOD] URL; not with --file, or to say what it does not');
    addExplainOptions(command);
    command.action((words: readonly string[], options: ExplainOptions) => run(words, options));
  },
};

async function run(words: readonly string[], options: ExplainOptions): Promise<void> {
  try {
    const { described, notes } = await readRequest(words, options);
    const found = await explainAgainst(options, described);
    const explanation = { ...found, notes: [...found.notes, ...notes] };
    const text = options.json === true ? printableJson(explanation) : inWords(explanation);
    process.stdout.write(text);
    process.exitCode = explanation.outcome === 'forward' ? 0 : 1;
  } catch (error) {
    giveUp(error, 'See mattermost-ingress explain --help');
  }
}

function inWords(explanation: Explanation): string {
  const paint = painter(process.stdout, process.env);
  return explanationText(explanation, (tone, text) => paint(STYLES[tone], text));
}

async function explainAgainst(options: ExplainOptions, described: DescribedRequest): Promise<Explanation> {
  const { admin, manifests, kubeconfig, context } = options;
  const places = [admin !== undefined, manifests.length > 0, (kubeconfig ?? context) !== undefined];
  if (places.filter(Boolean).length > 1)
    throw new Error('--manifests, --kubeconfig (with --context) and --admin exclude each other: choose one');
  if (admin !== undefined) {
    const { askController } = await import('./explain/asking.ts');
    return askController(admin, described);
  }
  const shared = sharedOptionsOf(options);
  const names = hostnamesOf(described);
  const { knowledge, findings, leftOut } =
    manifests.length > 0
      ? await (await import('./explain/world.ts')).worldOfManifests(manifests, shared, names)
      : await (await import('./explain/cluster.ts')).worldOfCluster(options, shared, names);
  return withLeftOut(withFindings(explain(described, knowledge), findings), leftOut);
}
