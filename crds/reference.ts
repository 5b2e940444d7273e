// The field reference (crds/README.md) as Markdown, from the schema, the defaults, the rules and the reasons.
import { boundsText, defaultText } from '../src/api/field-text.ts';
import { specSchema } from '../src/api/policy.ts';
import { RULES } from '../src/api/policy-rules.ts';
import { asNode, type SchemaNode } from '../src/api/schema-node.ts';
import {
  ACCEPTED_REASONS,
  PROGRAMMED_REASONS,
  type ReasonText,
  RESOLVED_REFS_REASONS,
  WARNING_REASONS,
} from '../src/api/status.ts';
import { EXAMPLE_YAML } from './example.ts';

/** A field of the spec as the reference lists it. */
type Field = {
  /** As in issues and conditions, `[]` for any item of a list. */
  readonly name: string;
  /** Path into the defaults. */
  readonly path: readonly string[];
  readonly node: SchemaNode;
  readonly isRequired: boolean;
};

/** The whole document. */
export function fieldReference(): string {
  const spec = asNode(specSchema);
  const sections = Object.entries(spec.properties ?? {}).map(([name, node]) => {
    const isRequired = spec.required?.includes(name) === true;
    const field = { name: `spec.${name}`, path: [name], node, isRequired };
    return [
      `### spec.${name}`,
      `${node.description}${isRequired ? ' Required.' : ''}`,
      fieldTable(fieldsBelow(field)),
    ];
  });
  const parts = [
    HEAD,
    '```yaml',
    EXAMPLE_YAML.trimEnd(),
    '```',
    '',
    '## Fields',
    '',
    ...sections.map(joinBlocks),
    RULES_HEAD,
  ];
  return `${[...parts, rulesTable(), '', STATUS_HEAD, ...reasonTables()].join('\n')}\n`;
}

const HEAD = `<!-- Generated from src/api/policy.ts by "npm run generate". Do not edit. -->
# MattermostIngressPolicy

One object describes the ingress of one Mattermost site: who may come in, how clients are kept on a node, how nodes are reached.
API \`mattermost-ingress.io/v1alpha1\`, short name \`mmip\`. The definition is \`mattermostingresspolicies.yaml\` beside this file.

Use \`kubectl apply --server-side\`: it refuses unknown fields and nulls, which other ways of writing drop in silence.
A policy that breaks its schema is closed, never open: its hosts answer 503 and condition \`Accepted\` names every fault.
`;

const RULES_HEAD = `## Rules

What types and bounds cannot say. The API server judges by CEL, the controller by the same rules again, by these ids.
`;

const STATUS_HEAD = `## Conditions

Each condition carries \`observedGeneration\`, the generation of the policy it speaks of.
`;

function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`;
}

function fieldsBelow(parent: Field): readonly Field[] {
  const node = parent.node.items ?? parent.node;
  const prefix = parent.node.items === undefined ? parent.name : `${parent.name}[]`;
  return Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    const isRequired = node.required?.includes(name) === true;
    const field = { name: `${prefix}.${name}`, path: [...parent.path, name], node: member, isRequired };
    return [field, ...fieldsBelow(field)];
  });
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, path, node, isRequired }) => [
    `\`${name.replace(/^spec[.]/u, '')}\``,
    typeText(node),
    isRequired ? 'required' : (defaultText(path) ?? '-'),
    [...boundsText(node), ...itemBounds(node)].join('; ') || '-',
    descriptionText(node),
  ]);
  return table(['Field', 'Type', 'Default', 'Bounds', 'Description'], rows);
}

function typeText(node: SchemaNode): string {
  if (node.items !== undefined) return `list of ${typeText(node.items)}`;
  return node.enum === undefined ? node.type : node.enum.map((value) => `\`${value}\``).join(', ');
}

/** Items that are no objects have no row of their own. */
function itemBounds(node: SchemaNode): readonly string[] {
  if (node.items === undefined || node.items.type === 'object') return [];
  return boundsText(node.items).map((phrase) => `each: ${phrase}`);
}

function descriptionText(node: SchemaNode): string {
  const { items } = node;
  const rules = [...(node.rules ?? []), ...(items?.rules ?? [])].map((rule) => `${rule.message}.`);
  return [node.description, ...(items === undefined ? [] : [items.description]), ...rules].join(' ');
}

function rulesTable(): string {
  const rows = Object.entries(RULES).map(([id, { message, remedy }]) => [`\`${id}\``, message, remedy]);
  return table(['Id', 'Rule', 'Remedy'], rows);
}

function reasonTables(): readonly string[] {
  const conditions: readonly [string, Readonly<Record<string, ReasonText>>][] = [
    ['Accepted: whether the policy can be followed and has its hosts', ACCEPTED_REASONS],
    ['ResolvedRefs: whether all that it refers to is there and usable', RESOLVED_REFS_REASONS],
    ['Programmed: whether the worker threads serve it', PROGRAMMED_REASONS],
  ];
  const warnings = Object.entries(WARNING_REASONS).map(([reason, { meaning, remedy }]) => [
    `\`${reason}\``,
    meaning,
    remedy,
  ]);
  return [
    ...conditions.flatMap(([title, reasons]) => [`### ${title}`, '', reasonTable(reasons), '']),
    '### Warnings: doubts that change no condition',
    '',
    table(['Reason', 'Meaning', 'Remedy'], warnings),
  ];
}

function reasonTable(reasons: Readonly<Record<string, ReasonText>>): string {
  const rows = Object.entries(reasons).map(([reason, { status, meaning, remedy }]) => [
    `\`${reason}\``,
    status,
    meaning,
    remedy || '-',
  ]);
  return table(['Reason', 'Status', 'Meaning', 'Remedy'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
