// Words about a field: its default, bounds and rules, from the same sources that are enforced.
// kubectl explain shows neither defaults nor bounds, patterns and CEL, so crd.ts puts these words into descriptions.
import { DERIVED_DEFAULTS, defaultOf } from './defaults.ts';
import type { SchemaNode } from './schema-node.ts';

/** The default of a field of the spec, as a user would write it, or in words; undefined where there is none. */
export function defaultText(path: readonly string[]): string | undefined {
  const value = defaultOf(path);
  if (value === undefined) return DERIVED_DEFAULTS[path.join('.')];
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ');
}

/** What a value must keep to, as phrases; enum is left out where kubectl explain shows it by itself. */
export function boundsText(node: SchemaNode): readonly string[] {
  const { minimum, maximum, minItems, maxItems, maxLength } = node;
  const listType = node['x-kubernetes-list-type'];
  return [
    ...(minimum === undefined || maximum === undefined ? [] : [`from ${minimum} to ${maximum}`]),
    ...(node.hint === undefined ? [] : [node.hint]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(maxItems === undefined
      ? []
      : [minItems === maxItems ? `${maxItems} items` : `${minItems ?? 0} to ${maxItems} items`]),
    ...(listType === 'set' ? ['no duplicates'] : []),
    ...(listType === 'map' ? [`told apart by ${node['x-kubernetes-list-map-keys']?.join(', ')}`] : []),
  ];
}

/** The whole description of a field: what it is for, its default, its bounds and its rules. */
export function fullDescription(node: SchemaNode, path: readonly string[]): string {
  const given = defaultText(path);
  const bounds = boundsText(node);
  return [
    node.description,
    ...(given === undefined ? [] : [`Default: ${given}.`]),
    ...(bounds.length === 0 ? [] : [`Must be: ${bounds.join('; ')}.`]),
    ...(node.rules ?? []).map((rule) => `${rule.message}.`),
  ].join(' ');
}
