// Holds a value of unknown shape against a node of the schema and reports everything that is wrong with it.
// The engine of validate.ts; it knows the keywords of SchemaNode and nothing of policies.
import { get, has, isRecord } from './json-access.ts';
import { nearestName } from './near-names.ts';
import type { SchemaNode } from './schema-node.ts';

/** One thing that is wrong with an object. */
export type SchemaIssue = {
  /** Path from the root, for example `spec.admission.rules[0].name`; empty for the object itself. */
  readonly field: string;
  /** Id of a rule of policy-rules.ts, or the keyword that was broken. */
  readonly rule: string;
  /** Reads behind the field: it does not repeat it, nor any value of the object but short words. */
  readonly message: string;
  readonly remedy: string;
};

/** What can be wrong by keyword alone. */
const KEYWORD = {
  null: 'null',
  type: 'type',
  required: 'required',
  unknown: 'unknown-field',
  enum: 'enum',
  pattern: 'pattern',
  short: 'min-length',
  long: 'max-length',
  few: 'min-items',
  many: 'max-items',
  bounds: 'bounds',
  duplicate: 'duplicate',
} as const;

/** Where one of these stands at a value or its members, the value's rules would only say the same in other words. */
const BLOCKING: ReadonlySet<string> = new Set([
  KEYWORD.null,
  KEYWORD.type,
  KEYWORD.required,
  KEYWORD.unknown,
  KEYWORD.enum,
]);

/** Every issue of the value and of what is in it. Never throws, and looks at no more than the schema bounds. */
export function walk(node: SchemaNode, value: unknown, field: string): readonly SchemaIssue[] {
  const mistyped = typeIssue(node, value, field);
  if (mistyped !== undefined) return [mistyped];
  const issues = keywordIssues(node, value, field);
  if (issues.some((issue) => BLOCKING.has(issue.rule) && isNear(issue.field, field))) return issues;
  const broken = (node.rules ?? []).filter((rule) => !rule.holds(value));
  return [...issues, ...broken.map(({ id, message, remedy }) => ({ field, rule: id, message, remedy }))];
}

function keywordIssues(node: SchemaNode, value: unknown, field: string): readonly SchemaIssue[] {
  if (isRecord(value)) return objectIssues(node, value, field);
  if (Array.isArray(value)) return arrayIssues(node, value, field);
  return [
    ...scalarIssues(node, value, field),
    ...(typeof value === 'string' ? textIssues(node, value, field) : []),
  ];
}

/** Whether the issue is about the field itself or a direct member of it. */
function isNear(issueField: string, field: string): boolean {
  return /^(\.[A-Za-z0-9]+|\[[0-9]+\]|\[".*)?$/su.test(issueField.slice(field.length));
}

/** The path of a member; a name that is no plain word is quoted and cut. */
function memberOf(field: string, name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]{0,62}$/u.test(name)) return `${field}[${JSON.stringify(name.slice(0, 63))}]`;
  return field === '' ? name : `${field}.${name}`;
}

/** A field that no version of the schema here knows; the remedy names the one it was probably meant to be. */
export function unknownField(field: string, name: string, known: readonly string[]): SchemaIssue {
  const near = nearestName(name, known);
  return {
    field: memberOf(field, name),
    rule: KEYWORD.unknown,
    message: 'Unknown field',
    remedy: near === undefined ? `Remove it; known here: ${known.join(', ')}` : `Did you mean ${near}?`,
  };
}

function objectIssues(
  node: SchemaNode,
  value: Readonly<Record<string, unknown>>,
  field: string,
): readonly SchemaIssue[] {
  const properties = node.properties ?? {};
  const known = Object.keys(properties);
  const unknown = Object.keys(value)
    .filter((name) => !Object.hasOwn(properties, name))
    .map((name) => unknownField(field, name, known));
  const members = Object.entries(properties).flatMap(([name, member]) => {
    const path = memberOf(field, name);
    if (has(value, name)) return walk(member, value[name], path);
    if (node.required?.includes(name) !== true) return [];
    return [
      {
        field: path,
        rule: KEYWORD.required,
        message: 'Required, but absent',
        remedy: `Add it: ${hintOf(member)}`,
      },
    ];
  });
  return [...unknown, ...members];
}

function arrayIssues(node: SchemaNode, value: readonly unknown[], field: string): readonly SchemaIssue[] {
  const { minItems = 0, maxItems = Infinity, items } = node;
  const issues: SchemaIssue[] = [];
  if (value.length < minItems) {
    const message = minItems === 1 ? 'Must not be empty' : `Must hold at least ${minItems} items`;
    issues.push({ field, rule: KEYWORD.few, message, remedy: 'Add an item, or remove the field' });
  }
  if (value.length > maxItems) {
    const remedy = `Remove ${value.length - maxItems} of the ${value.length} items`;
    issues.push({ field, rule: KEYWORD.many, message: `Must hold at most ${maxItems} items`, remedy });
  }
  const looked = value.slice(0, maxItems);
  const members = looked.flatMap((item, index) =>
    items === undefined ? [] : walk(items, item, `${field}[${index}]`),
  );
  return [...issues, ...members, ...duplicateIssues(node, looked, field)];
}

function duplicateIssues(
  node: SchemaNode,
  values: readonly unknown[],
  field: string,
): readonly SchemaIssue[] {
  const keys = node['x-kubernetes-list-map-keys'];
  const isSet = node['x-kubernetes-list-type'] === 'set';
  if (!isSet && keys === undefined) return [];
  const identities = values.map((value) =>
    isSet ? value : JSON.stringify(keys?.map((key) => get(value, key))),
  );
  return identities.flatMap((identity, index) => {
    const first = identities.indexOf(identity);
    if (first === index) return [];
    const message = `The same as item ${first}`;
    return [
      { field: `${field}[${index}]`, rule: KEYWORD.duplicate, message, remedy: 'Remove one of the two' },
    ];
  });
}

function typeIssue(node: SchemaNode, value: unknown, field: string): SchemaIssue | undefined {
  if (value === null) {
    return {
      field,
      rule: KEYWORD.null,
      message: 'Must not be null',
      remedy: 'Give a value, or remove the field',
    };
  }
  if (isOfType(node.type, value)) return undefined;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  const remedy =
    node.type === 'string' && isScalar ? `Put it in quotes: "${String(value)}"` : `Write ${hintOf(node)}`;
  return { field, rule: KEYWORD.type, message: `Must be ${TYPE_NAMES[node.type]}`, remedy };
}

const TYPE_NAMES = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  boolean: 'true or false',
} as const;

function isOfType(type: SchemaNode['type'], value: unknown): boolean {
  if (type === 'object') return isRecord(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function scalarIssues(node: SchemaNode, value: unknown, field: string): readonly SchemaIssue[] {
  const message = `Must be ${hintOf(node)}`;
  if (node.enum !== undefined && !node.enum.some((allowed) => allowed === value)) {
    return [{ field, rule: KEYWORD.enum, message, remedy: enumRemedy(node.enum, value) }];
  }
  const { minimum = -Infinity, maximum = Infinity } = node;
  if (typeof value !== 'number' || (value >= minimum && value <= maximum)) return [];
  return [{ field, rule: KEYWORD.bounds, message, remedy: 'Choose a number within these bounds' }];
}

function textIssues(node: SchemaNode, value: string, field: string): readonly SchemaIssue[] {
  const { minLength = 0, maxLength = Infinity, pattern } = node;
  if (value.length < minLength) {
    return [{ field, rule: KEYWORD.short, message: 'Must not be empty', remedy: `Write ${hintOf(node)}` }];
  }
  if (value.length > maxLength) {
    const message = `Must be at most ${maxLength} characters long`;
    return [{ field, rule: KEYWORD.long, message, remedy: `Shorten it by ${value.length - maxLength}` }];
  }
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return [];
  return [{ field, rule: KEYWORD.pattern, message: `Must be ${hintOf(node)}`, remedy: 'Rewrite the value' }];
}

function enumRemedy(allowed: readonly (string | number | boolean)[], value: unknown): string {
  const near = typeof value === 'string' ? nearestName(value, allowed.map(String)) : undefined;
  return near === undefined ? 'Choose one of these' : `Did you mean ${near}?`;
}

/** What a node accepts, in words that complete "must be". */
function hintOf(node: SchemaNode): string {
  if (node.hint !== undefined) return node.hint;
  if (node.enum !== undefined)
    return node.enum.length === 1 ? `${node.enum[0]}` : `one of ${node.enum.join(', ')}`;
  if (node.minimum !== undefined && node.maximum !== undefined) {
    return `a whole number from ${node.minimum} to ${node.maximum}`;
  }
  return TYPE_NAMES[node.type];
}
