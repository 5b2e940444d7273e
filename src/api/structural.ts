// Schema nodes -> what an API server takes as a structural schema. Fails on everything it would refuse or misread,
// so that a mistake in policy-*.ts is found by `npm run generate` and not by a cluster.
import { fullDescription } from './field-text.ts';
import type { SchemaNode } from './schema-node.ts';

/** A JSON object of the CRD. */
export type Plain = { readonly [key: string]: unknown };

/** Keywords that pass unchanged. */
const PASSED = [
  'type',
  'enum',
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
] as const;

/** Keywords that this file turns into others. */
const MAPPED = ['description', 'properties', 'required', 'items', 'rules', 'hint'];

/**
 * The node as the CRD holds it. `path` is that of the field below spec, items of lists passed over.
 * Throws where the node holds, or lacks, what would make the API server refuse the CRD or leave a value unbounded.
 */
export function toStructural(node: SchemaNode, path: readonly string[]): Plain {
  const fault = faultOf(node);
  if (fault !== undefined) throw new Error(`Schema of ${path.join('.') || 'the root'} ${fault}`);
  const { properties, required = [], items, rules = [] } = node;
  const members = Object.entries(properties ?? {}).map(([name, member]) => [
    name,
    toStructural(member, [...path, name]),
  ]);
  return {
    description: fullDescription(node, path),
    ...Object.fromEntries(PASSED.filter((key) => node[key] !== undefined).map((key) => [key, node[key]])),
    ...(required.length === 0 ? {} : { required }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(members) }),
    ...(items === undefined ? {} : { items: toStructural(items, path) }),
    ...(rules.length === 0
      ? {}
      : { 'x-kubernetes-validations': rules.map(({ cel, message }) => ({ rule: cel, message })) }),
  };
}

function faultOf(node: SchemaNode): string | undefined {
  const stranger = Object.keys(node).find((key) => !isAllowed(key));
  if (stranger !== undefined) return `has the keyword ${stranger}, which a structural schema must not hold`;
  if (typeof node.description !== 'string' || node.description === '') return 'has no description';
  return boundFault(node) ?? patternFault(node);
}

function isAllowed(key: string): boolean {
  return MAPPED.includes(key) || PASSED.some((passed) => passed === key);
}

/** The API server estimates the cost of CEL from bounds: what has none makes the CRD unregistrable. */
const NEEDED: Readonly<Record<SchemaNode['type'], readonly (keyof SchemaNode)[]>> = {
  object: ['properties'],
  array: ['items', 'maxItems', 'x-kubernetes-list-type'],
  string: ['maxLength'],
  integer: ['minimum', 'maximum'],
  boolean: [],
};

function boundFault(node: SchemaNode): string | undefined {
  if (!Object.hasOwn(NEEDED, node.type)) return 'has no type of the structural subset';
  if (node.enum !== undefined || node.format !== undefined) return undefined;
  const lacking = NEEDED[node.type].find((key) => node[key] === undefined);
  return lacking === undefined ? undefined : `is of type ${node.type} without ${lacking}`;
}

/** The API server reads RE2, which has no look-around and no back references. */
function patternFault(node: SchemaNode): string | undefined {
  if (node.pattern === undefined) return undefined;
  if (/\(\?|\\[1-9k]/u.test(node.pattern)) return 'has a pattern that RE2 cannot read';
  return node.hint === undefined ? 'has a pattern without a hint that says it in words' : undefined;
}
