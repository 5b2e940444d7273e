// docs/reference/conditions.md: every reason that `check`, the log and conditions give, with its remedy.
import {
  ACCEPTED_REASONS,
  PROGRAMMED_REASONS,
  type ReasonText,
  RESOLVED_REFS_REASONS,
  INGRESS_REASONS,
  WARNING_REASONS,
} from '../src/api/status.ts';
import type { ReadReason } from '../src/model/finding.ts';

type Explained = Omit<ReasonText, 'status'> & { readonly status?: string };

const READ_REASONS: Readonly<Record<ReadReason, Explained>> = {
  FileUnreadable: {
    meaning: 'A file or folder cannot be read; what it held last stays in force',
    remedy: 'Mend its permissions, size or encoding',
  },
  YAMLInvalid: {
    meaning: 'A document is not YAML as kubectl reads it; the objects of its last good version stay',
    remedy: 'Mend the line that is named',
  },
  ObjectInvalid: {
    meaning: 'An object lacks something without which it cannot be read',
    remedy: 'Mend the field that is named',
  },
  ObjectDuplicate: {
    meaning: 'The same object stands in two places; the first by file name wins',
    remedy: 'Remove one of the two',
  },
  KindUnknown: { meaning: 'Objects of that kind are not read', remedy: 'Nothing, or keep them elsewhere' },
  KindUnreadable: {
    meaning:
      'The API server does not know a kind, or does not let the controller read it; what was read last stays',
    remedy: 'Install the definition of the kind, or grant list and watch on it',
  },
  ObjectUnreadable: {
    meaning:
      'A Secret or ConfigMap that is read by name cannot be read; what was read of it last stays, else it counts as missing',
    remedy: 'Grant list and watch on that name, as the message says',
  },
  SchemaOutdated: {
    meaning:
      'The definition of policies in the cluster lacks fields of this version, or an older one has removed fields from a policy; what was read last stays in force',
    remedy:
      'mattermost-ingress crd | kubectl apply --server-side -f -; then apply policies again that have lost fields',
  },
};

export function conditionsPage(): string {
  return `${[
    '# Reasons',
    '',
    '<!-- Generated from src/api/status.ts by "npm run generate". Do not edit. -->',
    '',
    'The same words appear in the conditions of a policy, in the lines of `mattermost-ingress check` and in the log.',
    '',
    ...table('Accepted: can the policy be followed, and has it its hosts', ACCEPTED_REASONS),
    ...table('ResolvedRefs: is all there that the policy refers to', RESOLVED_REFS_REASONS),
    ...table('Programmed: do the workers serve it', PROGRAMMED_REASONS),
    ...table(
      'Warnings: Events and lines of the log; ClientAddressDoubtful is a condition too',
      WARNING_REASONS,
    ),
    ...table('Ingresses and their classes: Events, lines of `check` and the log', INGRESS_REASONS),
    ...table('Reading objects', READ_REASONS),
  ].join('\n')}\n`;
}

function table(title: string, reasons: Readonly<Record<string, Explained>>): readonly string[] {
  const rows = Object.entries(reasons).map(
    ([reason, { status, meaning, remedy }]) =>
      `| \`${reason}\` | ${status ?? ''} | ${meaning} | ${remedy.replaceAll('|', '\\|')} |`,
  );
  return [
    `## ${title}`,
    '',
    '| Reason | Status | What it means | What to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ];
}
